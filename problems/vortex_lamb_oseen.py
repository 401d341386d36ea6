"""Drifters in a vortex, seen as unpaired snapshots.

Particles are released in a small square beside a Lamb-Oseen vortex and drift around it. Nine snapshots of 111 drifters
each; every other one is held out. Asked for are the paths in between and the vortex: its centre, size and spin.
Drifters that stay near the core determine its spin well, and its size hardly.

A problem that can be simulated, in place of drifters in the Gulf of Mexico (`gulf_of_mexico`), whose velocities must be
downloaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from physml.dynamics import LambOseen
from physml.numerics.euler_maruyama import covariance_rate, simulate
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

TIMES = tuple(float(i) for i in range(9))
POINTS = 111


@dataclass(frozen=True)
class VortexParams(Params):
    x0: float = parameter(0.28, meaning="centre of the vortex")
    y0: float = parameter(0.10, meaning="centre of the vortex")
    ell: float = parameter(0.5, meaning="logarithm of the core's size")
    spin: float = parameter(-0.91, meaning="rate of rotation of the core; negative turns clockwise")
    volatility: float = parameter(0.03, low=1e-3, meaning="sigma of the noise")


def law(p: VortexParams, times: Sequence[float], count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    start = torch.tensor([-0.15, -0.05]) + 0.1 * torch.rand(count, 2, generator=generator, dtype=torch.float64)
    drift = partial(LambOseen().drift, theta=LambOseen().theta(truth(p)))
    noise = covariance_rate(p.volatility, 2)
    return simulate(drift, start, times, noise, step=0.01, begin=0.0, generator=generator)


def snapshots(p: VortexParams, seed: int) -> SnapshotData:
    paths = law(p, TIMES, POINTS * len(TIMES), seed)
    clouds = [cloud[i * POINTS : (i + 1) * POINTS] for i, cloud in enumerate(paths)]
    return SnapshotData(TIMES, clouds, held_out=(1, 3, 5, 7))


def truth(p: VortexParams) -> Mapping[str, float]:
    return {"x0": p.x0, "y0": p.y0, "ell": p.ell, "spin": p.spin}


problem = Snapshots(
    name="vortex_lamb_oseen",
    title="Lamb-Oseen vortex from snapshots",
    equation=r"dX = s\,\frac{1 - e^{-r^2}}{r^2}\,R_{90}\,(X - x_0)\,dt + \sigma\,dW, \quad "
    r"r = e^{-\ell} |X - x_0|",
    states=("x", "y"),
    params=VortexParams(),
    family=LambOseen(),
    snapshots=snapshots,
    volatility=lambda p: p.volatility,
    law=law,
    truth=truth,
    budgets={"smoke": Budget(30.0), "short": Budget(60.0), "paper": Budget(600.0)},
    citations=("shen2025multimarginal",),
)
