"""What a family of drifts is: a drift with parameters, its Jacobian, and its fit to observed increments."""

from __future__ import annotations

import abc
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_RIDGE = 1e-12  # of the largest eigenvalue of a design; below it the parameters are not determined
_ROWS = 200_000  # of a design that are in memory at once


class FitWarning(UserWarning):
    """Parameters that the data do not determine, or a fit that did not settle."""


@dataclass(frozen=True)
class Increments:
    """Steps of paths, from which a drift is fitted by maximum likelihood.

    Args:
        states: shape (n, d), where the steps begin.
        times: shape (n,), when.
        velocities: shape (n, d), the increments over their duration.
        precision: shape (d, d), the inverse of the covariance rate :math:`Q` of the noise.
        weights: shape (n,), the durations; a step of twice the duration tells twice as much.
    """

    states: Tensor
    times: Tensor
    velocities: Tensor
    precision: Tensor
    weights: Tensor

    def pieces(self, rows: int = _ROWS) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """States, times, whitened velocities and the factor that whitens, for so many rows at a time."""
        root = torch.linalg.cholesky(self.precision)  # |L^T v|^2 = v^T Q^-1 v
        for at in range(0, len(self.states), rows):
            here = slice(at, at + rows)
            factor = self.weights[here].sqrt()[:, None, None] * root.T
            yield self.states[here], self.times[here], self.velocities[here], factor


