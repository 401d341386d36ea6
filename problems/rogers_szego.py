"""A unitary matrix whose spectral measure is a wrapped normal distribution.

The five-diagonal (CMV) matrix of the Rogers-Szegö polynomials, with the coefficients (-1)^k q^((k+1)/2), is a Koopman
operator of no system that anyone has seen, and a test of spectral measures that has everything: the measure of the
first basis vector is the normal distribution of variance ln(1/q) wrapped around the circle. A kernel of order m that
is twice as narrow must come 2^m times as close to its density.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from physml.numerics.flows import distance_from_circle, unit_circle
from physml.problem import Budget, DynamicalSystem, OperatorSection, Params, parameter

_TURNS = 2 * np.pi * np.arange(-6, 7)


@dataclass(frozen=True)
class RogersSzegoParams(Params):
    q: float = parameter(0.95, low=0.1, high=0.999, meaning="exp(-variance)")
    functions: float = parameter(600.0, low=10.0, meaning="number of columns of the matrix")


def samples(p: RogersSzegoParams, seed: int) -> OperatorSection:
    count = int(p.functions)
    size = count + 4
    k = torch.arange(size, dtype=torch.float64)
    alpha = (-1) ** k * p.q ** ((k + 1) / 2)
    matrix = (blocks(alpha, 0) @ blocks(alpha, 1))[: count + 2, :count]
    return OperatorSection(matrix, torch.eye(1, count, dtype=torch.float64)[0])


def blocks(alpha: Tensor, start: int) -> Tensor:
    """Reflections of two neighbouring basis vectors each."""
    rho = (1 - alpha**2).sqrt()
    matrix = torch.eye(len(alpha), dtype=torch.float64)
    for k in range(start, len(alpha) - 1, 2):
        matrix[k : k + 2, k : k + 2] = torch.stack([alpha[k], rho[k], rho[k], -alpha[k]]).reshape(2, 2)
    return matrix


def density(p: RogersSzegoParams, theta: np.ndarray) -> np.ndarray:
    variance = np.log(1 / p.q)
    return np.exp(-((theta[:, None] - _TURNS) ** 2) / (2 * variance)).sum(1) / np.sqrt(2 * np.pi * variance)


problem = DynamicalSystem(
    name="rogers_szego",
    title="Rogers-Szegö matrix",
    equation=r"K = L M, \quad \alpha_k = (-1)^k q^{(k+1)/2}",
    states=(),
    params=RogersSzegoParams(),
    samples=samples,
    measure_preserving=True,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    density=density,
    moments=lambda p, count: p.q ** (np.arange(count) ** 2 / 2),
    budgets={"smoke": Budget(60.0), "short": Budget(120.0), "paper": Budget(300.0)},
    citations=("colbrook2024rigorous", "colbrook2024rigged"),
)
