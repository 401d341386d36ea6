"""The tent map, and a rough observable.

The map keeps Lebesgue measure and mixes, as the doubling map does. The observable has a kink, a jump and waves.
Orbits are of fractions with a prime denominator, which integers follow without error: in floating point an orbit of
the tent map ends at 0 after some fifty steps.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.numerics.flows import distance_from_circle, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class TentParams(Params):
    prime: float = parameter(4999.0, low=11.0, meaning="denominator of the points")
    length: float = parameter(32.0, low=2.0, meaning="samples of each orbit")


def samples(p: TentParams, seed: int) -> FlowData:
    prime = int(p.prime)
    orbit = [torch.arange(prime)]
    for _ in range(int(p.length) - 1):
        orbit.append(torch.minimum(2 * orbit[-1], 2 * (prime - orbit[-1])))
    return FlowData(torch.stack(orbit, 1)[..., None].double() / prime)


def observable(state: Tensor) -> Tensor:
    x = state[:, 0]
    return (x - 1 / 3).abs() + (x > 0.78) + torch.sin(20 * x)


problem = DynamicalSystem(
    name="tent_map",
    title="Tent map",
    equation=r"F(x) = 1 - |1 - 2x|",
    states=("x",),
    params=TentParams(),
    samples=samples,
    measure_preserving=True,
    observable=observable,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    budgets={"smoke": Budget(30.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2024rigged",),
)
