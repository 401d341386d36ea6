"""An Ornstein-Uhlenbeck process of one dimension, from Gaussian snapshots.

Four marginals of dX = (A X + c) dt + sigma dW, which are Gaussian and known exactly; asked for are A and c. Bridges and
fits have closed forms, so that the refinement can be followed to round-off. The points are draws from the marginals,
for methods that need points.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics import AffineDrift
from physml.numerics.linear_sde import transition
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

TIMES = (0.0, 0.7, 1.5, 2.5)
POINTS = 200
MEAN, COVARIANCE = torch.tensor([2.0], dtype=torch.float64), torch.tensor([[0.3]], dtype=torch.float64)


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Params):
    rate: float = parameter(1.0, low=0.0, meaning="of relaxation")
    offset: float = parameter(0.5, meaning="constant part of the drift")
    volatility: float = parameter(0.4, low=1e-3, meaning="sigma")


def drift(p: OrnsteinUhlenbeck) -> tuple[Tensor, Tensor]:
    """The matrix A and the vector c."""
    return torch.tensor([[-p.rate]], dtype=torch.float64), torch.tensor([p.offset], dtype=torch.float64)


def moments(p: OrnsteinUhlenbeck) -> list[tuple[Tensor, Tensor]]:
    """Mean and covariance at each time."""
    noise = p.volatility**2 * torch.eye(1, dtype=torch.float64)
    over = transition(*drift(p), noise, torch.tensor(TIMES, dtype=torch.float64))
    means = over.mean(MEAN.expand(len(TIMES), 1, 1))[:, 0]
    return list(zip(means, over.Phi @ COVARIANCE @ over.Phi.mT + over.Omega, strict=True))


def snapshots(p: OrnsteinUhlenbeck, seed: int) -> SnapshotData:
    generator = torch.Generator().manual_seed(seed)
    clouds = []
    for mean, covariance in moments(p):
        normal = torch.randn(POINTS, 1, generator=generator, dtype=torch.float64)
        clouds.append(mean + normal @ torch.linalg.cholesky(covariance).T)
    return SnapshotData(TIMES, clouds, moments=moments(p))


def truth(p: OrnsteinUhlenbeck) -> Mapping[str, float]:
    return {"A11": -p.rate, "c1": p.offset}


problem = Snapshots(
    name="ou1d",
    title="Ornstein-Uhlenbeck process from its marginals",
    equation=r"dX = (A X + c)\,dt + \sigma\,dW",
    states=("x",),
    params=OrnsteinUhlenbeck(),
    family=AffineDrift(1),
    snapshots=snapshots,
    volatility=lambda p: p.volatility,
    truth=truth,
    budgets={"smoke": Budget(10.0), "short": Budget(20.0), "paper": Budget(60.0)},
    citations=("shen2025multimarginal",),
)
