"""A linear map of the plane, of whose operator all eigenvalues on polynomials are known.

The eigenvalues are the products of powers of those of the matrix. Monomials up to a degree are an invariant space, so
that every eigenvalue that a method finds with them must be such a product.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from physml.numerics.flows import uniform
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

_POWERS = 40


@dataclass(frozen=True)
class LinearParams(Params):
    rate: float = parameter(0.8, low=0.0, high=1.0, meaning="diagonal of the matrix")
    turn: float = parameter(0.3, low=0.0, high=1.0, meaning="beside the diagonal")


def matrix(p: LinearParams) -> Tensor:
    return torch.tensor([[p.rate, p.turn], [-p.turn, p.rate]], dtype=torch.float64)


def samples(p: LinearParams, seed: int) -> FlowData:
    x = uniform((-1.0, -1.0), (1.0, 1.0), 500, seed)
    return FlowData.pairs(x, x @ matrix(p).mT)


def distance(p: LinearParams, z: np.ndarray) -> np.ndarray:
    first, second = np.linalg.eigvals(matrix(p).numpy())
    powers = np.arange(_POWERS)
    products = (first ** powers[:, None] * second ** powers[None, :]).ravel()
    return np.abs(z[..., None] - products).min(-1)


problem = DynamicalSystem(
    name="linear_map",
    title="Linear map of the plane",
    equation=r"F(x) = A x",
    states=("x", "y"),
    params=LinearParams(),
    samples=samples,
    distance=distance,
    budgets={"smoke": Budget(10.0), "short": Budget(30.0), "paper": Budget(60.0)},
    citations=("colbrook2024rigorous", "williams2015edmd"),
)
