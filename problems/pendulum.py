"""The pendulum, a family of orbits that turn at different speeds.

Every orbit is periodic, with a period that depends on its energy; so the spectrum is the whole unit circle, and no
function but those of the energy is an eigenfunction. The observable is exp(iq)/cosh(p). Its autocorrelations are
known: they are sums over the Fourier coefficients along each orbit, which elliptic functions give.

Samples lie on orbits too, equispaced in time, with Gauss points of the energy's distance from the separatrix on a
logarithmic scale. The area is the integral over energy and time, so that all autocorrelations converge exponentially.
A grid of q and p does not follow the saddle, which stretches functions e times in each unit of time: nineteen times as
many samples on a grid have six autocorrelations right to 2e-6 of the first, where these have the first twenty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.special import ellipj, ellipk
from torch import Tensor

from physml.numerics.flows import distance_from_circle, trajectories, unit_circle
from physml.numerics.quadrature import gauss_legendre
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

SAMPLED = {"closest": 16.0, "fastest": 6.0}  # what is left out has 2e-6 of the integral
KNOWN = {"closest": 22.0, "fastest": 20.0}  # 1e-8


@dataclass(frozen=True)
class PendulumParams(Params):
    energies: float = parameter(100.0, low=4.0, meaning="Gauss points of each of three bands of energy")
    phases: float = parameter(32.0, low=4.0, meaning="samples of each orbit")
    length: float = parameter(41.0, low=2.0, meaning="samples of each trajectory")
    dt: float = parameter(1.0, low=0.01, meaning="time between samples")


def field(state: Tensor) -> Tensor:
    q, p = state.unbind(-1)
    return torch.stack([p, -torch.sin(q)], -1)


@lru_cache(maxsize=2)
def samples(p: PendulumParams, seed: int) -> FlowData:
    count, starts, weights = int(p.phases), [], []
    for energy, weight in energies(int(p.energies), **SAMPLED):
        period, found = orbits(energy, count)
        starts += found
        weights += [weight * period / count] * (len(found) * count)
    states = torch.from_numpy(np.concatenate(starts))
    return FlowData(trajectories(field, states, p.dt, int(p.length), 20), weights)


def observable(state: Tensor) -> Tensor:
    q, p = state.unbind(-1)
    return torch.polar(1 / torch.cosh(p), q)


def moments(p: PendulumParams, count: int) -> np.ndarray:
    r"""The sums over orbits and k of :math:`T |c_k|^2 e^{2 \pi i k n / T}`, integrated over the energy."""
    times = 512
    total, waves = np.zeros(count, dtype=complex), np.fft.fftfreq(times, 1 / times)
    for energy, weight in energies(400, **KNOWN):
        period, found = orbits(energy, times)
        turns = np.exp(2j * np.pi / period * p.dt * waves * np.arange(count)[:, None])
        for orbit in found:
            coefficients = np.fft.fft(observable(torch.from_numpy(orbit)).numpy()) / times
            total += weight * period * (turns @ np.abs(coefficients) ** 2)
    return total


def energies(count: int, closest: float, fastest: float) -> Iterator[tuple[float, float]]:
    """Energies 1 - 2 exp(-u) and 1 + 2 exp(-u) for u up to ``closest``, r^2 for r up to ``fastest``, with weights."""
    u, weights = (part.flatten().tolist() for part in gauss_legendre(0.0, closest, count))
    for sign in (-1, 1):
        for gap, weight in zip(2 * np.exp(-np.array(u)), weights, strict=True):
            yield 1 + sign * gap, weight * gap
    roots, weights = (part.flatten().tolist() for part in gauss_legendre(3**0.5, fastest, count))
    for root, weight in zip(roots, weights, strict=True):
        yield root**2, 2 * root * weight


def orbits(energy: float, count: int) -> tuple[float, list[np.ndarray]]:
    """The period, and states (count, 2) of each orbit of an energy at equispaced times; above 1 it turns both ways."""
    times = np.arange(count) / count
    if energy < 1:
        m = (1 + energy) / 2
        period = 4 * ellipk(m)
        sn, cn, _, _ = ellipj(period * times, m)
        return period, [np.stack([2 * np.arcsin(m**0.5 * sn), 2 * m**0.5 * cn], -1)]
    m = 2 / (1 + energy)
    period = 2 * m**0.5 * ellipk(m)
    _, _, dn, am = ellipj(period * times / m**0.5, m)
    forth = np.stack([2 * am, 2 * dn / m**0.5], -1)
    return period, [forth, -forth]


problem = DynamicalSystem(
    name="pendulum",
    title="Pendulum",
    equation=r"\dot q = p, \quad \dot p = -\sin q",
    states=("q", "p"),
    params=PendulumParams(),
    samples=samples,
    dt=1.0,
    measure_preserving=True,
    observable=observable,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    moments=moments,
    budgets={"smoke": Budget(60.0), "short": Budget(180.0), "paper": Budget(600.0)},
    citations=("colbrook2024rigorous", "colbrook2023mpedmd", "colbrook2024rigged"),
)
