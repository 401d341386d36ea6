"""A rotating Ornstein-Uhlenbeck process, from Gaussian snapshots.

Five marginals of dX = (A X + c) dt + sigma dW in the plane, known exactly, one time unit apart; asked for are A and c.
The state turns by 1.5 between two snapshots, less than a half turn, so that the rotation is seen; `ou2d_aliased` shows
what happens otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics import AffineDrift
from physml.numerics.linear_sde import transition
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

TIMES = (0.0, 1.0, 2.0, 3.0, 4.0)
POINTS = 200
MEAN, COVARIANCE = (
    torch.tensor([2.0, 0.0], dtype=torch.float64),
    torch.tensor([[0.3, 0.1], [0.1, 0.15]], dtype=torch.float64),
)


@dataclass(frozen=True)
class Rotation(Params):
    rate: float = parameter(0.3, low=0.0, meaning="of relaxation")
    rotation: float = parameter(1.5, meaning="angle turned a time, clockwise")
    offset: float = parameter(0.2, meaning="constant drift of the first state")
    volatility: float = parameter(0.4472135954999579, low=1e-3, meaning="sigma; its square is 0.2")


def drift(p: Rotation) -> tuple[Tensor, Tensor]:
    """The matrix A and the vector c."""
    matrix = [[-p.rate, p.rotation], [-p.rotation, -p.rate]]
    return torch.tensor(matrix, dtype=torch.float64), torch.tensor([p.offset, 0.0], dtype=torch.float64)


def moments(p: Rotation) -> list[tuple[Tensor, Tensor]]:
    """Mean and covariance at each time."""
    noise = p.volatility**2 * torch.eye(2, dtype=torch.float64)
    over = transition(*drift(p), noise, torch.tensor(TIMES, dtype=torch.float64))
    means = over.mean(MEAN.expand(len(TIMES), 1, 2))[:, 0]
    return list(zip(means, over.Phi @ COVARIANCE @ over.Phi.mT + over.Omega, strict=True))


def snapshots(p: Rotation, seed: int) -> SnapshotData:
    generator = torch.Generator().manual_seed(seed)
    clouds = []
    for mean, covariance in moments(p):
        normal = torch.randn(POINTS, 2, generator=generator, dtype=torch.float64)
        clouds.append(mean + normal @ torch.linalg.cholesky(covariance).T)
    return SnapshotData(TIMES, clouds, moments=moments(p))


def truth(p: Rotation) -> Mapping[str, float]:
    return {"A11": -p.rate, "A12": p.rotation, "A21": -p.rotation, "A22": -p.rate, "c1": p.offset, "c2": 0.0}


problem = Snapshots(
    name="ou2d_rotation",
    title="Rotating Ornstein-Uhlenbeck process from its marginals",
    equation=r"dX = (A X + c)\,dt + \sigma\,dW",
    states=("x", "y"),
    params=Rotation(),
    family=AffineDrift(2),
    snapshots=snapshots,
    volatility=lambda p: p.volatility,
    truth=truth,
    budgets={"smoke": Budget(10.0), "short": Budget(20.0), "paper": Budget(60.0)},
    citations=("shen2025multimarginal",),
)
