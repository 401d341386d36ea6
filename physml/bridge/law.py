"""The law of paths that a bridge gives: trajectories, marginals, a drift, forecasts."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.bridge.reference import Reference
from physml.numerics.euler_maruyama import simulate
from physml.problem import SnapshotData


@dataclass(frozen=True)
class Trajectories:
    """Paths on common times.

    Args:
        times: shape (T,), increasing; those of the snapshots are among them.
        states: shape (T, n, d).
        rate: the covariance rate of the noise, shape (d, d).
    """

    times: Tensor
    states: Tensor
    rate: Tensor

    def at(self, time: float, generator: torch.Generator | None = None) -> Tensor:
        """The states at any time between the first and the last; shape (n, d).

        Between two times of the grid, a Brownian bridge joins the states.

        Raises:
            ValueError: a time outside.
        """
        first, last = float(self.times[0]), float(self.times[-1])
        if not first <= time <= last:
            raise ValueError(f"time {time:g} is outside [{first:g}, {last:g}]; use forecast() for what comes after")
        k = min(max(int(torch.searchsorted(self.times, time, right=True)) - 1, 0), len(self.times) - 2)
        h = float(self.times[k + 1] - self.times[k])
        s = (time - float(self.times[k])) / h
        between = (1 - s) * self.states[k] + s * self.states[k + 1]
        if s in (0.0, 1.0):
            return between
        generator = generator or torch.Generator().manual_seed(0)
        noise = torch.randn(between.shape, generator=generator, dtype=between.dtype).to(between.device)
        return between + (h * s * (1 - s)) ** 0.5 * noise @ torch.linalg.cholesky(self.rate).T


class PathLaw(abc.ABC):
    """A law of paths through snapshots, closest to a reference process.

    Args:
        data: the snapshots, all of which it goes through.
        reference: the process.
    """

    value_noise = 1e-3  # how far a value may be off, relative to its size or one

    def __init__(self, data: SnapshotData, reference: Reference) -> None:
        self.data, self.reference = data, reference

    @property
    def value(self) -> float | None:
        """The divergence from the reference up to a constant that no parameter changes, where it is known."""
        return None

    @property
    @abc.abstractmethod
    def progress(self) -> dict[str, float]:
        """Numbers by name that tell how good the law is."""

    @abc.abstractmethod
    def sample_trajectories(self, count: int, generator: torch.Generator | None = None) -> Trajectories:
        """Draw whole trajectories."""

    @abc.abstractmethod
    def forward_drift(self, x: Tensor, t: float) -> Tensor:
        """The drift of the process whose law this is, at states of shape (n, d) and a time before the last; (n, d)."""

    @abc.abstractmethod
    def maximize(self, count: int, generator: torch.Generator) -> Tensor:
        """The M-step: the parameters of the family under which this law is most likely, from so many trajectories."""

    def interval(self, t: float) -> tuple[int, float]:
        """The interval that a time is in, and when it begins.

        Raises:
            ValueError: a time before the first or after the last snapshot.
        """
        times = self.data.times
        if not times[0] <= t <= times[-1]:
            raise ValueError(
                f"time {t:g} is outside [{times[0]:g}, {times[-1]:g}]; use forecast() for what comes after"
            )
        i = max(i for i, begin in enumerate(times[:-1]) if begin <= t)
        return i, times[i]

    def marginal(self, time: float, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws of the state at a time between the first and the last snapshot; shape (count, d).

        Raises:
            ValueError: a time outside.
        """
        generator = generator or torch.Generator().manual_seed(0)
        return self.sample_trajectories(count, generator).at(time, generator)

    def forecast(
        self, times: Sequence[float], count: int, generator: torch.Generator | None = None, *, step: float = 0.02
    ) -> Tensor:
        """Simulate the reference process on from the last snapshot.

        Args:
            times: increasing, after the last snapshot.
            count: of draws; they start from points of the last snapshot.
            generator: of the draws.
            step: of the Euler-Maruyama scheme.

        Returns:
            States of shape (times, count, d).

        Raises:
            ValueError: a time that is not after the last snapshot.
        """
        last, generator = self.data.times[-1], generator or torch.Generator().manual_seed(0)
        if not times or times[0] <= last:
            raise ValueError(f"a forecast is for times after the last snapshot at {last:g}, given {list(times)}")
        cloud = self.data.samples[-1]
        start = cloud[torch.randint(len(cloud), (count,), generator=generator)]
        drift, rate = self.reference.drift, self.reference.rate
        return simulate(drift, start, times, rate, step=step, begin=last, generator=generator)
