"""The iterated Gauss map on [-1, 0], with samples that integrate exactly.

The map has an attracting fixed point at -1, with the multiplier 4 exp(-2). Its powers are eigenvalues; but the
operator is not bounded in the mean square (the map has a critical point at 0), and every number below e/2 is an
eigenvalue, with a function that is singular at the fixed point. So a residual that is small says that there is such a
function, and nothing of an isolated eigenvalue. The samples are Gauss points, for which the matrices are exact to
rounding.
"""

from dataclasses import dataclass

import numpy as np
import torch

from physml.numerics.quadrature import gauss_legendre
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class GaussMapParams(Params):
    steepness: float = parameter(2.0, low=0.1, meaning="a of exp(-a x^2)")
    points: float = parameter(200.0, low=10.0, meaning="number of Gauss points")


def samples(p: GaussMapParams, seed: int) -> FlowData:
    x, weights = gauss_legendre(-1.0, 0.0, int(p.points))
    image = torch.exp(-p.steepness * x**2) - 1 - np.exp(-p.steepness)
    return FlowData.pairs(x, image, weights)


problem = DynamicalSystem(
    name="gauss_iterated_map",
    title="Iterated Gauss map",
    equation=r"F(x) = e^{-2 x^2} - 1 - e^{-2}",
    states=("x",),
    params=GaussMapParams(),
    samples=samples,
    tolerance=0.01,
    budgets={"smoke": Budget(20.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2024rigorous",),
)
