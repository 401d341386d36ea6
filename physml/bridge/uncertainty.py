"""What the data leave open: parameters of resampled snapshots, and the volatility by held-out ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.bridge.distances import distances, interpolated
from physml.bridge.refinement import IterativeReferenceRefinement
from physml.dynamics import DriftFamily
from physml.problem import SnapshotData


@dataclass(frozen=True)
class Bootstrap:
    """Parameters fitted to resampled snapshots.

    Args:
        names: of the parameters.
        values: shape (resamples, p), as people know them.
    """

    names: tuple[str, ...]
    values: Tensor

    def intervals(self, level: float = 0.9) -> dict[str, tuple[float, float]]:
        """The central interval of each parameter that holds this share of the resamples."""
        low, high = self.values.quantile(torch.tensor([(1 - level) / 2, (1 + level) / 2]).to(self.values), 0)
        return {name: (float(a), float(b)) for name, a, b in zip(self.names, low, high, strict=True)}


def bootstrap(
    method: IterativeReferenceRefinement,
    data: SnapshotData,
    family: DriftFamily,
    volatility: float | Sequence[float] | Tensor,
    *,
    resamples: int = 20,
    seed: int = 0,
) -> Bootstrap:
    """Fit again to snapshots whose points are drawn with replacement.

    It tells the uncertainty from the finite snapshots, not that of a family or a volatility that are wrong.

    Args:
        method, data, family, volatility: as for :meth:`IterativeReferenceRefinement.fit`, to which each resample goes.
        resamples: how many.
        seed: of the resampling and of all draws.

    Raises:
        ValueError: fewer than two resamples.
    """
    if resamples < 2:
        raise ValueError(f"needs resamples >= 2 to tell a spread, given {resamples}")
    generator, rows = torch.Generator().manual_seed(seed), []
    for _ in range(resamples):
        clouds = [cloud[torch.randint(len(cloud), (len(cloud),), generator=generator)] for cloud in data.samples]
        again = SnapshotData(data.times, clouds, data.held_out)
        theta = method.fit(again, family, volatility, seed=seed).theta
        assert theta is not None
        rows.append(family.natural(theta))
    return Bootstrap(family.parameters, torch.stack(rows))


def held_out_scores(
    method: IterativeReferenceRefinement,
    data: SnapshotData,
    family: DriftFamily,
    volatilities: Sequence[float],
    *,
    seed: int = 0,
) -> dict[float, float]:
    """The mean W2 to the held-out snapshots for each volatility: the smallest is the one to take.

    The divergence cannot choose among volatilities, since path laws of different ones are singular to each other.

    Raises:
        ValueError: nothing is held out, or no volatilities.

    Example:
        >>> scores = held_out_scores(method, data, family, [0.05, 0.1, 0.2])                 # doctest: +SKIP
        >>> min(scores, key=scores.get)                                                      # doctest: +SKIP
        0.1
    """
    if not data.held_out or not volatilities:
        raise ValueError(
            "needs volatilities, and snapshots that are held out, as in SnapshotData(..., held_out=(1, 3))"
        )
    count, scores = sum(len(cloud) for cloud in data.training.samples), {}
    for volatility in volatilities:
        law = method.fit(data, family, volatility, seed=seed).law
        trajectories = law.sample_trajectories(count, torch.Generator().manual_seed(seed))
        scores[volatility] = distances(interpolated(trajectories, data.validation), data.validation)["W2"]
    return scores
