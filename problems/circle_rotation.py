"""The rotation of a circle by the golden mean.

Each Fourier mode is an eigenfunction. No two points of the orbit meet, so that the eigenvalues fill the unit circle,
densely; a finite dictionary finds as many of them as it has modes, with residual zero. What a method must not do here
is to find anything else.
"""

from dataclasses import dataclass

import numpy as np
import torch

from physml.numerics.flows import distance_from_circle, equispaced, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class RotationParams(Params):
    alpha: float = parameter((5**0.5 - 1) / 2, low=0.0, high=1.0, unit="turns", meaning="angle of the rotation")


def samples(p: RotationParams, seed: int) -> FlowData:
    x = equispaced(0.0, 1.0, 1000)[:, None]
    return FlowData.pairs(x, torch.remainder(x + p.alpha, 1.0))


def levels(p: RotationParams, z: np.ndarray, count: int) -> np.ndarray:
    k = np.arange(count) - count // 2
    return np.abs(z[..., None] - np.exp(2j * np.pi * k * p.alpha)).min(-1)


problem = DynamicalSystem(
    name="circle_rotation",
    title="Irrational rotation of a circle",
    equation=r"F(x) = x + \alpha \;\mathrm{mod}\; 1",
    states=("x",),
    params=RotationParams(),
    samples=samples,
    measure_preserving=True,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    levels=levels,
    budgets={"smoke": Budget(10.0), "short": Budget(30.0), "paper": Budget(60.0)},
    citations=("colbrook2026adversarial", "colbrook2024rigorous"),
)
