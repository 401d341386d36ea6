"""What a reference process says of pairs of points: how likely the transition is, and by which paths."""

from __future__ import annotations

import abc
import math
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.bridge.gaussian_paths import gaussian_paths
from physml.bridge.linearized import LinearizedPaths, linearize, most_probable
from physml.bridge.reference import Reference
from physml.numerics.convergence import ConvergenceWarning
from physml.numerics.linear_sde import Transition, transition

_UNSETTLED = 0.1  # move of a path, relative to its size, in its last linearisation
_EFFECTIVE = 0.1  # share of samples
_PAIR_TOLERANCE = 1e-3  # of the paths that densities are taken from
_NUMBERS = 4_000_000  # of a linearisation of pairs that are in memory at once, for each step


@dataclass(frozen=True)
class Paths:
    """Bridges between B pairs of points in n steps.

    Args:
        states: shape (n + 1, B, d).
        drifts: shape (n, B, d), the drift of the bridge where each step begins.
    """

    states: Tensor
    drifts: Tensor


class PairModel(abc.ABC):
    """Transitions and bridges of a reference process between pairs of points.

    Args:
        reference: the process.
        steps: of each bridge.
    """

    corrects = False  # whether densities want what :meth:`correction` adds

    def __init__(self, reference: Reference, steps: int) -> None:
        self.reference, self.steps = reference, steps

    @abc.abstractmethod
    def log_density(self, x: Tensor, y: Tensor, begin: float, duration: float) -> Tensor:
        """Of the transitions from each x, shape (n, d), to each y, shape (m, d); shape (n, m)."""

    def correction(
        self, x: Tensor, y: Tensor, begin: float, duration: float, chosen: Tensor, generator: torch.Generator | None
    ) -> Tensor:
        """What to add to the log densities of chosen pairs, a mask of shape (n, m): nothing, unless ``corrects``."""
        return x.new_zeros(int(chosen.sum()))

    @abc.abstractmethod
    def pulls(self, x: Tensor, y: Tensor, begin: float, duration: float) -> tuple[Tensor, Tensor]:
        """The log densities, shape (n, m), and their gradients with respect to x, shape (n, m, d)."""

    @abc.abstractmethod
    def bridges(self, start: Tensor, end: Tensor, begin: Tensor, duration: Tensor, generator: torch.Generator) -> Paths:
        """One bridge for each pair, starts and ends of shape (B, d), begins and durations of shape (B,)."""


class AffinePairs(PairModel):
    """Exact, for an affine drift: transitions are Gaussian (vanloan1978)."""

    def log_density(self, x: Tensor, y: Tensor, begin: float, duration: float) -> Tensor:
        return self._transition(duration).log_density(x, y)

    def pulls(self, x: Tensor, y: Tensor, begin: float, duration: float) -> tuple[Tensor, Tensor]:
        over = self._transition(duration)
        missing = y - over.mean(x)[:, None]
        return over.log_density(x, y), torch.cholesky_solve(missing.mT, over.factor()).mT @ over.Phi

    def bridges(self, start: Tensor, end: Tensor, begin: Tensor, duration: Tensor, generator: torch.Generator) -> Paths:
        lengths, which = duration.unique(return_inverse=True)
        step = self._transition(lengths / self.steps)
        shape = (self.steps, *start.shape)
        factors, offsets = step.Phi[which].expand(*shape, shape[-1]), step.eta[which].expand(shape)
        gaussian = gaussian_paths(start, end, factors, offsets, step.Omega[which][None])
        states = gaussian.sample(generator)
        drifts = self.reference.drift(states[:-1], begin) + gaussian.pulls(states) @ self.reference.rate
        return Paths(states, drifts)

    def _transition(self, duration: float | Tensor) -> Transition:
        affine = self.reference.affine
        assert affine is not None
        return transition(*affine, self.reference.rate, duration)


