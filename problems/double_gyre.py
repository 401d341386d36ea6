"""The double gyre, a stirred flow in a box, seen once in each period of the stirring.

Two vortices side by side, whose common boundary swings. The stream function gives a flow that keeps area, so that the
period map is an isometry on the uniform measure. Around the centres of the vortices are islands of regular motion;
between them a sea of chaos.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from physml.numerics.flows import distance_from_circle, grid, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

PERIOD, STEPS = 10.0, 200


@dataclass(frozen=True)
class GyreParams(Params):
    amplitude: float = parameter(0.25, low=0.0, meaning="A of the stream function")
    swing: float = parameter(0.25, low=0.0, high=0.5, meaning="epsilon of the boundary")
    rows: float = parameter(60.0, low=4.0, meaning="samples along y; twice as many along x")


def rate(state: Tensor, t: float, p: GyreParams) -> Tensor:
    """Of the stream function A sin(pi f) sin(pi y) with f = s x^2 + (1 - 2 s) x and s = epsilon sin(2 pi t / 10)."""
    x, y = state.unbind(1)
    s = p.swing * torch.sin(torch.tensor(2 * torch.pi * t / PERIOD, dtype=torch.float64))
    f, slope = s * x**2 + (1 - 2 * s) * x, 2 * s * x + 1 - 2 * s
    scale = torch.pi * p.amplitude
    u = -scale * torch.sin(torch.pi * f) * torch.cos(torch.pi * y)
    return torch.stack([u, scale * torch.cos(torch.pi * f) * torch.sin(torch.pi * y) * slope], 1)


@lru_cache(maxsize=2)
def samples(p: GyreParams, seed: int) -> FlowData:
    n = int(p.rows)
    axes = (2 * (torch.arange(2 * n, dtype=torch.float64) + 0.5) / (2 * n), (torch.arange(n) + 0.5).double() / n)
    x = state = grid(*axes)
    h = PERIOD / STEPS
    for i in range(STEPS):
        t = i * h
        a = rate(state, t, p)
        b = rate(state + h / 2 * a, t + h / 2, p)
        c = rate(state + h / 2 * b, t + h / 2, p)
        d = rate(state + h * c, t + h, p)
        state = state + h / 6 * (a + 2 * b + 2 * c + d)
    return FlowData.pairs(x, state)


problem = DynamicalSystem(
    name="double_gyre",
    title="Double gyre",
    equation=r"\dot x = -\pi A \sin(\pi f) \cos(\pi y), \quad \dot y = \pi A \cos(\pi f) \sin(\pi y)\, \partial_x f",
    states=("x", "y"),
    params=GyreParams(),
    samples=samples,
    dt=PERIOD,
    measure_preserving=True,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    budgets={"smoke": Budget(60.0), "short": Budget(120.0), "paper": Budget(300.0)},
    citations=("colbrook2026adversarial",),
)
