"""How far interpolated clouds are from held-out ones, and how far the true law itself would be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from physml.bridge.law import Trajectories
from physml.numerics.transport import emd, sliced_wasserstein
from physml.problem import Snapshots

_FLOORS = 5  # draws of the true law

Validation = Sequence[tuple[float, Tensor]]


def interpolated(trajectories: Trajectories, validation: Validation, seed: int = 0) -> list[Tensor]:
    """The states of trajectories at the times of the held-out snapshots."""
    generator = torch.Generator().manual_seed(seed)
    return [trajectories.at(time, generator) for time, _ in validation]


def distances(clouds: Sequence[Tensor], validation: Validation) -> dict[str, float]:
    """W2, W1 and sliced W2 between each cloud and the held-out one, and the mean of W2 over the times."""
    found: dict[str, float] = {}
    for (time, held_out), cloud in zip(validation, clouds, strict=True):
        found[f"W2 at t={time:g}"] = emd(cloud, held_out)
        found[f"W1 at t={time:g}"] = emd(cloud, held_out, p=1)
        generator = torch.Generator().manual_seed(0)
        found[f"sliced W2 at t={time:g}"] = sliced_wasserstein(cloud, held_out, generator=generator)
    if validation:
        found = {"W2": float(np.mean([v for k, v in found.items() if k.startswith("W2 at")])), **found}
    return found


def floors(problem: Snapshots, validation: Validation, count: int) -> list[float]:
    """W2 between fresh draws of the true law, as many as there are trajectories, and each held-out cloud.

    The sampling of both clouds alone makes these distances; the mean of a few draws is taken.
    """
    if problem.law is None or not validation:
        return []
    times = [time for time, _ in validation]
    draws = [problem.law(problem.params, times, count, 10_000 + draw) for draw in range(_FLOORS)]
    return [float(np.mean([emd(draw[i], held_out) for draw in draws])) for i, (_, held_out) in enumerate(validation)]


def paired_error(trajectories_at: Sequence[Tensor], chains: Tensor, validation: Validation) -> float:
    """The rms distance of interpolated states from the individuals whose first snapshot they start from.

    Args:
        trajectories_at: states at the held-out times, shape (n, d) each.
        chains: indices of the individuals, shape (n,).
        validation: of paired data.
    """
    squares = [
        (cloud - held_out[chains]).square().sum(-1).mean()
        for (_, held_out), cloud in zip(validation, trajectories_at, strict=True)
    ]
    return float(torch.stack(squares).mean().sqrt())
