"""Iterative reference refinement: bridge, fit the reference to it, bridge again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from physml.bridge.gaussian_law import GaussianBridge
from physml.bridge.ipml import IPML
from physml.bridge.process import RefinementProcess
from physml.bridge.solvers import LinearizedBridge, StaticBridge
from physml.problem import Snapshots


@dataclass(frozen=True)
class IterativeReferenceRefinement:
    r"""Alternate between the bridge under a reference and the member of the family closest to the bridge.

    .. math:: q^m = \arg\min_{q \in D} KL(q \| p_{\theta^{m-1}}), \qquad \theta^m = \arg\min_\theta KL(q^m \| p_\theta),

    where D are the path laws with the snapshots as marginals (shen2025multimarginal, sections 3 and 4). The first
    reference is Brownian motion. The divergence never rises; Anderson acceleration proposes further steps, which are
    taken back where it rises.

    Args:
        solver: of the bridge.
        iterations: at most so many; 0 keeps Brownian motion, an ordinary multi-marginal bridge.
        tolerance: the largest change of the parameters, relative to their size, at which it has settled.
        paths_per_point: trajectories that each fit takes, for each point of the first snapshot.
        memory: of Anderson acceleration; 0 for the plain iteration.

    Example:
        >>> from physml.dynamics import AffineDrift
        >>> from physml.bridge import fit
        >>> clouds = [2 * 0.5**t + 0.1 * torch.randn(100, 1) for t in range(4)]
        >>> law = fit(SnapshotData([0.0, 1.0, 2.0, 3.0], clouds), AffineDrift(1), 0.1)      # doctest: +SKIP
        >>> law.reference.family.named(law.reference.theta)                                 # doctest: +SKIP
        {'A11': -0.69, 'c1': 0.01}
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
