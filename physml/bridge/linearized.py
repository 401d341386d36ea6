r"""Transition densities and bridges of a nonlinear process, by linearisation about the most probable path.

In steps of length h the process is modelled by :math:`x_{k+1} = \psi(x_k) + \eta_k`, where :math:`\psi` follows the
drift by one step of the classical Runge-Kutta method and :math:`\eta_k \sim N(0, R_k)` has the covariance of noise that
the drift carries along, :math:`R = (Q + F Q F^T) h / 2`. About a path :math:`\bar x` the map becomes
:math:`F_k = D\psi(\bar x_k)`, :math:`c_k = \psi(\bar x_k) - F_k \bar x_k`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.bridge.gaussian_paths import GaussianPaths, apply, gaussian_paths, step_times
from physml.bridge.reference import Reference
from physml.dynamics.family import value_and_jacobian


@dataclass(frozen=True)
class LinearizedPaths:
    """Gaussian bridges of a process linearised about a path, and what corrects them.

    Args:
        reference: the process.
        begin, duration: shape (B,), of each bridge.
        gaussian: the bridges of the linearised process.
        change: shape (B,), how far the last linearisation moved the path, relative to the size of the bridge.
    """

    reference: Reference
    begin: Tensor
    duration: Tensor
    gaussian: GaussianPaths
    change: Tensor

    def sample(self, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """One path for each pair, and the logarithm of its importance weight.

        Returns:
            Paths of shape (n + 1, B, d) and log weights of shape (B,): the mean of ``exp(log_density + log_weight)`` is
            the transition density of the model in steps, and weighted paths are its bridges. For an affine drift, all
            weights are 1.
        """
        gaussian, paths = self.gaussian, self.gaussian.sample(generator)
        here, there = paths[:-1], paths[1:]
        model = there - flow(self.reference, here, self.begin, self.duration)
        linear = there - apply(gaussian.factors, here) - gaussian.offsets
        root = torch.linalg.cholesky(gaussian.noise)
        squares = [torch.linalg.solve_triangular(root, m[..., None], upper=False).square() for m in (model, linear)]
        return paths, (squares[1] - squares[0]).sum((0, -2, -1)) / 2

    def drifts(self, states: Tensor) -> Tensor:
        """The drift of the linearised bridges on paths of shape (n + 1, B, d), where each step begins; (n, B, d)."""
        middle, times = self.gaussian.mean[:-1], step_times(self.begin, self.duration, len(states) - 1)
        jacobian = self.reference.jacobian(middle, times)
        free = self.reference.drift(middle, times) + apply(jacobian, states[:-1] - middle)
        return free + self.gaussian.pulls(states) @ self.reference.rate


@dataclass(frozen=True)
class MostProbable:
    """The most probable bridges, as far as Gauss-Newton found them.

    Args:
        path: shape (n + 1, B, d).
        log_density: shape (B,), of the transitions of the process linearised about nearly that path.
        change: shape (B,), how far the last linearisation moved the path, relative to the size of the bridge.
    """

    path: Tensor
    log_density: Tensor
    change: Tensor


def most_probable(
    reference: Reference,
    start: Tensor,
    end: Tensor,
    begin: Tensor,
    duration: Tensor,
    steps: int,
    *,
    iterations: int = 8,
    tolerance: float = 1e-4,
) -> MostProbable:
    """Find the most probable bridges: Gauss-Newton from straight lines, damped where a path swings.

    Args:
        reference: the process.
        start, end: shape (B, d), the pairs.
        begin, duration: shape (B,), when the bridges begin and how long they take.
        steps: n, of each bridge.
        iterations: at most so many linearisations; one is enough for an affine drift.
        tolerance: of the largest move of a path, relative to the distance of its ends plus the spread of the noise;
            bridges that have settled are not linearised again.
    """
    fraction = torch.linspace(0, 1, steps + 1, dtype=start.dtype, device=start.device)[:, None, None]
    path = start + fraction * (end - start)
    size = (end - start).norm(dim=-1) + (reference.rate.diagonal().sum() * duration).sqrt()
    change, damping = torch.full_like(duration, math.inf), torch.ones_like(duration)
    log_density, active = torch.zeros_like(duration), torch.arange(len(start), device=start.device)
    for _ in range(iterations if reference.affine is None else 1):
        model = _linear_model(reference, path[:, active], start[active], end[active], begin[active], duration[active])
        move = model.mean - path[:, active]
        moved = move.abs().amax((0, -1)) / size[active]
        damping[active] = torch.where(moved > 2 * change[active], damping[active] / 2, damping[active])
        path[:, active] += damping[active, None] * move.nan_to_num(0.0, 0.0, 0.0)
        log_density[active], change[active] = model.log_density, moved
        active = active[~(moved <= tolerance)]
        if not len(active):
            break
    return MostProbable(path, log_density, change)


def linearize(
    reference: Reference,
    start: Tensor,
    end: Tensor,
    begin: Tensor,
    duration: Tensor,
    steps: int,
    *,
    iterations: int = 8,
    tolerance: float = 1e-4,
) -> LinearizedPaths:
    """Linearise about the most probable bridges; arguments as those of :func:`most_probable`."""
    ends = (start, end, begin, duration)
    found = most_probable(reference, *ends, steps, iterations=iterations, tolerance=tolerance)
    return LinearizedPaths(reference, begin, duration, _linear_model(reference, found.path, *ends), found.change)


def flow(reference: Reference, here: Tensor, begin: Tensor, duration: Tensor) -> Tensor:
    """Where the drift takes states of shape (n, B, d) within their steps, by a Runge-Kutta step of fourth order."""
    steps = len(here)
    t, h = step_times(begin, duration, steps), (duration / steps)[:, None]
    half = h[:, 0] / 2
    first = reference.drift(here, t)
    second = reference.drift(here + h / 2 * first, t + half)
    third = reference.drift(here + h / 2 * second, t + half)
    fourth = reference.drift(here + h * third, t + 2 * half)
    return here + h / 6 * (first + 2 * second + 2 * third + fourth)


def _linear_model(
    reference: Reference, path: Tensor, start: Tensor, end: Tensor, begin: Tensor, duration: Tensor
) -> GaussianPaths:
    """The bridges of the process linearised about a path."""
    here, h = path[:-1], (duration / (len(path) - 1))[:, None, None]
    ahead, factors = value_and_jacobian(lambda x: flow(reference, x, begin, duration), here)
    noise = (reference.rate + factors @ reference.rate @ factors.mT) * (h / 2)
    return gaussian_paths(start, end, factors, ahead - apply(factors, here), noise)
