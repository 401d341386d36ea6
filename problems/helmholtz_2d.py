"""The Helmholtz equation on a square, with a known solution that waves once along x and four times as fast along y.

The standard test of what balances loss terms. The source is 170 times as large as the solution, so that the residual
drowns the condition on the boundary, and plain PINNs are wrong at the walls and from there everywhere. Raising the
wavenumbers makes it a test of high frequencies.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Domain, Params, Reference, boundary, parameter


@dataclass(frozen=True)
class Helmholtz(Params):
    k: float = parameter(1.0, low=0.0, meaning="wavenumber of the equation")
    a1: float = parameter(1.0, low=0.0, meaning="wavenumber of the solution along x, over pi")
    a2: float = parameter(4.0, low=0.0, meaning="wavenumber of the solution along y, over pi")


def wave(points, p):
    return torch.sin(p.a1 * math.pi * points.x) * torch.sin(p.a2 * math.pi * points.y)


def residual(u, p):
    source = (p.k**2 - (p.a1 * math.pi) ** 2 - (p.a2 * math.pi) ** 2) * wave(u.points, p)
    return {"helmholtz": u.laplacian + p.k**2 * u - source}


def solution(p, refinement):
    x = -1 + 2 * np.arange(129) / 128
    u = np.sin(p.a1 * math.pi * x)[:, None] * np.sin(p.a2 * math.pi * x)
    return xr.Dataset({"u": (("x", "y"), u)}, coords={"x": x, "y": x})


problem = PDE(
    name="helmholtz_2d",
    title="Helmholtz equation on a square",
    equation=r"u_{xx} + u_{yy} + k^2 u = f, \quad u(x, y) = \sin \pi x \, \sin 4 \pi y",
    domain=Domain((Axis("x", -1.0, 1.0), Axis("y", -1.0, 1.0))),
    residual=residual,
    conditions=(boundary("walls", wave),),
    params=Helmholtz(),
    reference=Reference("exact", solution, method="closed form"),
    budgets={"smoke": Budget(20.0), "short": Budget(180.0), "paper": Budget(1800.0)},
    citations=("wang2021gradient", "mcclenny2023"),
)
