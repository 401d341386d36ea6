"""Iterative reference refinement: bridge, fit the reference to it, bridge again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from physml.bridge.gaussian_law import GaussianBridge
from physml.bridge.ipml import IPML
from physml.bridge.process import RefinementProcess
from physml.bridge.refined import RefinedBridge
from physml.bridge.solvers import LinearizedBridge, StaticBridge
from physml.dynamics import DriftFamily
from physml.problem import SnapshotData, Snapshots
from physml.train import Tracker, train


@dataclass(frozen=True)
class IterativeReferenceRefinement:
    r"""Alternate between the bridge under a reference and the member of the family closest to the bridge.

    .. math:: q^m = \arg\min_{q \in D} KL(q \| p_{\theta^{m-1}}), \qquad \theta^m = \arg\min_\theta KL(q^m \| p_\theta),

    where D are the path laws with the snapshots as marginals (shen2025multimarginal). The first
    reference is Brownian motion. The divergence never rises; Anderson acceleration proposes further steps, which are
    taken back where it rises.

    Args:
        solver: of the bridge.
        iterations: at most so many; 0 keeps Brownian motion, an ordinary multi-marginal bridge.
        tolerance: the largest change of the parameters, relative to their size, at which it has settled.
        paths_per_point: trajectories that each fit takes, for each point of the first snapshot.
        memory: of Anderson acceleration; 0 for the plain iteration.

    Example:
        >>> import math
        >>> from physml.dynamics import AffineDrift
        >>> generator = torch.Generator().manual_seed(0)
        >>> clouds = [2 * 0.5**t + 0.1 * torch.randn(100, 1, generator=generator) for t in range(4)]
        >>> found = IterativeReferenceRefinement().fit(SnapshotData(range(4), clouds), AffineDrift(1), 0.1)
        >>> abs(found.parameters["A11"] - math.log(0.5)) < 0.05
        True
    """

    solver: LinearizedBridge | StaticBridge | GaussianBridge | IPML = LinearizedBridge()
    iterations: int = 15
    tolerance: float = 1e-3
    paths_per_point: int = 10
    memory: int = 3

    solves: ClassVar = Snapshots
    citations: ClassVar = ("shen2025multimarginal",)

    def __post_init__(self) -> None:
        if self.iterations < 0 or self.paths_per_point < 1 or self.memory < 0 or not self.tolerance > 0:
            raise ValueError(
                f"expected iterations >= 0, paths_per_point >= 1, memory >= 0 and tolerance > 0; given "
                f"{self.iterations}, {self.paths_per_point}, {self.memory}, {self.tolerance}"
            )

    def start(self, problem: Snapshots, *, seed: int, device: torch.device, dtype: torch.dtype) -> RefinementProcess:
        """The process that :func:`physml.solve` steps: one iteration a step.

        Raises:
            ValueError: another precision than float64, which the log domain needs.
        """
        if dtype != torch.float64:
            raise ValueError(f"bridges are computed in float64, given {dtype}; leave dtype out")
        return RefinementProcess(problem, self, seed, device)

    def fit(
        self,
        data: SnapshotData,
        family: DriftFamily,
        volatility: float | Sequence[float] | Tensor,
        *,
        seed: int = 0,
        tracker: Tracker | None = None,
    ) -> RefinedBridge:
        """Refine for snapshots of one's own.

        Args:
            data: the snapshots; held-out ones are only watched.
            family: of drifts.
            volatility: sigma, a number, one for each state, or a matrix of shape (d, d).
            seed: of all draws.
            tracker: what shows the progress, such as :func:`physml.train.default_tracker`; nothing by default.

        Raises:
            ProblemError: data, family and volatility do not fit together.
            ValueError: two snapshots only, which determine no parameters.
        """
        problem = Snapshots(
            name="snapshots",
            title="Snapshots",
            equation=r"dX = b_\theta(X, t)\,dt + \sigma\,dW",
            states=tuple(f"x{i}" for i in range(1, data.dimension + 1)),
            family=family,
            snapshots=lambda p, seed: data,
            sigma=lambda p: volatility,
        )
        problem.check()
        process = self.start(problem, seed=seed, device=data.samples[0].device, dtype=torch.float64)
        outcome = train(process, tracker=tracker)
        return RefinedBridge(process.law(), outcome.history, outcome.reason)
