"""Poisson's equation on a cube of five dimensions, with a known solution: a sum of five cosines.

Grids of classical methods grow as n^5; a network does not need one. The Laplacian is a sum of five second derivatives,
and the boundary has ten faces, on which the solution is prescribed.

The error is measured on a tensor grid of Gauss nodes, twelve along each axis.
"""

import math

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Domain, Reference, boundary

NAMES = "abcde"
NODES = (1 + np.polynomial.legendre.leggauss(12)[0]) / 2


def cosines(points, p):
    return torch.cos(math.pi * points.tensor).sum(-1)


def residual(u, p):
    return {"poisson": u.laplacian + math.pi**2 * cosines(u.points, p)}


def solution(p, refinement):
    u = sum(np.cos(math.pi * x) for x in np.ix_(*(NODES for _ in NAMES)))
    return xr.Dataset({"u": (tuple(NAMES), u)}, coords=dict.fromkeys(NAMES, NODES))


problem = PDE(
    name="poisson_5d",
    title="Poisson's equation in five dimensions",
    equation=r"-\Delta u = \pi^2 \sum_{i=1}^{5} \cos \pi x_i, \quad u(x) = \sum_{i=1}^{5} \cos \pi x_i",
    domain=Domain(tuple(Axis(name, 0.0, 1.0) for name in NAMES)),
    residual=residual,
    conditions=(boundary("walls", cosines),),
    reference=Reference("exact", solution, method="closed form, at Gauss nodes"),
    budgets={"smoke": Budget(20.0), "short": Budget(120.0), "paper": Budget(1800.0)},
    citations=("dangel2024", "muller2023"),
)
