"""Predators and prey, seen as unpaired snapshots.

Two species with the classical rates, driven by additive noise. Nine snapshots of fifty individuals each at t = 0 to 8;
no individual is seen twice. Every other snapshot is held out. Asked for are the paths in between and the four rates;
the noise is known.

The published numbers are quoted from later authors, who ran the paper's code (SBIRR) and other methods again on their
own draws of this problem; the data are simulated here with the generator that the paper's shipped clouds were
identified to come from. The floor is the distance that fresh draws of the true law keep from the held-out clouds,
because both are finite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from physml.dynamics import LotkaVolterra
from physml.numerics.euler_maruyama import covariance_rate, simulate
from physml.problem import Budget, Params, Published, SnapshotData, Snapshots, parameter

TIMES = tuple(float(i) for i in range(9))
POINTS = 50

PUBLISHED = {
    ("SBIRR", "W2"): (0.19, 0.25, 0.45, 0.74),
    ("SBIRR", "W1"): (0.19, 0.20, 0.30, 0.48),
    ("SBIRR", "sliced W2"): (0.17, 0.16, 0.24, 0.48),
    ("3MSBM", "W2"): (0.24, 0.17, 0.15, 0.36),
    ("3MSBM", "W1"): (0.23, 0.18, 0.12, 0.35),
    ("3MSBM", "sliced W2"): (0.23, 0.13, 0.15, 0.36),
    ("SmoothSB", "W2"): (0.27, 0.27, 0.22, 0.68),
    ("MMFM", "W2"): (0.22, 0.43, 0.77, 1.23),
    ("DMSB", "W2"): (0.84, 0.98, 0.71, 1.24),
    ("MIOFlow", "W2"): (2.77, 2.34, 1.76, 1.55),
}


@dataclass(frozen=True)
class LotkaVolterraParams(Params):
    alpha: float = parameter(1.0, low=0.0, meaning="growth rate of the prey")
    beta: float = parameter(0.4, low=0.0, meaning="rate of being eaten")
    gamma: float = parameter(0.4, low=0.0, meaning="death rate of the predators")
    delta: float = parameter(0.1, low=0.0, meaning="growth rate of the predators for each prey")
    volatility: float = parameter(0.1, low=1e-3, meaning="sigma of the additive noise")


def law(p: LotkaVolterraParams, times: Sequence[float], count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    start = torch.tensor([5.0, 4.0]) + 0.1 * torch.rand(count, 2, generator=generator, dtype=torch.float64)
    theta = torch.tensor([p.alpha, p.beta, p.gamma, p.delta], dtype=torch.float64)
    noise = covariance_rate(p.volatility, 2)
    drift = partial(LotkaVolterra().drift, theta=theta)
    return simulate(drift, start, times, noise, step=0.01, begin=0.0, generator=generator)


def snapshots(p: LotkaVolterraParams, seed: int) -> SnapshotData:
    paths = law(p, TIMES, POINTS * len(TIMES), seed)
    clouds = [cloud[i * POINTS : (i + 1) * POINTS] for i, cloud in enumerate(paths)]
    return SnapshotData(TIMES, clouds, held_out=(1, 3, 5, 7))


def truth(p: LotkaVolterraParams) -> Mapping[str, float]:
    return {"alpha": p.alpha, "beta": p.beta, "gamma": p.gamma, "delta": p.delta}


problem = Snapshots(
    name="lotka_volterra",
    title="Lotka-Volterra from snapshots",
    equation=r"dX = (\alpha X - \beta X Y)\,dt + \sigma\,dW_1, \quad dY = (\delta X Y - \gamma Y)\,dt + \sigma\,dW_2",
    states=("prey", "predators"),
    params=LotkaVolterraParams(),
    family=LotkaVolterra(),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    law=law,
    truth=truth,
    published=tuple(
        Published(
            method,
            f"{metric} at t={t}",
            value,
            "theodoropoulos2025momentum",
            "Table 2, re-run, mean of 5 seeds",
            reproduced_by="reference_refinement" if method == "SBIRR" else "",
        )
        for (method, metric), values in PUBLISHED.items()
        for t, value in zip((1, 3, 5, 7), values, strict=True)
    ),
    budgets={"smoke": Budget(20.0), "short": Budget(60.0), "paper": Budget(300.0)},
    citations=("shen2025multimarginal",),
)
