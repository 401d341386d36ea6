"""Laplace's equation on a cube of ten dimensions, with a known solution: a harmonic polynomial.

The solution couples pairs of coordinates, x1 x2 + x3 x4 + ..., and no grid of a classical method fits into memory. With
ten axes nearly every point of the cube is near the boundary, whose twenty faces determine the solution.

The error is measured on a tensor grid of three Gauss nodes along each axis, with which means of polynomials of degree 5
are exact.
"""

import numpy as np
import xarray as xr

from physml.problem import PDE, Axis, Budget, Domain, Reference, boundary

NAMES = "abcdefghij"
NODES = (1 + np.polynomial.legendre.leggauss(3)[0]) / 2


def pairs(points, p):
    return (points.tensor[..., ::2] * points.tensor[..., 1::2]).sum(-1)


def residual(u, p):
    return {"laplace": u.laplacian}


def solution(p, refinement):
    x = np.ix_(*(NODES for _ in NAMES))
    u = sum(first * second for first, second in zip(x[::2], x[1::2], strict=True))
    return xr.Dataset({"u": (tuple(NAMES), u)}, coords=dict.fromkeys(NAMES, NODES))


problem = PDE(
    name="poisson_10d",
    title="Laplace's equation in ten dimensions",
    equation=r"\Delta u = 0, \quad u(x) = \sum_{i=1}^{5} x_{2i-1} \, x_{2i}",
    domain=Domain(tuple(Axis(name, 0.0, 1.0) for name in NAMES)),
    residual=residual,
    conditions=(boundary("walls", pairs),),
    reference=Reference("exact", solution, method="closed form, at Gauss nodes"),
    budgets={"smoke": Budget(20.0), "short": Budget(120.0), "paper": Budget(1800.0)},
    citations=("dangel2024",),
)
