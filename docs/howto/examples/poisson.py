"""Poisson's equation between two walls: the potential of a charge that lies in the middle."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Condition, Domain, Params, Reference, parameter


@dataclass(frozen=True)
class Poisson(Params):
    voltage: float = parameter(1.0, unit="V", meaning="of the right wall")


def residual(u, p):
    return {"poisson": u.xx + math.pi**2 * torch.sin(math.pi * u.points.x)}


def solution(p, refinement):
    x = np.linspace(0.0, 1.0, 201)
    return xr.Dataset({"u": ("x", np.sin(np.pi * x) + p.voltage * x)}, coords={"x": x})


problem = PDE(
    name="poisson",
    title="Poisson's equation between two walls",
    equation=r"u_{xx} + \pi^2 \sin \pi x = 0, \quad u(0) = 0, \quad u(1) = U",
    domain=Domain((Axis("x", 0.0, 1.0, unit="m"),)),
    residual=residual,
    conditions=(
        Condition("left wall", "x", 0.0, target=lambda points, p: 0.0),
        Condition("right wall", "x", 1.0, target=lambda points, p: p.voltage),
    ),
    params=Poisson(),
    reference=Reference("exact", solution, method="closed form"),
)
