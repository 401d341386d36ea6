"""The doubling map, where extended DMD is wrong in all eigenvalues but one.

The map keeps Lebesgue measure, so that the Koopman operator is an isometry, and it is not invertible: the approximate
point spectrum is the unit circle. In Fourier modes it takes wave number k to 2k, out of every finite dictionary. The
matrix has the eigenvalue 1, and 0 as often as there are other modes; these zeros are in no way spectral, and their
residuals, which are 1, say so. Doubling a number loses its last bit, so the data are pairs of equispaced points.
"""

import math

import numpy as np
import torch

from physml.numerics.flows import distance_from_circle, equispaced, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params


def samples(p: Params, seed: int) -> FlowData:
    x = equispaced(0.0, 1.0, 1000)[:, None]
    return FlowData.pairs(x, torch.remainder(2 * x, 1.0))


def levels(p: Params, z: np.ndarray, count: int) -> np.ndarray:
    """On the chain k, 2k, 4k, ... the operator is a shift, which the largest wave number cuts."""
    chain = math.floor(math.log2(count // 2)) + 2
    disc = np.sqrt(1 + np.abs(z) ** 2 - 2 * np.abs(z) * math.cos(math.pi / chain))
    return np.minimum(np.abs(1 - z), disc)


problem = DynamicalSystem(
    name="doubling_map",
    title="Doubling map",
    equation=r"F(x) = 2x \;\mathrm{mod}\; 1",
    states=("x",),
    samples=samples,
    measure_preserving=True,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    levels=levels,
    budgets={"smoke": Budget(10.0), "short": Budget(30.0), "paper": Budget(60.0)},
    citations=("colbrook2026adversarial", "colbrook2024rigorous"),
)
