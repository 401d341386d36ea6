"""A shift whose spectral measure has jumps: uniform on an arc of the circle, nothing elsewhere.

The observable and its images under the shift have the autocorrelations sin(n)/(pi n), so that its spectral measure has
the density 1/(2 pi) at angles between -1 and 1. On the functions that the observable generates, the shift is
multiplication by exp(i t) on the interval [-1, 1], here in normalised Legendre polynomials, of which the observable is
the first. That matrix is the exponential of the polynomials' Jacobi matrix; its entries fall faster than exponentially
away from the diagonal.

At a jump no smoothing converges; against smooth functions each does so at its own order. So the error is that of an
integral, of the test function cos(5 t)/(2 + cos t).
"""

from dataclasses import dataclass

import numpy as np
import torch

from physml.problem import Budget, DynamicalSystem, OperatorSection, Params, parameter

_REACH = 40  # of an entry that is not 0 in double precision, from the diagonal


@dataclass(frozen=True)
class ShiftParams(Params):
    functions: float = parameter(150.0, low=10.0, meaning="number of polynomials")


def samples(p: ShiftParams, seed: int) -> OperatorSection:
    count = int(p.functions)
    k = torch.arange(1, count + 2 * _REACH, dtype=torch.float64)
    beside = torch.diag(k / (4 * k**2 - 1).sqrt(), 1)
    nodes, vectors = torch.linalg.eigh(beside + beside.mT)
    shift = (vectors * torch.polar(torch.ones_like(nodes), nodes)) @ vectors.mT.to(torch.complex128)
    observable = torch.eye(1, count, dtype=torch.float64)[0] / torch.pi**0.5
    return OperatorSection(shift[: count + _REACH, :count], observable)


def distance(p: ShiftParams, z: np.ndarray) -> np.ndarray:
    return np.abs(z - np.exp(1j * np.clip(np.angle(z), -1.0, 1.0)))


problem = DynamicalSystem(
    name="shift_indicator",
    title="Shift with a spectral measure that jumps",
    equation=r"K g_n = g_{n+1}, \quad \langle g_n, g_0 \rangle = \frac{\sin n}{\pi n}",
    states=(),
    params=ShiftParams(),
    samples=samples,
    measure_preserving=True,
    distance=distance,
    spectrum=lambda p: np.exp(1j * np.linspace(-1.0, 1.0, 400)),
    moments=lambda p, count: np.sinc(np.arange(count) / np.pi) / np.pi,
    test_function=lambda theta: np.cos(5 * theta) / (2 + np.cos(theta)),
    budgets={"smoke": Budget(60.0), "short": Budget(60.0), "paper": Budget(60.0)},
    citations=("colbrook2024rigorous", "colbrook2026adversarial"),
)
