"""A bridge over the barrier of a double well.

The reference is motion in the potential V = a (x^4 / 4 - x^2 / 2) with noise. At the beginning the population is in
the left well, at the end in both; the paths in between are asked for, three snapshots of which are held out. The
reference is given, nothing is fitted.

The transitions of the reference are not Gaussian. Their densities on a fine grid (Chapman-Kolmogorov) and the
potentials of the bridge there give the true marginals, which the floor and the held-out snapshots are drawn from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from physml.dynamics import GradientField
from physml.numerics.sinkhorn import sinkhorn_log
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

TIMES = (0.0, 0.25, 0.5, 0.75, 1.0)
POINTS = 200
GRID = torch.linspace(-2.6, 2.6, 521, dtype=torch.float64)
STEPS = 40  # of the Euler kernel between two times of TIMES


@dataclass(frozen=True)
class DoubleWell(Params):
    a: float = parameter(1.5, low=0.0, meaning="strength of the force")
    volatility: float = parameter(0.6, low=0.1, meaning="sigma of the noise")


@cache
def transitions(p: DoubleWell, steps: int, h: float) -> Tensor:
    """Densities of the transitions over a number of Euler steps, from each point of the grid to each."""
    missing = GRID - (GRID + h * p.a * (GRID - GRID**3))[:, None]
    kernel = torch.exp(-(missing**2) / (2 * p.volatility**2 * h))
    cell = float(GRID[1] - GRID[0])
    kernel /= (cell * kernel.sum(1, keepdim=True)).clamp_min(1e-300)
    return torch.linalg.matrix_power(kernel * cell, steps) / cell


def ends() -> tuple[Tensor, Tensor]:
    """The first and the last marginal as weights of the grid."""
    first = torch.exp(-((GRID + 1) ** 2) / (2 * 0.2**2))
    last = torch.exp(-((GRID + 1) ** 2) / (2 * 0.25**2)) + torch.exp(-((GRID - 1) ** 2) / (2 * 0.25**2))
    return first / first.sum(), last / last.sum()


@cache
def factors(p: DoubleWell) -> tuple[Tensor, Tensor]:
    """What the transitions are multiplied by, before and behind, so that the marginals are right."""
    cost = -transitions(p, 4 * STEPS, 0.25 / STEPS).clamp_min(1e-300).log()
    potentials = sinkhorn_log(cost, *ends())
    return potentials.f.exp(), potentials.g.exp()


def law(p: DoubleWell, times: Sequence[float], count: int, seed: int) -> Tensor:
    h = 0.25 / STEPS
    generator = torch.Generator().manual_seed(seed)
    start, end = factors(p)
    draws = []
    for time in times:
        before = round(time / h)
        forward = start @ transitions(p, before, h) if before else start
        backward = transitions(p, 4 * STEPS - before, h) @ end if before < 4 * STEPS else end
        cells = torch.multinomial(forward * backward, count, replacement=True, generator=generator)
        within = torch.rand(count, generator=generator, dtype=torch.float64) - 0.5
        draws.append((GRID[cells] + within * (GRID[1] - GRID[0]))[:, None])
    return torch.stack(draws)


def snapshots(p: DoubleWell, seed: int) -> SnapshotData:
    return SnapshotData(TIMES, list(law(p, TIMES, POINTS, seed)), held_out=(1, 2, 3))


problem = Snapshots(
    name="double_well_bridge",
    title="Bridge over a barrier",
    equation=r"dX = a (X - X^3)\,dt + \sigma\,dW",
    states=("x",),
    params=DoubleWell(),
    family=GradientField(1, degree=4),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    reference=lambda p: {"V[x1]": 0.0, "V[x1^2]": -p.a / 2, "V[x1^3]": 0.0, "V[x1^4]": p.a / 4},
    law=law,
    budgets={"smoke": Budget(30.0), "short": Budget(60.0), "paper": Budget(300.0)},
    citations=("shen2025multimarginal",),
)
