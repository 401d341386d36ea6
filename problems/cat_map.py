"""Arnold's cat map, whose spectrum is continuous apart from the constants.

The map of the torus takes a Fourier mode to another one, exactly; so the operator is given as its matrix and nothing
is sampled, for an orbit of the map loses a bit of its digits in each step. The functions are u, Ku, KKu, ... with u =
sin x, which are orthogonal. The observable is sin x + sin(2x + y)/2 + i sin(5x + 3y)/4, the sum of the first three
with weights 1, 1/2, i/4. Its spectral measure has a density in closed form.
"""

from dataclasses import dataclass

import numpy as np
import torch

from physml.numerics.flows import distance_from_circle, unit_circle
from physml.problem import Budget, DynamicalSystem, OperatorSection, Params, parameter


@dataclass(frozen=True)
class CatParams(Params):
    functions: float = parameter(200.0, low=4.0, meaning="number of functions of the matrix")


def samples(p: CatParams, seed: int) -> OperatorSection:
    count = int(p.functions)
    shift = torch.diag(torch.ones(count, dtype=torch.float64), -1)[:, :count]
    observable = torch.zeros(count, dtype=torch.complex128)
    observable[:3] = (
        torch.tensor([1.0, 0.5, 0.25j], dtype=torch.complex128) / 2**0.5
    )  # the mean square of a sine is 1/2
    return OperatorSection(shift, observable)


def density(p: CatParams, theta: np.ndarray) -> np.ndarray:
    return np.abs(1 + np.exp(1j * theta) / 2 + 0.25j * np.exp(2j * theta)) ** 2 / (4 * np.pi)


def moments(p: CatParams, count: int) -> np.ndarray:
    known = np.zeros(count, dtype=complex)
    known[:3] = [21 / 32, 1 / 4 - 1j / 16, -1j / 8][:count]
    return known


problem = DynamicalSystem(
    name="cat_map",
    title="Arnold's cat map",
    equation=r"F(x, y) = (2x + y,\; x + y) \;\mathrm{mod}\; 2\pi",
    states=(),
    params=CatParams(),
    samples=samples,
    measure_preserving=True,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    density=density,
    moments=moments,
    budgets={"smoke": Budget(20.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2023mpedmd", "colbrook2024rigged"),
)
