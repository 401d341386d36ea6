"""A string with two tones: the wave equation between two fixed ends.

Second order in time: the start prescribes the displacement and the velocity. The two standing waves have frequencies
1 : 4, and plain PINNs learn the slow one and lose the fast one; it was the example for which an analysis by the neural
tangent kernel balanced the loss terms. The solution is known in closed form.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Reference, boundary, parameter

TONES = ((1.0, 1), (0.5, 4))  # amplitude, wavenumber / pi


@dataclass(frozen=True)
class Wave(Params):
    speed: float = parameter(2.0, low=0.0, meaning="of waves, c")


def residual(u, p):
    return {"wave": u.tt - p.speed**2 * u.xx}


def start(points, p):
    return sum(a * torch.sin(k * math.pi * points.x) for a, k in TONES)


def zero(points, p):
    return 0.0


def velocity(u):
    return u.t


def solution(p, refinement):
    t, x = np.arange(321)[:, None] / 320, np.arange(129) / 128
    u = sum(a * np.sin(k * math.pi * x) * np.cos(k * math.pi * p.speed * t) for a, k in TONES)
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": t[:, 0], "x": x})


problem = PDE(
    name="wave_1d",
    title="Wave equation",
    equation=r"u_{tt} - 4\, u_{xx} = 0, \quad u(0, x) = \sin \pi x + \frac{1}{2} \sin 4 \pi x, \quad u_t(0, x) = 0",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 1.0))),
    residual=residual,
    conditions=(
        Condition("initial", "t", 0.0, start),
        Condition("initial velocity", "t", 0.0, zero, quantity=velocity),
        boundary("ends", zero),
    ),
    params=Wave(),
    reference=Reference("exact", solution, method="closed form: two standing waves"),
    budgets={"smoke": Budget(20.0), "short": Budget(180.0), "paper": Budget(1800.0)},
    citations=("wang2022ntk", "evans2010"),
)
