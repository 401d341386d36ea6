"""The heat equation on a ring, with a closed solution: two waves that decay, each at its own rate.

The first problem to try something on, and the one that tells a bug in a method from a hard problem.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Reference, parameter

WAVES = ((1.0, 1), (0.5, 3))  # amplitude, wavenumber / pi


@dataclass(frozen=True)
class Heat(Params):
    diffusivity: float = parameter(0.05, low=0.0, meaning="of the ring")


def residual(u, p):
    return {"heat": u.t - p.diffusivity * u.xx}


def start(points, p):
    return sum(a * torch.sin(k * math.pi * points.x) for a, k in WAVES)


def solution(p, refinement):
    t, x = np.arange(51)[:, None] / 50, -1 + 2 * np.arange(128) / 128
    u = sum(a * np.exp(-p.diffusivity * (k * np.pi) ** 2 * t) * np.sin(k * np.pi * x) for a, k in WAVES)
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": t[:, 0], "x": x})


problem = PDE(
    name="heat",
    title="Heat equation on a ring",
    equation=r"u_t - 0.05\, u_{xx} = 0, \quad u(0, x) = \sin \pi x + \frac{1}{2} \sin 3 \pi x",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=Heat(),
    reference=Reference("exact", solution, method="closed form"),
    budgets={"smoke": Budget(10.0), "short": Budget(60.0), "paper": Budget(600.0)},
    citations=("evans2010",),
)
