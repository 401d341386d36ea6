"""The Lorenz system in Hermite polynomials, integrated on a sparse grid: residuals that single out nothing.

A Lorenz system whose quadratic terms are a tenth of the usual ones, and functions that are square integrable with the
standard normal distribution. Normalised Hermite polynomials are orthonormal there, so that the operator's matrix is a
table of integrals, which a Smolyak grid of Gauss-Hermite rules gives: entries converge exponentially in its level. From
four above the degree on they are right to 1e-11 of the largest, which is what negative weights leave of rounding.

The distribution is far from invariant. The flow shrinks volumes by the factor exp(-(sigma + 1 + beta) dt), and backward
orbits outside of a bounded set go to infinity. So any bounded function on one fundamental domain extends to an
eigenfunction, for each eigenvalue but 0 of modulus below exp((sigma + 1 + beta) dt / 2) = 1.407. Larger numbers are in
pseudospectra of levels below exp(-500): orbits that pass the origin are far out before and after, where the normal
density vanishes. Residuals of polynomials fall everywhere as the degree grows, though last at negative numbers.

What residuals tell here is how well polynomials resolve an eigenvalue. Returned points are compared with the
eigenvalues of smooth functions at the origin, a saddle: the products of its three multipliers up to the degree.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from physml.numerics.flows import flow
from physml.numerics.quadrature import smolyak
from physml.problem import Budget, DynamicalSystem, OperatorSection, Params, parameter

WEAK = 0.1  # factor of the quadratic terms
DT = 0.05
BEYOND = 4  # degrees of rows above those of columns; what they miss is rounding


@dataclass(frozen=True)
class LorenzHermiteParams(Params):
    sigma: float = parameter(10.0, low=0.0)
    rho: float = parameter(40.0, low=0.0)
    beta: float = parameter(8 / 3, low=0.0)
    degree: float = parameter(6.0, low=1.0, meaning="largest total degree of the polynomials")
    level: float = parameter(10.0, low=0.0, meaning="of the sparse grid")


def samples(p: LorenzHermiteParams, seed: int) -> OperatorSection:
    degree = int(p.degree)
    grid, weights = smolyak(3, int(p.level))
    rows, images = hermite(grid, degree + BEYOND), hermite(flow(lambda s: field(s, p), grid, DT, 50), degree)
    return OperatorSection(rows.mT @ (weights[:, None] * images))


def field(state: Tensor, p: LorenzHermiteParams) -> Tensor:
    x, y, z = state.unbind(-1)
    return torch.stack([p.sigma * (y - x), x * (p.rho - WEAK * z) - y, WEAK * x * y - p.beta * z], -1)


def hermite(x: Tensor, degree: int) -> Tensor:
    """Normalised Hermite polynomials up to a total degree at rows x (n, 3), lower degrees first."""
    single = [torch.ones_like(x), x]
    for k in range(1, degree):
        single.append((x * single[-1] - k**0.5 * single[-2]) / (k + 1) ** 0.5)
    return torch.stack([single[a][:, 0] * single[b][:, 1] * single[c][:, 2] for a, b, c in powers(degree)], 1)


def powers(degree: int) -> list[tuple[int, ...]]:
    """The triples of at most that sum, least sum first."""
    return sorted((k for k in np.ndindex(*[degree + 1] * 3) if sum(k) <= degree), key=sum)


def distance(p: LorenzHermiteParams, z: np.ndarray) -> np.ndarray:
    """From the products of the multipliers exp(rate dt) of the origin."""
    rates = np.array([*np.linalg.eigvals(np.array([[-p.sigma, p.sigma], [p.rho, -1.0]])), -p.beta])
    products = np.exp(DT * np.array(powers(int(p.degree))) @ rates)
    return np.abs(z[..., None] - products).min(-1)


problem = DynamicalSystem(
    name="lorenz_hermite",
    title="Lorenz system in Hermite polynomials",
    equation=r"\dot x = \sigma(y - x), \quad \dot y = x(\rho - z / 10) - y, \quad \dot z = xy / 10 - \beta z",
    states=(),
    params=LorenzHermiteParams(),
    samples=samples,
    dt=DT,
    tolerance=1e-3,
    distance=distance,
    budgets={"smoke": Budget(30.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2024rigorous", "lorenz1963"),
)
