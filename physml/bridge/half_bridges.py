"""The two halves of a bridge between adjacent snapshots: a forward drift and a backward drift, fitted in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.bridge.regressors import Drift, Regressor
from physml.numerics.euler_maruyama import simulate
from physml.numerics.transport import emd

_POINTS = 500  # of each cloud that W2 is measured on; exact transport takes their number cubed in time
_NOTABLE = 0.9  # of the kept round's miss; one above is no better, since W2 of samples fluctuates


@dataclass(frozen=True)
class HalfBridges:
    """Drifts between two clouds, of the first round after which paths came no nearer to the second one, but by chance.

    Args:
        grid: shape (n + 1,), the times of the steps.
        forward, backward: drifts of the process in its own sense of time; t is the time in both.
        end_errors: W2 of the end of the forward paths to the second cloud, in each round.
        best: index of the round whose drifts these are.
        spacing: W2 of the two clouds.
        resolution: W2 of two halves of the second cloud; errors below it say little.
    """

    grid: Tensor
    forward: Drift
    backward: Drift
    end_errors: list[float]
    best: int
    spacing: float
    resolution: float

    @property
    def end_error(self) -> float:
        """That of the round whose drifts these are."""
        return self.end_errors[self.best]

    def reaches(self, threshold: float) -> bool:
        """Whether the paths miss the second cloud by no more than a share of its distance, as far as can be told."""
        return self.end_error <= max(threshold * self.spacing, self.resolution)


def fit_half_bridges(
    reference: Drift,
    start: Tensor,
    end: Tensor,
    grid: Tensor,
    rate: Tensor,
    regressor: Regressor,
    *,
    rounds: int,
    patience: int,
    generator: torch.Generator,
) -> HalfBridges:
    """Iterate from the paths of a reference (vargas2021solving).

    Args:
        reference: the drift that the first paths have.
        start, end: shapes (N, d) and (M, d), the clouds.
        grid: shape (n + 1,), evenly spaced times.
        rate: the covariance rate of the noise, shape (d, d).
        regressor: of the drifts; what it leaves open is chosen for these clouds.
        rounds: at most so many fits of both drifts.
        patience: so many rounds without a smaller miss are the last ones.
        generator: of the noise.

    Raises:
        ArithmeticError: paths of the first round that are not finite.
    """
    few = _few(end, generator)
    spacing, resolution = emd(_few(start, generator), few), emd(few[::2], few[1::2])
    duration = float(grid[-1] - grid[0])
    # Between clouds at one place, the noise alone says how far paths go.
    regressor = regressor.scaled(math.hypot(spacing, math.sqrt(duration * float(rate.trace()))), duration)

    backward = _fit_backward(regressor, forward_paths(reference, start, grid, rate, generator), grid, rate)
    kept, best, errors = (reference, backward), 0, []
    while len(errors) < rounds and (not errors or min(errors) in errors[-patience:]):
        try:
            forward = _fit_forward(regressor, backward_paths(backward, end, grid, rate, generator), grid, rate)
            paths = forward_paths(forward, start, grid, rate, generator)
            backward = _fit_backward(regressor, paths, grid, rate)
        except ArithmeticError:
            if not errors:
                raise
            break  # errors add up over the rounds; those before were better
        errors.append(emd(_few(paths[-1], generator), few))
        if len(errors) == 1 or errors[-1] < _NOTABLE * errors[best]:
            best, kept = len(errors) - 1, (forward, backward)
    return HalfBridges(grid, *kept, errors, best, spacing, resolution)


def forward_paths(drift: Drift, start: Tensor, grid: Tensor, rate: Tensor, generator: torch.Generator) -> Tensor:
    """Paths from states of shape (B, d) at the first time of a grid; shape (n + 1, B, d)."""
    step = 2 * float(grid[1] - grid[0])  # longer than those of the grid for sure, so that there are no others
    return _bounded(simulate(drift, start, grid.tolist(), rate, step=step, generator=generator))


def backward_paths(drift: Drift, end: Tensor, grid: Tensor, rate: Tensor, generator: torch.Generator) -> Tensor:
    """Paths of a backward drift from states at the last time, in the order of the grid; shape (n + 1, B, d)."""
    step, remaining = 2 * float(grid[1] - grid[0]), grid.neg().flip(0).tolist()  # a simulation needs increasing times
    paths = simulate(lambda x, t: drift(x, -t), end, remaining, rate, step=step, generator=generator)
    return _bounded(paths.flip(0))


def _fit_forward(regressor: Regressor, paths: Tensor, grid: Tensor, rate: Tensor) -> Drift:
    h = grid[1] - grid[0]
    return regressor.fit(grid[:-1], paths[:-1], paths.diff(dim=0) / h, rate / h)


def _fit_backward(regressor: Regressor, paths: Tensor, grid: Tensor, rate: Tensor) -> Drift:
    """From the steps in the opposite sense, each at the time where it begins: the later one."""
    h = grid[1] - grid[0]
    return regressor.fit(grid[1:], paths[1:], -paths.diff(dim=0) / h, rate / h)


def _few(cloud: Tensor, generator: torch.Generator) -> Tensor:
    """The points in an order by chance, without the last ones where they are many."""
    return cloud[torch.randperm(len(cloud), generator=generator)[:_POINTS].to(cloud.device)]


def _bounded(paths: Tensor) -> Tensor:
    if not bool(torch.isfinite(paths).all()):
        raise ArithmeticError(
            "paths of a half-bridge left every bound: the step is too long for the drift, of the reference or "
            "regressed; take a shorter one, below 1 / |J| for a reference of Jacobian J"
        )
    return paths
