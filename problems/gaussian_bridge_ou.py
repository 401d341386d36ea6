"""The Schroedinger bridge between two Gaussians, with a rotating Ornstein-Uhlenbeck process as the reference.

As `gaussian_bridge_bm`, with a reference that has a drift of its own; still in closed form.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics import AffineDrift
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

POINTS = 400


@dataclass(frozen=True)
class Bridge(Params):
    rate: float = parameter(0.3, low=0.0, meaning="of relaxation")
    rotation: float = parameter(1.5, meaning="angle turned a time, clockwise")
    offset: float = parameter(0.2, meaning="constant drift of the first state")
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
    name="gaussian_bridge_ou",
    title="Gaussian bridge of an Ornstein-Uhlenbeck process",
    equation=r"dX = (A X + c)\,dt + \sigma\,dW, \quad X_0 \sim N(m_0, S_0), \; X_1 \sim N(m_1, S_1)",
    states=("x", "y"),
    params=Bridge(),
    family=AffineDrift(2),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    reference=lambda p: {
        "A11": -p.rate,
        "A12": p.rotation,
        "A21": -p.rotation,
        "A22": -p.rate,
        "c1": p.offset,
        "c2": 0.0,
    },
    budgets={"smoke": Budget(10.0), "short": Budget(20.0), "paper": Budget(60.0)},
    citations=("bunne2023schrodinger",),
)
