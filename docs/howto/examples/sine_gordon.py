"""The sine-Gordon equation: a breather, which swings between two walls without moving."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Condition, Domain, Params, Reference, parameter


@dataclass(frozen=True)
class SineGordon(Params):
    frequency: float = parameter(0.8, low=0.1, high=0.99, meaning="of the breather")


def residual(u, p):
    return {"sine_gordon": u.tt - u.xx + torch.sin(u)}


def breather(t, x, p, library):
    """4 arctan(s/w cos(w t) / cosh(s x)), s = sqrt(1 - w^2); for torch and numpy alike."""
    w = p.frequency
    s = math.sqrt(1 - w**2)
    return 4 * library.arctan(s / w * library.cos(w * t) / library.cosh(s * x))


def along_points(points, p):
    return breather(points.t, points.x, p, torch)


def solution(p, refinement):
    t, x = np.linspace(0.0, 4.0, 81), np.linspace(-5.0, 5.0, 101)
    return xr.Dataset({"u": (("t", "x"), breather(t[:, None], x, p, np))}, coords={"t": t, "x": x})


problem = PDE(
    name="sine_gordon",
    title="Sine-Gordon breather",
    equation=r"u_{tt} - u_{xx} + \sin u = 0",
    domain=Domain((Axis("t", 0.0, 4.0), Axis("x", -5.0, 5.0))),
    residual=residual,
    conditions=(
        Condition("start", "t", 0.0, along_points),
        Condition("velocity", "t", 0.0, target=lambda points, p: 0.0, quantity=lambda u: u.t),
        Condition("left wall", "x", -5.0, along_points),
        Condition("right wall", "x", 5.0, along_points),
    ),
    params=SineGordon(),
    reference=Reference("exact", solution, method="closed form"),
)
