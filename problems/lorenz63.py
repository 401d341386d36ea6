"""The spectrum of the Lorenz system, from one long trajectory on its attractor.

Ten thousand samples after a transient; the invariant measure is that of the attractor, which is believed to be
mixing: besides the constants there is no eigenvalue, and the spectrum is the whole unit circle. Extended DMD with
delays returns as many eigenvalues as there are functions.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from physml.numerics.flows import distance_from_circle, orbit, uniform, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class LorenzParams(Params):
    sigma: float = parameter(10.0, low=0.0)
    rho: float = parameter(28.0, low=0.0)
    beta: float = parameter(8 / 3, low=0.0)
    length: float = parameter(10300.0, low=100.0, meaning="length of the trajectory")


@lru_cache(maxsize=2)
def samples(p: LorenzParams, seed: int) -> FlowData:
    def field(t: float, state: np.ndarray) -> list[float]:
        x, y, z = state
        return [p.sigma * (y - x), x * (p.rho - z) - y, x * y - p.beta * z]

    start = uniform((-2.0,) * 3, (2.0,) * 3, 1, seed)[0]
    return FlowData(orbit(field, start, 0.05, int(p.length), 100.0)[None])


problem = DynamicalSystem(
    name="lorenz63",
    title="Lorenz system, its spectrum",
    equation=r"\dot x = \sigma(y - x), \quad \dot y = x(\rho - z) - y, \quad \dot z = xy - \beta z",
    states=("x", "y", "z"),
    params=LorenzParams(),
    samples=samples,
    dt=0.05,
    measure_preserving=True,
    observable=lambda state: torch.tanh((state[:, 0] * state[:, 1] - 5 * state[:, 2]) / 10),
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    budgets={"smoke": Budget(120.0), "short": Budget(300.0), "paper": Budget(900.0)},
    citations=("colbrook2026adversarial", "colbrook2024rigged"),
)
