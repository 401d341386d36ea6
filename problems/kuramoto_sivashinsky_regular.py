"""The Kuramoto-Sivashinsky equation where it is not yet chaotic: flames and films that wrinkle.

Long waves grow, u_xx has the sign that blows up; short waves are damped by the fourth derivative; the nonlinear term
carries energy from the ones to the others. From a sine the solution steepens, turns over around t = 0.4 to 0.6, where
the error of a method jumps, and settles into a pattern. It stays odd; but a perturbation that is not grows, 190 times
until t = 0.4, 1,600 times until t = 0.5 and 9,000 times until t = 1, so that regular does not mean easy.
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
X = -1 + 2 * np.arange(512) / 512
MODES = 128
FASTEST = 2  # the wave that grows fastest


@dataclass(frozen=True)
class KuramotoSivashinsky(Params):
    alpha: float = parameter(5.0, meaning="of the nonlinear term")
    beta: float = parameter(0.5, meaning="of the second derivative, which feeds long waves")
    gamma: float = parameter(0.005, low=0.0, meaning="of the fourth derivative, which damps short ones")


def residual(u, p):
    return {"kuramoto_sivashinsky": u.t + p.alpha * u * u.x + p.beta * u.xx + p.gamma * u.xxxx}


def start(points, p):
    return -torch.sin(math.pi * points.x)


def symbol(k, p):
    return p.beta * k**2 - p.gamma * k**4


def solution(p, refinement, moved=0.0):
    spectrum = np.zeros(MODES, dtype=complex)
    spectrum[1] = -0.5j  # -sin(pi x) on an axis that starts at -1
    spectrum[FASTEST] += moved
    u = solve_semilinear(
        spectrum,
        length=2.0,
        symbol=lambda k: symbol(k, p),
        nonlinear=lambda u: p.alpha * u * u / 2,
        divergence=lambda k: -1j * k,
        times=TIMES,
        points=len(X),
        steps=20 * 2**refinement,
        padding=1.5,
    )
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": TIMES, "x": X})


def sensitivity(p, refinement):
    """Of the wave that grows fastest, by a ten-millionth."""
    return growth(solution(p, refinement), solution(p, refinement, moved=1e-7))


problem = PDE(
    name="kuramoto_sivashinsky_regular",
    title="Kuramoto-Sivashinsky equation, regular",
    equation=r"u_t + 5 u\, u_x + \frac{1}{2} u_{xx} + 0.005\, u_{xxxx} = 0, \quad u(0, x) = -\sin \pi x",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=KuramotoSivashinsky(),
    reference=Reference(
        "exact", solution, method="ETDRK4 in Fourier space, 128 modes, step 1/5000", order=4, tolerance=2e-8
    ),
    sensitivity=Reference("growth", sensitivity, method="the reference from two starts 1e-7 apart"),
    semilinear=Semilinear(symbol),
    published=(
        Published(
            "causal, modified MLP",
            "relative_l2",
            3.49e-4,
            "wang2024causal",
            where="Section 4.3, Figure 6",
            budget="10 windows of at most 2e5 steps a level",
            reproduced_by="causal_pinn",
        ),
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(180.0), "paper": Budget(3600.0)},
    citations=("wang2024causal", "kuramoto1976", "sivashinsky1977"),
    notices=(
        "The University of Pennsylvania claims a patent on causal weights, which causal_pinn uses; "
        "the licence of the authors' code excludes commercial use.",
    ),
)
