"""A skew product of the torus: half of the observable is periodic, half is mixed away.

Functions of x alone are turned by the rotation and have eigenvalues; all others have continuous spectrum, since the
second coordinate is sheared ever more. The observable is the sum of one Fourier mode of each kind, so that the share
of the discrete spectrum is one half. One orbit is known in closed form; it is evaluated, and not iterated.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.numerics.flows import uniform
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class SkewParams(Params):
    alpha: float = parameter((5**0.5 - 1) / 2, low=0.0, high=1.0, unit="turns", meaning="angle of the rotation")
    length: float = parameter(20000.0, low=100.0, meaning="length of the orbit")


def samples(p: SkewParams, seed: int) -> FlowData:
    n = torch.arange(int(p.length), dtype=torch.float64)
    x, y = uniform((0.0, 0.0), (1.0, 1.0), 1, seed)[0]
    orbit = torch.stack([x + p.alpha * n, y + x * n + p.alpha * n * (n - 1) / 2], 1)
    return FlowData(torch.remainder(orbit, 1.0)[None])


def observable(state: Tensor) -> Tensor:
    phases = 2 * torch.pi * state
    return torch.polar(torch.ones_like(phases), phases).sum(1) / 2**0.5


problem = DynamicalSystem(
    name="skew_product",
    title="Skew product of the torus",
    equation=r"F(x, y) = (x + \alpha,\; y + x) \;\mathrm{mod}\; 1",
    states=("x", "y"),
    params=SkewParams(),
    samples=samples,
    measure_preserving=True,
    observable=observable,
    discrete_part=lambda p: 0.5,
    budgets={"smoke": Budget(10.0), "short": Budget(30.0), "paper": Budget(60.0)},
    citations=("colbrook2026adversarial",),
)
