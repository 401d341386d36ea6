"""The bridge through Gaussian snapshots, in closed form."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.bridge.coupled import Potentials
from physml.bridge.gaussian import GaussianSchrodingerBridge
from physml.bridge.gaussian_refinement import refit
from physml.bridge.law import PathLaw, Trajectories
from physml.bridge.reference import Reference
from physml.problem import SnapshotData


class GaussianLaw(PathLaw):
    """Bridges between adjacent Gaussians, glued as a Markov chain.

    Args:
        data: the snapshots, whose moments are bridged.
        reference: an affine one.
        steps: of the trajectories in each interval.
    """

    value_noise = 1e-12

    def __init__(self, data: SnapshotData, reference: Reference, steps: int) -> None:
        super().__init__(data, reference)
        assert reference.affine is not None
        A, c = reference.affine
        self.steps = steps
        self.bridges = [
            GaussianSchrodingerBridge(m0, S0, m1, S1, Q=reference.rate, A=A, c=c, T=end - begin)
            for ((m0, S0), (m1, S1)), (begin, end) in zip(
                itertools.pairwise(data.moments), itertools.pairwise(data.times), strict=True
            )
        ]

    @property
    def value(self) -> float:
        """The Kullback-Leibler divergence from the reference."""
        return float(sum(bridge.kl() for bridge in self.bridges))

    @property
    def progress(self) -> dict[str, float]:
        return {"KL": self.value}

    def moments(self, time: float) -> tuple[Tensor, Tensor]:
        """Mean and covariance at a time between the first and the last snapshot."""
        i, begin = self.interval(time)
        return self.bridges[i].marginal(time - begin)

    def sample_trajectories(self, count: int, generator: torch.Generator | None = None) -> Trajectories:
        times, pieces, start = [], [], None
        for bridge, begin in zip(self.bridges, self.data.times, strict=False):
            grid = torch.linspace(0, bridge.T, self.steps + 1, dtype=torch.float64)
            states = _continued(bridge, grid, start, count, generator)
            start = states[-1]
            times.append(begin + grid[:-1])
            pieces.append(states[:-1])
        assert start is not None
        times.append(torch.tensor(self.data.times[-1:], dtype=torch.float64))
        return Trajectories(torch.cat(times), torch.cat([*pieces, start[None]]), self.reference.rate)

    def forward_drift(self, x: Tensor, t: float) -> Tensor:
        i, begin = self.interval(t)
        return self.bridges[i].drift(x, t - begin)

    def maximize(self, count: int, generator: torch.Generator) -> Tensor:
        theta, _ = refit(self.bridges, self.reference.rate)
        return torch.cat([theta[:, :-1].flatten(), theta[:, -1]])


def _continued(
    bridge: GaussianSchrodingerBridge, grid: Tensor, start: Tensor | None, count: int, generator: torch.Generator | None
) -> Tensor:
    """Paths of a bridge from given states, or from draws of its first marginal; shape (times, count, d)."""
    if start is None:
        return bridge.sample_paths(count, grid, generator).transpose(0, 1)
    states = [start]
    for begin, end in itertools.pairwise(grid):
        step = bridge.transition(begin, end)
        noise = torch.randn(start.shape, generator=generator, dtype=torch.float64).to(start)
        states.append(step.mean(states[-1]) + noise @ step.factor().mT)
    return torch.stack(states)


@dataclass(frozen=True)
class GaussianBridge:
    """Closed forms between Gaussians with the moments of the snapshots, under an affine reference.

    Args:
        steps: of the trajectories in each interval.
    """

    steps: int = 20

    def bridge(
        self,
        reference: Reference,
        data: SnapshotData,
        generator: torch.Generator,
        start: Potentials | None = None,
    ) -> GaussianLaw:
        """The bridge.

        Raises:
            ValueError: a reference whose drift is not affine.
        """
        if reference.affine is None:
            raise ValueError(
                f"GaussianBridge needs an affine drift, under which Gaussians stay Gaussian; "
                f"{type(reference.family).__name__} is not: use LinearizedBridge"
            )
        return GaussianLaw(data, reference, self.steps)
