"""The Kuramoto-Sivashinsky equation on its way into chaos, from a smooth start.

Waves of 11 periods grow fastest, exp(25 t), from nothing but what the nonlinear term feeds them; around t = 0.4 they
take over, and from there on the solution is chaotic. A perturbation of the wave that grows fastest is 50 times as large
at t = 0.2, 2,000 times at t = 0.4 and 60,000 times at t = 1: what is wrong at the start by 1e-6 is wrong at the end by
percents.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.numerics import growth, solve_semilinear
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

TIMES = np.arange(251) / 250
X = 2 * math.pi * np.arange(512) / 512
MODES = 128
FASTEST = 11  # the wave that grows fastest


@dataclass(frozen=True)
class KuramotoSivashinsky(Params):
    alpha: float = parameter(100 / 16, meaning="of the nonlinear term")
    beta: float = parameter(100 / 16**2, meaning="of the second derivative, which feeds long waves")
    gamma: float = parameter(100 / 16**4, low=0.0, meaning="of the fourth derivative, which damps short ones")


def residual(u, p):
    return {"kuramoto_sivashinsky": u.t + p.alpha * u * u.x + p.beta * u.xx + p.gamma * u.xxxx}


def start(points, p):
    return torch.cos(points.x) * (1 + torch.sin(points.x))


def symbol(k, p):
    return p.beta * k**2 - p.gamma * k**4


def solution(p, refinement, moved=0.0):
    spectrum = np.zeros(MODES, dtype=complex)
    spectrum[1], spectrum[2] = 0.5, -0.25j
    spectrum[FASTEST] += moved
    u = solve_semilinear(
        spectrum,
        length=2 * math.pi,
        symbol=lambda k: symbol(k, p),
        nonlinear=lambda u: p.alpha * u * u / 2,
        divergence=lambda k: -1j * k,
        times=TIMES,
        points=len(X),
        steps=25 * 2**refinement,
        padding=1.5,
    )
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": TIMES, "x": X})


def sensitivity(p, refinement):
    """Of the wave that grows fastest, by a ten-millionth."""
    return growth(solution(p, refinement), solution(p, refinement, moved=1e-7))


problem = PDE(
    name="kuramoto_sivashinsky_transition",
    title="Kuramoto-Sivashinsky equation, into chaos",
    equation=r"u_t + \frac{100}{16} u\, u_x + \frac{100}{16^2} u_{xx} + \frac{100}{16^4} u_{xxxx} = 0, \quad "
    r"u(0, x) = \cos x \, (1 + \sin x)",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 2 * math.pi, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=KuramotoSivashinsky(),
    reference=Reference(
        "exact", solution, method="ETDRK4 in Fourier space, 128 modes, step 1/6250", order=4, tolerance=1e-6
    ),
    sensitivity=Reference("growth", sensitivity, method="the reference from two starts 1e-7 apart"),
    semilinear=Semilinear(symbol),
    published=(
        Published("jaxpi, modified MLP", "relative_l2", 1.61e-1, "wang2023expert", where="Kuramoto-Sivashinsky, T = 1"),
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(600.0), "paper": Budget(3600.0)},
    citations=("wang2023expert", "kuramoto1976", "sivashinsky1977"),
    notices=(
        "The University of Pennsylvania claims a patent on causal weights, which causal_pinn uses; "
        "the licence of the authors' code excludes commercial use.",
    ),
)
