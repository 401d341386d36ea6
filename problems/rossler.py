"""The spectrum of the Rössler system, from one long trajectory on its attractor.

The motion is a rotation with an amplitude that is chaotic; the phase is nearly regular, so that the spectrum has
sharp peaks that look like eigenvalues. The observable is x alone.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from physml.numerics.flows import distance_from_circle, orbit, uniform, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter


@dataclass(frozen=True)
class RosslerParams(Params):
    a: float = parameter(0.1, low=0.0)
    b: float = parameter(0.1, low=0.0)
    c: float = parameter(14.0, low=0.0)
    length: float = parameter(10300.0, low=100.0, meaning="length of the trajectory")


@lru_cache(maxsize=2)
def samples(p: RosslerParams, seed: int) -> FlowData:
    def field(t: float, state: np.ndarray) -> list[float]:
        x, y, z = state
        return [-y - z, x + p.a * y, p.b + z * (x - p.c)]

    start = uniform((-2.0,) * 3, (2.0,) * 3, 1, seed)[0]
    return FlowData(orbit(field, start, 0.05, int(p.length), 100.0)[None])


problem = DynamicalSystem(
    name="rossler",
    title="Rössler system, its spectrum",
    equation=r"\dot x = -y - z, \quad \dot y = x + a y, \quad \dot z = b + z(x - c)",
    states=("x", "y", "z"),
    params=RosslerParams(),
    samples=samples,
    dt=0.05,
    measure_preserving=True,
    observable=lambda state: state[:, 0],
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    budgets={"smoke": Budget(120.0), "short": Budget(300.0), "paper": Budget(900.0)},
    citations=("colbrook2026adversarial",),
)
