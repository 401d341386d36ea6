"""Poisson's equation on a square, with a known solution: one bump that vanishes at the walls.

The smallest steady problem of the catalog, on which second-order optimisers are compared in the literature. Nothing in
it is hard; what a method reaches here is what its optimiser and its points allow.
"""

import math

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Domain, Reference, boundary


def bump(points, p):
    return torch.sin(math.pi * points.x) * torch.sin(math.pi * points.y)


def residual(u, p):
    return {"poisson": u.laplacian + 2 * math.pi**2 * bump(u.points, p)}


def solution(p, refinement):
    x = np.arange(65) / 64
    u = np.sin(math.pi * x)[:, None] * np.sin(math.pi * x)
    return xr.Dataset({"u": (("x", "y"), u)}, coords={"x": x, "y": x})


problem = PDE(
    name="poisson_2d",
    title="Poisson's equation on a square",
    equation=r"-\Delta u = 2 \pi^2 \sin \pi x \, \sin \pi y, \quad u(x, y) = \sin \pi x \, \sin \pi y",
    domain=Domain((Axis("x", 0.0, 1.0), Axis("y", 0.0, 1.0))),
    residual=residual,
    conditions=(boundary("walls", lambda points, p: 0.0),),
    reference=Reference("exact", solution, method="closed form"),
    budgets={"smoke": Budget(10.0), "short": Budget(60.0), "paper": Budget(600.0)},
    citations=("muller2023", "evans2010"),
)
