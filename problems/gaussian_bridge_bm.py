"""The Schroedinger bridge between two Gaussians, with Brownian motion as the reference.

Everything about it is known in closed form: coupling, marginals, drift and divergence. The catalog has it as a check of
solvers, which draw paths of it, and as the smallest example.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics import AffineDrift
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

POINTS = 400


@dataclass(frozen=True)
class Bridge(Params):
    volatility: float = parameter(0.6, low=1e-3, meaning="sigma of the reference")


def moments() -> list[tuple[Tensor, Tensor]]:
    """Mean and covariance of the two marginals."""
    first = torch.tensor([2.0, 0.0]), torch.tensor([[0.3, 0.1], [0.1, 0.15]])
    last = torch.tensor([0.0, -2.0]), torch.tensor([[0.2, -0.05], [-0.05, 0.4]])
    return [(mean.double(), covariance.double()) for mean, covariance in (first, last)]


def snapshots(p: Bridge, seed: int) -> SnapshotData:
    generator = torch.Generator().manual_seed(seed)
    clouds = []
    for mean, covariance in moments():
        normal = torch.randn(POINTS, 2, generator=generator, dtype=torch.float64)
        clouds.append(mean + normal @ torch.linalg.cholesky(covariance).T)
    return SnapshotData((0.0, 1.0), clouds, moments=moments())


problem = Snapshots(
    name="gaussian_bridge_bm",
    title="Gaussian bridge of Brownian motion",
    equation=r"dX = \sigma\,dW, \quad X_0 \sim N(m_0, S_0), \; X_1 \sim N(m_1, S_1)",
    states=("x", "y"),
    params=Bridge(),
    family=AffineDrift(2),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    reference=lambda p: dict.fromkeys(("A11", "A12", "A21", "A22", "c1", "c2"), 0.0),
    budgets={"smoke": Budget(10.0), "short": Budget(20.0), "paper": Budget(60.0)},
    citations=("bunne2023schrodinger",),
)
