"""The Duffing oscillator without damping, from short trajectories that start in a square.

Ten thousand states, uniform in [-2, 2]^2, are followed for five steps, as in the paper. Energy is kept, every orbit
turns at its own speed, and the spectrum is the whole unit circle. The square is no invariant set, so that the
operator is not exactly an isometry on the samples; see `duffing_invariant` for samples of one.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from physml.numerics.flows import distance_from_circle, trajectories, uniform, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class DuffingParams(Params):
    damping: float = parameter(0.0, low=0.0, meaning="a")
    starts: float = parameter(10000.0, low=10.0, meaning="number of initial states")


def field(state: Tensor, damping: float) -> Tensor:
    x, y = state.unbind(-1)
    return torch.stack([y, -damping * y + x - x**3], -1)


@lru_cache(maxsize=2)
def samples(p: DuffingParams, seed: int) -> FlowData:
    starts = uniform((-2.0, -2.0), (2.0, 2.0), int(p.starts), seed)
    return FlowData(trajectories(lambda s: field(s, p.damping), starts, 0.3, 6, 60))


problem = DynamicalSystem(
    name="duffing",
    title="Duffing oscillator without damping",
    equation=r"\dot x = y, \quad \dot y = -a y + x - x^3",
    states=("x", "y"),
    params=DuffingParams(),
    samples=samples,
    dt=0.3,
    measure_preserving=True,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    budgets={"smoke": Budget(120.0), "short": Budget(300.0), "paper": Budget(1800.0)},
    citations=("colbrook2026adversarial",),
)
