"""A kicked rotator: Chirikov's standard map of the torus, which keeps area."""

import math

import torch

from physml.problem import DynamicalSystem, FlowData

KICK = 0.5
POINTS = 100  # along each side of the square


def step(x):
    """One kick, and a free turn."""
    angle, momentum = x.unbind(1)
    momentum = momentum + KICK / (2 * math.pi) * torch.sin(2 * math.pi * angle)
    return torch.stack([angle + momentum, momentum], 1).remainder(1.0)


def samples(p, seed):
    """Pairs of states and successors on a grid; trajectories (n, T, d) or a list of them do as well."""
    axis = torch.arange(POINTS, dtype=torch.float64) / POINTS
    x = torch.cartesian_prod(axis, axis)
    return FlowData.pairs(x, step(x))


problem = DynamicalSystem(
    name="standard_map",
    title="Standard map",
    equation=r"(x, p) \mapsto (x + p', p'), \quad p' = p + \tfrac{K}{2\pi} \sin 2\pi x",
    states=("angle", "momentum"),
    samples=samples,
    measure_preserving=True,
    observable=lambda x: torch.cos(2 * math.pi * x[:, 0]),
)
