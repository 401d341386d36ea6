"""How the bridge under a reference process is found: exactly for affine drifts, by linearisation for any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch

from physml.bridge.coupled import CoupledBridge, Potentials
from physml.bridge.law import PathLaw
from physml.bridge.pair_models import AffinePairs, LinearizedPairs
from physml.bridge.reference import Reference
from physml.problem import SnapshotData


@runtime_checkable
class BridgeSolver(Protocol):
    """Settings that find the law of paths through snapshots closest to a reference."""

    def bridge(
        self,
        reference: Reference,
        data: SnapshotData,
        generator: torch.Generator,
        start: Potentials | None = None,
    ) -> PathLaw: ...


@dataclass(frozen=True)
class StaticBridge:
    """Exact transitions of an affine reference (Brownian motion among them) and entropic transport.

    Args:
        steps: of the paths in each interval.
        tolerance: of the L1 marginal error of each plan.

    Example:
        >>> from physml.dynamics import AffineDrift
        >>> eye, clouds = torch.eye(1, dtype=torch.float64), [torch.randn(50, 1), torch.randn(50, 1) + 1]
        >>> law = StaticBridge().bridge(
        ...     Reference(AffineDrift(1), None, eye), SnapshotData([0.0, 1.0], clouds), torch.Generator()
        ... )
        >>> law.marginal(0.5, 1000).mean().round(decimals=0).abs()
        tensor(1., dtype=torch.float64)
    """

    steps: int = 20
    tolerance: float = 1e-8

    def bridge(
        self,
        reference: Reference,
        data: SnapshotData,
        generator: torch.Generator,
        start: Potentials | None = None,
    ) -> CoupledBridge:
        """The bridge.

        Raises:
            ValueError: a reference whose drift is not affine.
        """
        if reference.affine is None:
            raise ValueError(
                f"StaticBridge needs an affine drift, whose transitions are known; {type(reference.family).__name__} "
                "is not: use LinearizedBridge"
            )
        model = AffinePairs(reference, self.steps)
        return CoupledBridge(data, model, tolerance=self.tolerance, start=start)


@dataclass(frozen=True)
class LinearizedBridge:
    """Linearisation about the most probable paths, with importance weights; exact for affine references.

    Args:
        steps: of the paths in each interval.
        coarse_steps: of the linearisations that the densities of all pairs are taken from.
        iterations: of Gauss-Newton for each pair.
        samples: 1 takes the linearised process as it is, which is enough where the noise is small. More correct the
            densities of the pairs that matter by the mean weight of so many paths, and draw each bridge among them.
        tolerance: of the L1 marginal error of each plan.
    """

    steps: int = 20
    coarse_steps: int = 10
    iterations: int = 8
    samples: int = 1
    tolerance: float = 1e-8

    def bridge(
        self,
        reference: Reference,
        data: SnapshotData,
        generator: torch.Generator,
        start: Potentials | None = None,
    ) -> CoupledBridge:
        """The bridge."""
        if reference.affine is not None:
            return StaticBridge(self.steps, self.tolerance).bridge(reference, data, generator, start)
        model = LinearizedPairs(reference, self.steps, self.coarse_steps, self.iterations, self.samples)
        return CoupledBridge(data, model, tolerance=self.tolerance, start=start, generator=generator)
