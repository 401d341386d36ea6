"""Snapshots of a population: unpaired samples at several times."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class SnapshotData:
    """Clouds of points at increasing times; nothing says which point of one cloud became which of the next.

    Args:
        times: when the snapshots were taken, strictly increasing.
        samples: a cloud for each time, arrays or tensors of shape (n_i, d); kept as float64 tensors.
        held_out: indices of snapshots that are kept for validation; neither the first nor the last one.
        paired: row j is the same individual in all snapshots; methods do not use it, comparisons may.
        moments: mean (d,) and covariance (d, d) of each population; those of the points by default.

    Raises:
        ValueError: times that do not increase, other numbers of times and samples, fewer than two snapshots to learn
            from, a cloud that is not two-dimensional, of another dimension, of fewer than two points, or not finite.

    Example:
        >>> data = SnapshotData([0.0, 1.0, 2.0], [torch.zeros(5, 2), torch.ones(4, 2), torch.ones(6, 2)], held_out=(1,))
        >>> data.training.times
        (0.0, 2.0)
    """

    times: tuple[float, ...]
    samples: tuple[Tensor, ...]
    held_out: tuple[int, ...] = ()
    paired: bool = False
    moments: tuple[tuple[Tensor, Tensor], ...] = ()

    def __init__(
        self,
        times: Sequence[float],
        samples: Sequence[Any],
        held_out: Sequence[int] = (),
        paired: bool = False,
        moments: Sequence[tuple[Tensor, Tensor]] | None = None,
    ) -> None:
        given = tuple(float(time) for time in times)
        clouds = tuple(torch.as_tensor(cloud).to(torch.float64) for cloud in samples)
        _check_times(given, clouds)
        _check_clouds(clouds)
        held = tuple(int(index) % len(given) if -len(given) <= index < len(given) else -1 for index in held_out)
        if any(index in (-1, 0, len(given) - 1) for index in held) or len(set(held)) < len(held):
            raise ValueError(
                f"held_out is {list(held_out)}; expected distinct snapshots between the first (0) and the last "
                f"({len(given) - 1}), which interpolation needs"
            )
        if paired and len({len(cloud) for cloud in clouds}) > 1:
            raise ValueError(f"paired snapshots have as many rows each; given {[len(cloud) for cloud in clouds]}")
        if moments is None:
            moments = [(cloud.mean(0), torch.atleast_2d(cloud.T.cov())) for cloud in clouds]
        held_out, moments = tuple(sorted(held)), tuple(moments)
        kept = {"times": given, "samples": clouds, "held_out": held_out, "paired": paired, "moments": moments}
        for name, value in kept.items():
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        return self.samples[0].shape[1]

    @property
    def training(self) -> SnapshotData:
        """The snapshots to learn from."""
        return self._chosen([i for i in range(len(self.times)) if i not in self.held_out])

    @property
    def validation(self) -> list[tuple[float, Tensor]]:
        """The times and clouds that are held out."""
        return [(self.times[i], self.samples[i]) for i in self.held_out]

    def _chosen(self, indices: Sequence[int]) -> SnapshotData:
        samples, moments = [self.samples[i] for i in indices], [self.moments[i] for i in indices]
        return SnapshotData([self.times[i] for i in indices], samples, paired=self.paired, moments=moments)

    def to(self, device: torch.device | str) -> SnapshotData:
        """The same snapshots on a device."""
        moments = [(mean.to(device), covariance.to(device)) for mean, covariance in self.moments]
        samples = [cloud.to(device) for cloud in self.samples]
        return SnapshotData(self.times, samples, self.held_out, self.paired, moments)

    def __repr__(self) -> str:
        counts = ", ".join(str(len(cloud)) for cloud in self.samples)
        span = f"{len(self.times)} times from {self.times[0]:g} to {self.times[-1]:g}"
        return f"SnapshotData({span}, {counts} points in {self.dimension}-D)"


def _check_times(times: tuple[float, ...], clouds: tuple[Tensor, ...]) -> None:
    if len(times) != len(clouds):
        raise ValueError(f"{len(times)} times and {len(clouds)} snapshots; expected one time for each snapshot")
    if len(times) < 2:
        raise ValueError(f"{len(times)} snapshot given; paths need two at least, and parameters of a family three")
    for i, (before, after) in enumerate(itertools.pairwise(times)):
        if not (before < after and np.isfinite([before, after]).all()):
            raise ValueError(
                f"times[{i + 1}] = {after:g} does not come after times[{i}] = {before:g}; sort the snapshots by time"
            )


def _check_clouds(clouds: tuple[Tensor, ...]) -> None:
    first = clouds[0]
    for i, cloud in enumerate(clouds):
        if cloud.ndim != 2 or cloud.shape[1] == 0:
            raise ValueError(f"samples[{i}] has shape {tuple(cloud.shape)}; expected (points, dimension)")
        if cloud.shape[1] != first.shape[1]:
            raise ValueError(f"samples[{i}] is {cloud.shape[1]}-dimensional, samples[0] {first.shape[1]}-dimensional")
        if len(cloud) < 2:
            raise ValueError(f"samples[{i}] has {len(cloud)} point; a population needs two at least")
        bad = (~torch.isfinite(cloud)).any(1).nonzero().flatten().tolist()
        if bad:
            more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
            raise ValueError(f"samples[{i}] is not finite in rows {bad[:5]}{more}; drop or repair them")
    for i, (one, other) in enumerate(itertools.pairwise(clouds)):
        if one.shape == other.shape and torch.equal(one, other):
            warnings.warn(f"samples[{i}] and samples[{i + 1}] are the same points; is one a copy?", stacklevel=4)
