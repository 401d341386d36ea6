"""The damped Duffing oscillator, from short trajectories that start in a square.

Nearly all orbits end in one of two sinks, where the linearisation turns and shrinks; between them is a saddle. Powers
and products of the eigenvalues at the sinks are eigenvalues of the operator, on smooth functions near them; in the
mean square over the square nothing is known in closed form.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from physml.numerics.flows import trajectories, uniform
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class DuffingParams(Params):
    damping: float = parameter(0.3, low=0.0, meaning="a")
    starts: float = parameter(10000.0, low=10.0, meaning="number of initial states")


def field(state: Tensor, damping: float) -> Tensor:
    x, y = state.unbind(-1)
    return torch.stack([y, -damping * y + x - x**3], -1)


@lru_cache(maxsize=2)
def samples(p: DuffingParams, seed: int) -> FlowData:
    starts = uniform((-2.0, -2.0), (2.0, 2.0), int(p.starts), seed)
    return FlowData(trajectories(lambda s: field(s, p.damping), starts, 0.3, 6, 60))


problem = DynamicalSystem(
    name="duffing_damped",
    title="Duffing oscillator with damping",
    equation=r"\dot x = y, \quad \dot y = -a y + x - x^3",
    states=("x", "y"),
    params=DuffingParams(),
    samples=samples,
    dt=0.3,
    budgets={"smoke": Budget(120.0), "short": Budget(300.0), "paper": Budget(1800.0)},
    citations=("colbrook2026adversarial",),
)
