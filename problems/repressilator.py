"""Three genes in a ring, seen as unpaired snapshots of their messenger RNA.

Each gene represses the next one, and the concentrations oscillate. Eleven snapshots of fifty cells each; every other
one is held out. Asked for are the paths in between and four parameters, which the snapshots determine only roughly:
steepness and strength of the repression make up for each other.

The floor is the distance that fresh draws of the true law keep from the held-out clouds, because both are finite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from physml.dynamics import Repressilator
from physml.numerics.euler_maruyama import covariance_rate, simulate
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

TIMES = tuple(0.75 * i for i in range(11))
POINTS = 50


@dataclass(frozen=True)
class RepressilatorParams(Params):
    beta: float = parameter(10.0, low=0.0, meaning="rate of production without repression")
    n: float = parameter(3.0, low=0.0, meaning="steepness of the repression (Hill coefficient)")
    k: float = parameter(1.0, low=0.0, meaning="concentration at which production is halved")
    gamma: float = parameter(1.0, low=0.0, meaning="rate of decay")
    volatility: float = parameter(0.1, low=1e-3, meaning="sigma of the additive noise")


def law(p: RepressilatorParams, times: Sequence[float], count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    start = torch.tensor([1.0, 1.0, 2.0]) + 0.1 * torch.rand(count, 3, generator=generator, dtype=torch.float64)
    drift = partial(Repressilator().drift, theta=Repressilator().theta(truth(p)))
    noise = covariance_rate(p.volatility, 3)
    return simulate(drift, start, times, noise, step=0.005, begin=0.0, generator=generator)


def snapshots(p: RepressilatorParams, seed: int) -> SnapshotData:
    paths = law(p, TIMES, POINTS * len(TIMES), seed)
    clouds = [cloud[i * POINTS : (i + 1) * POINTS] for i, cloud in enumerate(paths)]
    return SnapshotData(TIMES, clouds, held_out=(1, 3, 5, 7, 9))


def truth(p: RepressilatorParams) -> Mapping[str, float]:
    return {"beta": p.beta, "n": p.n, "k": p.k, "gamma": p.gamma}


problem = Snapshots(
    name="repressilator",
    title="Repressilator from snapshots",
    equation=r"dX_i = \left(\frac{\beta}{1 + (X_{i-1} / k)^n} - \gamma X_i\right)\,dt + \sigma\,dW_i",
    states=("x1", "x2", "x3"),
    params=RepressilatorParams(),
    family=Repressilator(),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    law=law,
    truth=truth,
    budgets={"smoke": Budget(30.0), "short": Budget(120.0), "paper": Budget(900.0)},
    citations=("shen2025multimarginal",),
)
