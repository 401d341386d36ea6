"""The Duffing oscillator without damping on a set that it keeps: all states up to an energy.

The states are uniform in the set where the energy y^2/2 - x^2/2 + x^4/4 is at most 2; the flow keeps area and energy,
so that this measure is invariant and the operator an isometry on the samples, up to their number. Each state is
followed for long enough that delays of one observable, x + y/2 + xy, can be the dictionary.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from physml.numerics.flows import distance_from_circle, trajectories, uniform, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class EnergyParams(Params):
    energy: float = parameter(2.0, low=0.1, high=100.0, meaning="largest energy")
    starts: float = parameter(400.0, low=10.0, meaning="number of initial states, before those outside are left out")
    length: float = parameter(276.0, low=10.0, meaning="samples of each trajectory")


def field(state: Tensor) -> Tensor:
    x, y = state.unbind(-1)
    return torch.stack([y, x - x**3], -1)


def energy(state: Tensor) -> Tensor:
    x, y = state.unbind(-1)
    return y**2 / 2 - x**2 / 2 + x**4 / 4


@lru_cache(maxsize=2)
def samples(p: EnergyParams, seed: int) -> FlowData:
    width = (1 + (1 + 4 * p.energy) ** 0.5) ** 0.5
    height = (2 * p.energy + 0.5) ** 0.5
    box = uniform((-width, -height), (width, height), int(p.starts), seed)
    return FlowData(trajectories(field, box[energy(box) <= p.energy], 0.3, int(p.length), 30))


problem = DynamicalSystem(
    name="duffing_invariant",
    title="Duffing oscillator up to an energy",
    equation=r"\dot x = y, \quad \dot y = x - x^3, \quad y^2/2 - x^2/2 + x^4/4 \leq 2",
    states=("x", "y"),
    params=EnergyParams(),
    samples=samples,
    dt=0.3,
    measure_preserving=True,
    observable=lambda state: state[:, 0] + state[:, 1] / 2 + state[:, 0] * state[:, 1],
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    budgets={"smoke": Budget(60.0), "short": Budget(120.0), "paper": Budget(300.0)},
    citations=("colbrook2026adversarial", "colbrook2023mpedmd"),
)
