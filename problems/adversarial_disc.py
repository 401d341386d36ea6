"""A twist of the disc that its samples do not see: data of the identity, and another spectrum.

In polar coordinates the map turns each circle of radius r by an angle that is a smooth bump on one ring, and zero
elsewhere. The samples avoid the ring, so that they are, to the last bit, those of the identity, whose spectrum is the
point 1. But the spectrum of the twist is the whole unit circle, for any amplitude above zero. A certificate is not
wrong: 1 is in both spectra. That nothing else is there, no method can tell from such data. With ``hidden=0`` the
samples cover the ring, and levels on the circle fall as the dictionary grows.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from physml.numerics.flows import distance_from_circle, equispaced, grid, unit_circle
from physml.numerics.quadrature import gauss_legendre
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

CENTRE, HALF_WIDTH = 0.5, 0.25  # of the ring, in r squared


@dataclass(frozen=True)
class DiscParams(Params):
    amplitude: float = parameter(0.3, low=0.0, unit="rad", meaning="largest angle of the twist; 0 for the identity")
    hidden: float = parameter(1.0, low=0.0, high=1.0, meaning="1: no sample is in the ring; 0: the disc is covered")


def twist(square: Tensor, amplitude: float) -> Tensor:
    s = ((square - CENTRE) / HALF_WIDTH) ** 2
    return torch.where(s < 1, amplitude * torch.exp(1 - 1 / torch.where(s < 1, 1 - s, 1.0)), 0.0)


def samples(p: DiscParams, seed: int) -> FlowData:
    edge = CENTRE - HALF_WIDTH
    parts = [(0.0, edge), (1 - edge, 1.0)] if p.hidden else [(0.0, 1.0)]
    rules = [gauss_legendre(low, high, 200 // len(parts)) for low, high in parts]
    squares, weights = (torch.cat(part) for part in zip(*rules, strict=True))
    angles = equispaced(0.0, 2 * torch.pi, 40)
    x = grid(angles, squares[:, 0])
    y = torch.stack([x[:, 0] + twist(x[:, 1], p.amplitude), x[:, 1]], 1)
    return FlowData.pairs(x, y, weights.repeat(len(angles)) * 2 * torch.pi / len(angles))


def spectrum(p: DiscParams) -> np.ndarray:
    return unit_circle() if p.amplitude else np.ones(1, dtype=complex)


problem = DynamicalSystem(
    name="adversarial_disc",
    title="Twist of the disc, unseen",
    equation=r"F(r, \theta) = (r,\; \theta + \varphi(r))",
    states=("theta", "r squared"),
    params=DiscParams(),
    samples=samples,
    measure_preserving=True,
    distance=lambda p, z: distance_from_circle(z) if p.amplitude else np.abs(z - 1),
    spectrum=spectrum,
    budgets={"smoke": Budget(20.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2026adversarial",),
)