class DriftFamily(abc.ABC):
    r"""A drift :math:`b_\theta(x, t)` of :math:`dX = b_\theta(X, t)\,dt + \sigma\,dW` with parameters :math:`\theta`.

    Subclass :class:`LinearFamily` where the drift is linear in its parameters, else :class:`NonlinearFamily`.
    Parameters are one tensor of shape (p,), so that fits, bootstraps and accelerations need to know nothing else.
    """

    dimension: Any  # of the state, an int
    parameters: Any  # their names, a tuple
    nonnegative: bool = False  # states below zero have no meaning

    @abc.abstractmethod
    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        """The drift at states x of shape (..., d) and times that broadcast to (...); shape (..., d)."""

    @abc.abstractmethod
    def fit(self, increments: Increments, start: Tensor | None = None) -> Tensor:
        r"""The parameters of maximum likelihood, :math:`\min_\theta \sum |\sigma^{-1}(\Delta x / h - b_\theta)|^2 h`.

        Args:
            increments: of paths.
            start: shape (p,), where to begin; the family's own guesses by default.

        Warns:
            FitWarning: the increments do not determine all parameters, or the fit did not settle.
        """

    def jacobian(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        """The derivative of the drift with respect to the state, by forward differentiation; shape (..., d, d)."""
        return value_and_jacobian(lambda y: self.drift(y, t, theta), x)[1]

    def theta(self, values: Mapping[str, float]) -> Tensor:
        """The parameters from values by name, as people know them; the inverse of :meth:`named`, shape (p,)."""
        return torch.tensor([values[name] for name in self.parameters], dtype=torch.float64)

    def named(self, theta: Tensor) -> dict[str, float]:
        """The parameters by name, as people know them."""
        return dict(zip(self.parameters, self.natural(theta).tolist(), strict=True))

    def natural(self, theta: Tensor) -> Tensor:
        """The parameters as people know them, where the family computes with others such as logarithms."""
        return theta


def value_and_jacobian(function: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """A function that takes each state by itself, at states of shape (..., d), and its Jacobian, (..., d, d)."""
    columns = []
    for k in range(x.shape[-1]):
        direction = torch.zeros_like(x)
        direction[..., k] = 1.0
        value, column = torch.func.jvp(function, (x,), (direction,))[:2]
        columns.append((value, column))
    return columns[0][0], torch.stack([column for _, column in columns], -1)


class LinearFamily(DriftFamily):
    r"""A drift that is linear in its parameters, :math:`b_\theta(x, t) = \Phi(x, t)\,\theta`: fitted in closed form.

    Example:
        >>> class Decay(LinearFamily):
        ...     dimension, parameters = 1, ("rate",)
        ...     def features(self, x, t):
        ...         return -x[..., None]
        >>> Decay().drift(torch.tensor([2.0]), 0.0, torch.tensor([3.0]))
        tensor([-6.])
    """

    @abc.abstractmethod
    def features(self, x: Tensor, t: Tensor | float) -> Tensor:
        """What multiplies the parameters, at states of shape (..., d): shape (..., d, p)."""

    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        return self.features(x, t) @ theta

    def fit(self, increments: Increments, start: Tensor | None = None) -> Tensor:
        count = len(self.parameters)
        gram, moment = increments.states.new_zeros(count, count), increments.states.new_zeros(count)
        for states, times, velocities, root in increments.pieces():
            design = (root @ self.features(states, times)).flatten(0, 1)
            gram += design.T @ design
            moment += design.T @ (root @ velocities[..., None]).flatten()
        return self._solve(gram, moment)

    def _solve(self, gram: Tensor, moment: Tensor) -> Tensor:
        """The normal equations, scaled; directions that the data do not see get a parameter of zero, and a warning."""
        scale = gram.diagonal().sqrt().clamp_min(torch.finfo(gram.dtype).tiny)
        values, vectors = torch.linalg.eigh(gram / scale / scale[:, None])
        seen = values > _RIDGE * values[-1]
        if not seen.all():
            share = (vectors[:, ~seen].abs().amax(1) > 0.1) | (gram.diagonal() == 0)
            names = ", ".join(name for name, lost in zip(self.parameters, share.tolist(), strict=True) if lost)
            warnings.warn(
                f"the paths do not determine {names}: their effect on the drift is nought or that of others there; "
                "the smallest values are taken, so trust none of them, or take a family without them",
                FitWarning,
                stacklevel=3,
            )
        inverse = torch.where(seen, 1 / values.clamp_min(torch.finfo(gram.dtype).tiny), 0.0)
        return vectors @ (inverse * (vectors.T @ (moment / scale))) / scale


class NonlinearFamily(DriftFamily):
    """A drift that is not linear in its parameters: fitted by Levenberg-Marquardt from several guesses."""

    @abc.abstractmethod
    def guesses(self, increments: Increments) -> Tensor:
        """Parameters to start fits from; shape (guesses, p)."""

    def fit(self, increments: Increments, start: Tensor | None = None, *, steps: int = 100) -> Tensor:
        starts = self.guesses(increments) if start is None else start[None]
        found = [self._descend(increments, guess.to(increments.states), steps) for guess in starts]
        loss, theta, settled = min(found, key=lambda one: one[0])
        if not settled:
            warnings.warn(
                f"the fit of {', '.join(self.parameters)} did not settle in {steps} steps (loss {loss:.3g}); "
                "the paths may not determine all of them",
                FitWarning,
                stacklevel=2,
            )
        return theta

    def _descend(self, increments: Increments, theta: Tensor, steps: int) -> tuple[float, Tensor, bool]:
        damping = 1e-3
        loss, gram, moment = self._quadratic(increments, theta)
        for _ in range(steps):
            scaled = gram + damping * torch.diag(
                gram.diagonal().clamp_min(1e-12 * float(gram.diagonal().max()) + 1e-300)
            )
            step = torch.linalg.lstsq(scaled, moment).solution
            tried = self._quadratic(increments, theta + step)
            if tried[0] < loss or not loss < float("inf"):
                fallen = loss - tried[0]
                theta, (loss, gram, moment), damping = theta + step, tried, damping / 5
                if fallen <= 1e-12 * max(loss, 1e-300):
                    return loss, theta, True
            elif damping > 1e8:
                return loss, theta, True  # no step of any length goes down
            else:
                damping *= 4
        return loss, theta, False

    def _quadratic(self, increments: Increments, theta: Tensor) -> tuple[float, Tensor, Tensor]:
        """The mean squared misfit, its Gauss-Newton matrix and its descent direction."""
        count = len(theta)
        loss, gram, moment = theta.new_zeros(()), theta.new_zeros(count, count), theta.new_zeros(count)
        for states, times, velocities, root in increments.pieces():
            misfit = (root @ (velocities - self.drift(states, times, theta))[..., None]).flatten()
            by_parameter = torch.func.jacfwd(lambda p, x=states, t=times: self.drift(x, t, p))(theta)
            design = (root @ by_parameter).flatten(0, 1)
            loss += misfit.square().sum()
            gram += design.T @ design
            moment += design.T @ misfit
        total = increments.weights.sum()
        value = float(loss / total)
        return value if value == value else float("inf"), gram / total, moment / total
