"""The Kuramoto-Sivashinsky equation in the middle of chaos: from t = 0.5 of a smooth start to t = 1.

The start is what the equation has made by then of cos x (1 + sin x): some eleven waves that split and merge. A
perturbation grows some 100 times until the end.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.numerics import growth, solve_semilinear, spectrum_of
from physml.problem import (
    PDE,
    Axis,
    Budget,
    Condition,
    Domain,
    Params,
    Published,
    Reference,
    Semilinear,
    parameter,
)

START = 0.5
TIMES = START + np.arange(251) / 500
X = 2 * math.pi * np.arange(512) / 512
MODES = 128


@dataclass(frozen=True)
class KuramotoSivashinsky(Params):
    alpha: float = parameter(100 / 16, meaning="of the nonlinear term")
    beta: float = parameter(100 / 16**2, meaning="of the second derivative, which feeds long waves")
    gamma: float = parameter(100 / 16**4, low=0.0, meaning="of the fourth derivative, which damps short ones")


def residual(u, p):
    return {"kuramoto_sivashinsky": u.t + p.alpha * u * u.x + p.beta * u.xx + p.gamma * u.xxxx}


def evolve(spectrum, p, times, steps):
    return solve_semilinear(
        spectrum,
        length=2 * math.pi,
        symbol=lambda k: symbol(k, p),
        nonlinear=lambda u: p.alpha * u * u / 2,
        divergence=lambda k: -1j * k,
        times=times,
        points=len(X),
        steps=steps,
        padding=1.5,
    )


@functools.cache
def spectrum_at_start(p):
    """What the equation has made of cos x (1 + sin x) until t = 0.5, as 128 modes."""
    spectrum = np.zeros(MODES, dtype=complex)
    spectrum[1], spectrum[2] = 0.5, -0.25j
    return spectrum_of(evolve(spectrum, p, np.arange(126) / 250, steps=100)[-1], MODES)


def start(points, p):
    spectrum = torch.as_tensor(spectrum_at_start(p)).to(points.x.device)
    waves = torch.exp(1j * points.x[..., None] * torch.arange(MODES, dtype=points.x.dtype, device=points.x.device))
    return (2 * (waves @ spectrum.to(waves.dtype)).real - spectrum[0].real).to(points.x.dtype)


def symbol(k, p):
    return p.beta * k**2 - p.gamma * k**4


def solution(p, refinement, moved=0.0):
    start = spectrum_at_start(p).copy()
    start[1] += moved
    u = evolve(start, p, TIMES, 13 * 2**refinement)
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": TIMES, "x": X})


def sensitivity(p, refinement):
    """Of the longest wave, by a ten-millionth."""
    return growth(solution(p, refinement), solution(p, refinement, moved=1e-7))


problem = PDE(
    name="kuramoto_sivashinsky_chaotic",
    title="Kuramoto-Sivashinsky equation, chaotic",
    equation=r"u_t + \frac{100}{16} u\, u_x + \frac{100}{16^2} u_{xx} + \frac{100}{16^4} u_{xxxx} = 0, \quad "
    r"u(0, x) = \cos x \, (1 + \sin x), \quad t \geq \frac{1}{2}",
    domain=Domain((Axis("t", START, 1.0), Axis("x", 0.0, 2 * math.pi, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", START, start),),
    params=KuramotoSivashinsky(),
    reference=Reference(
        "exact", solution, method="ETDRK4 in Fourier space, 128 modes, step 1/6500", order=4, tolerance=1e-6
    ),
    sensitivity=Reference("growth", sensitivity, method="the reference from two starts 1e-7 apart"),
    semilinear=Semilinear(symbol),
    published=(
        Published(
            "causal, modified MLP",
            "relative_l2",
            2.46e-2,
            "wang2024causal",
            where="Section 4.3; 2.26e-2 in Figure 9",
            budget="5 windows of at most 2e5 steps a level",
            reproduced_by="causal_pinn",
        ),
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(300.0), "paper": Budget(3600.0)},
    citations=("wang2024causal", "kuramoto1976", "sivashinsky1977"),
    notices=(
        "The University of Pennsylvania claims a patent on causal weights, which causal_pinn uses; "
        "the licence of the authors' code excludes commercial use.",
    ),
)