class LinearizedPairs(PairModel):
    """By linearisation about the most probable paths, for any drift; paths carry weights that correct it.

    Args:
        reference: the process.
        steps: of each bridge.
        coarse_steps: of the linearisations that densities of all pairs are taken from.
        iterations: of Gauss-Newton for each pair.
        samples: paths for each pair that correct its density, and of which each bridge is one, drawn by its weight; 1
            corrects nothing.
    """

    def __init__(self, reference: Reference, steps: int, coarse_steps: int, iterations: int, samples: int) -> None:
        super().__init__(reference, steps)
        self.coarse_steps, self.iterations, self.samples = coarse_steps, iterations, samples
        self.corrects = samples > 1

    def log_density(self, x: Tensor, y: Tensor, begin: float, duration: float) -> Tensor:
        rows = max(1, _NUMBERS // (len(y) * x.shape[1] ** 2 * self.coarse_steps))
        settings = {"iterations": self.iterations, "tolerance": _PAIR_TOLERANCE}
        found = [
            most_probable(self.reference, *_all_pairs(piece, y, begin, duration), self.coarse_steps, **settings)
            for piece in x.split(rows)
        ]
        return torch.cat([bridges.log_density for bridges in found]).reshape(len(x), len(y))

    def correction(
        self, x: Tensor, y: Tensor, begin: float, duration: float, chosen: Tensor, generator: torch.Generator | None
    ) -> Tensor:
        rows, columns = chosen.nonzero(as_tuple=True)
        start, end = x[rows].repeat(self.samples, 1), y[columns].repeat(self.samples, 1)
        at, over = (torch.full_like(start[:, 0], value) for value in (begin, duration))
        _, log_weights = self._linearized(start, end, at, over, self.coarse_steps).sample(generator)
        return log_weights.reshape(self.samples, -1).logsumexp(0) - math.log(self.samples)

    def pulls(self, x: Tensor, y: Tensor, begin: float, duration: float) -> tuple[Tensor, Tensor]:
        gaussian = self._linearized(*_all_pairs(x, y, begin, duration), self.coarse_steps).gaussian
        return gaussian.log_density.reshape(len(x), len(y)), gaussian.pull.reshape(len(x), *y.shape)

    def bridges(self, start: Tensor, end: Tensor, begin: Tensor, duration: Tensor, generator: torch.Generator) -> Paths:
        many = self.samples
        found = self._linearized(
            start.repeat(many, 1), end.repeat(many, 1), begin.repeat(many), duration.repeat(many), self.steps
        )
        states, log_weights = found.sample(generator)
        drifts = found.drifts(states)
        _warn_of_bad_bridges(found, log_weights, many)
        if many == 1:
            return Paths(states, drifts)
        shares = log_weights.reshape(many, -1).T.softmax(1)
        drawn = torch.multinomial(shares.cpu(), 1, generator=generator)[:, 0].to(start.device)
        chosen = drawn * len(start) + torch.arange(len(start), device=start.device)
        return Paths(states[:, chosen], drifts[:, chosen])

    def _linearized(self, start: Tensor, end: Tensor, begin: Tensor, duration: Tensor, steps: int) -> LinearizedPaths:
        return linearize(self.reference, start, end, begin, duration, steps, iterations=self.iterations)


def _warn_of_bad_bridges(found: LinearizedPaths, log_weights: Tensor, samples: int) -> None:
    """Say which bridges did not settle, and when the linearised process is too far from the nonlinear one."""
    unsettled = (~(found.change <= _UNSETTLED)).nonzero()[:, 0]
    if len(unsettled):
        start, end = (points[unsettled[0]].tolist() for points in (found.gaussian.start, found.gaussian.end))
        warnings.warn(
            f"{len(unsettled)} of {len(found.change)} most probable paths did not settle, such as that from {start} to "
            f"{end}; take more steps or iterations",
            ConvergenceWarning,
            stacklevel=4,
        )
    share = float(torch.exp(2 * log_weights.logsumexp(0) - (2 * log_weights).logsumexp(0))) / len(log_weights)
    if samples == 1 and share < _EFFECTIVE:
        warnings.warn(
            f"the weights of {len(log_weights)} linearised bridges leave an effective share of {share:.2f}: the "
            "process is too nonlinear for its noise; take samples=16 or more, or more snapshots",
            ConvergenceWarning,
            stacklevel=4,
        )


def _all_pairs(x: Tensor, y: Tensor, begin: float, duration: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Starts and ends of all pairs, begins and durations: what linearisations take."""
    start, end = x.repeat_interleave(len(y), 0), y.repeat(len(x), 1)
    return start, end, torch.full_like(start[:, 0], begin), torch.full_like(start[:, 0], duration)
