r"""Bridges by iterated regression of drifts: IPML (vargas2021solving), the solver of shen2025multimarginal.

In each interval, paths from the first cloud are reversed in time, and a regression on their steps gives a backward
drift; its paths from the second cloud, reversed, give a forward drift; and so on. Each of the two is half a bridge: it
starts in one cloud exactly, and ends near the other. The reference only has to be simulated.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from physml.bridge.half_bridges import HalfBridges, backward_paths, fit_half_bridges, forward_paths
from physml.bridge.law import PathLaw, Trajectories
from physml.bridge.reference import Reference
from physml.bridge.regressors import AffineRegression, FourierRegression, GaussianProcess
from physml.dynamics import Increments
from physml.numerics.convergence import ConvergenceWarning
from physml.problem import SnapshotData


class IPMLBridge(PathLaw):
    """A bridge through snapshots as forward and backward drifts between adjacent ones.

    Its trajectories go through a point of one snapshot each, and near those of the others.

    Args:
        data: the snapshots.
        reference: the process.
        intervals: the half-bridges between adjacent snapshots.
    """

    def __init__(self, data: SnapshotData, reference: Reference, intervals: Sequence[HalfBridges]) -> None:
        super().__init__(data, reference)
        self.intervals = tuple(intervals)

    @property
    def end_errors(self) -> list[list[float]]:
        """W2 of the end of the forward paths to the next snapshot, for each interval and round."""
        return [interval.end_errors for interval in self.intervals]

    @property
    def progress(self) -> dict[str, float]:
        """The largest W2 by which paths miss the next snapshot."""
        return {"end error": max(half.end_error for half in self.intervals)}

    def sample_trajectories(self, count: int, generator: torch.Generator | None = None) -> Trajectories:
        """Particles of all snapshots, evenly often, taken on to the last one and back to the first one; in any order.

        Raises:
            ValueError: a count below 1.
            ArithmeticError: paths that are not finite.
        """
        if count < 1:
            raise ValueError(f"{count} trajectories asked for; expected 1 at least")
        generator = generator or torch.Generator().manual_seed(0)
        starts, rate = self._starts(count, generator), self.reference.rate
        grids = [interval.grid for interval in self.intervals]
        edges = list(itertools.accumulate((len(grid) - 1 for grid in grids), initial=0))
        states = torch.cat(starts).repeat(edges[-1] + 1, 1, 1)  # all but the times of the starts are written below
        known = itertools.accumulate(len(cloud) for cloud in starts[:-1])  # trajectories that start before an interval
        spans = list(zip(self.intervals, itertools.pairwise(edges), known, strict=True))
        for half, (begin, end), here in spans:
            paths = forward_paths(half.forward, states[begin, :here], half.grid, rate, generator)
            states[begin + 1 : end + 1, :here] = paths[1:]
        for half, (begin, end), here in reversed(spans):
            paths = backward_paths(half.backward, states[end, here:], half.grid, rate, generator)
            states[begin:end, here:] = paths[:-1]
        order = torch.randperm(count, generator=generator).to(states.device)
        return Trajectories(torch.cat([grids[0][:1], *(grid[1:] for grid in grids)]), states[:, order], rate)

    def _starts(self, count: int, generator: torch.Generator) -> list[Tensor]:
        """Particles of each snapshot: all of them evenly often, by chance where the count does not divide."""
        sizes = [len(cloud) for cloud in self.data.samples]
        order = torch.randperm(sum(sizes), generator=generator)
        often = torch.bincount(order[torch.arange(count) % sum(sizes)], minlength=sum(sizes))
        repeats = zip(self.data.samples, often.split(sizes), strict=True)
        return [cloud.repeat_interleave(times.to(cloud.device), 0) for cloud, times in repeats]

    def maximize(self, count: int, generator: torch.Generator) -> Tensor:
        trajectories = self.sample_trajectories(count, generator)
        states, edges = trajectories.states, trajectories.times[:, None].expand(-1, count)
        steps = edges.diff(dim=0)
        increments = Increments(
            states=states[:-1].flatten(0, 1),
            times=edges[:-1].flatten(),
            velocities=(states.diff(dim=0) / steps[..., None]).flatten(0, 1),
            precision=torch.linalg.inv(self.reference.rate),
            weights=steps.flatten(),
        )
        return self.reference.family.fit(increments, self.reference.theta)

    def forward_drift(self, x: Tensor, t: float) -> Tensor:
        return self.intervals[self.interval(t)[0]].forward(x, t)


@dataclass(frozen=True)
class IPML:
    """Iterative proportional maximum likelihood: half-bridges by regression of drifts (vargas2021solving).

    It takes any reference that can be simulated. It is fragile where snapshots are far apart for the noise: see the
    settings of the regressor. The errors of the regressions add up over the rounds, so the last one is not the best.

    Args:
        regressor: of the drifts.
        rounds: at most so many fits of both drifts in each interval.
        step: the longest of the Euler-Maruyama scheme.
        threshold: the share of the distance from snapshot to snapshot by which paths may miss the next one.
        patience: an interval is done after so many rounds without a smaller miss.

    Raises:
        ValueError: settings that are not positive.

    Example:
        >>> from physml.dynamics import AffineDrift
        >>> draw = torch.Generator().manual_seed(0)
        >>> clouds = [mean + torch.randn(200, 1, generator=draw, dtype=torch.float64) for mean in (0.0, 2.0)]
        >>> brownian = Reference(AffineDrift(1), None, torch.eye(1, dtype=torch.float64))
        >>> bridge = IPML(rounds=2).bridge(brownian, SnapshotData([0.0, 1.0], clouds), draw)
        >>> abs(float(bridge.marginal(0.5, 400, draw).mean()) - 1.0) < 0.2
        True
    """

    regressor: GaussianProcess | FourierRegression | AffineRegression = field(default_factory=GaussianProcess)
    rounds: int = 10
    step: float = 0.05
    threshold: float = 0.2
    patience: int = 3

    def __post_init__(self) -> None:
        for name in ("rounds", "step", "threshold", "patience"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{name} is {value}; expected a positive number")

    def bridge(
        self,
        reference: Reference,
        data: SnapshotData,
        generator: torch.Generator | None = None,
        start: object = None,
    ) -> IPMLBridge:
        """The bridge of a reference process through all snapshots.

        Args:
            reference: the process.
            data: the snapshots.
            generator: of the noise of the paths, on the CPU.
            start: potentials of plans, of which this solver makes no use.

        Warns:
            ConvergenceWarning: paths do not reach the next snapshot.

        Raises:
            ValueError: a noise of another dimension than the data, or a step longer than an interval.
            ArithmeticError: paths that are not finite.
        """
        self._check(reference, data)
        generator = generator or torch.Generator().manual_seed(0)
        intervals = []
        for i in range(len(data.times) - 1):
            found = self._interval(reference, data, i, generator)
            intervals.append(found)
            if not found.reaches(self.threshold):
                warnings.warn(
                    f"bridge did not reach snapshot {i + 1}: its paths end at a distance W2 = {found.end_error:.3g} "
                    f"from it, while snapshots {i} and {i + 1} are {found.spacing:.3g} apart. A larger length or "
                    "amplitude of the regressor may help, or a smaller step, more rounds, or the linearised solver",
                    ConvergenceWarning,
                    stacklevel=2,
                )
        return IPMLBridge(data, reference, intervals)

    def _interval(self, reference: Reference, data: SnapshotData, i: int, generator: torch.Generator) -> HalfBridges:
        begin, end = data.times[i], data.times[i + 1]
        steps = math.ceil((end - begin) / self.step - 1e-9)
        grid = torch.linspace(begin, end, steps + 1, dtype=torch.float64).to(data.samples[i])
        return fit_half_bridges(
            reference.drift,
            data.samples[i],
            data.samples[i + 1],
            grid,
            reference.rate,
            self.regressor,
            rounds=self.rounds,
            patience=self.patience,
            generator=generator,
        )

    def _check(self, reference: Reference, data: SnapshotData) -> None:
        if reference.rate.shape != (data.dimension, data.dimension):
            raise ValueError(
                f"the noise of the reference has a covariance of shape {tuple(reference.rate.shape)}; the snapshots "
                f"are {data.dimension}-dimensional"
            )
        spans = [end - begin for begin, end in itertools.pairwise(data.times)]
        if self.step > min(spans) * (1 + 1e-9):
            raise ValueError(
                f"a step of {self.step:g} is longer than the {min(spans):g} from snapshot {spans.index(min(spans))} "
                f"to the next; take {min(spans) / 20:.2g}"
            )
