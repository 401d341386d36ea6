"""The kind ``Snapshots``: a population seen at several times, and a family of dynamics for it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from physml.dynamics import DriftFamily
from physml.numerics.euler_maruyama import covariance_rate
from physml.problem.checks import ProblemError, ProblemWarning
from physml.problem.problem import Problem
from physml.problem.snapshot_data import SnapshotData


@dataclass(frozen=True)
class Snapshots(Problem):
    r"""Unpaired snapshots of a population, whose paths and dynamics are asked for.

    The paths are those of the process closest to a member of a family :math:`dX = b_\theta(X, t)\,dt + \sigma\,dW`
    among all that have the snapshots as marginals: a multi-marginal Schroedinger bridge. Beside the fields of
    :class:`Problem`:

    Args:
        states: names of the components of the state.
        family: the family of drifts.
        snapshots: ``snapshots(p, seed)`` to the data; measured data do not depend on the seed.
        sigma: ``sigma(p)`` to the volatility: a number, one for each state, or a matrix of shape (d, d). It is known
            and the same for all members of the family.
        law: ``law(p, times, count, seed)`` to fresh draws of the true law, shape (times, count, d), where it is known.
        truth: ``truth(p)`` to the true parameters of the family by name, where they are known.
        reference: ``reference(p)`` to the parameters of the family where they are given instead of asked for.

    Example:
        >>> import torch
        >>> from physml.dynamics import AffineDrift
        >>> clouds = [torch.randn(20, 1) + shift for shift in range(3)]
        >>> drift = Snapshots(name="shift", title="Shift", equation=r"dX = c\,dt + dW", states=("x",),
        ...                   family=AffineDrift(1),
        ...                   snapshots=lambda p, seed: SnapshotData(range(3), clouds),
        ...                   sigma=lambda p: 1.0)
        >>> drift.data(seed=0).dimension
        1
    """

    states: tuple[str, ...]
    family: DriftFamily
    snapshots: Callable[[Any, int], SnapshotData]
    sigma: Callable[[Any], float | Sequence[float] | Tensor]
    law: Callable[[Any, Sequence[float], int, int], Tensor] | None = None
    truth: Callable[[Any], Mapping[str, float]] | None = None
    reference: Callable[[Any], Mapping[str, float]] | None = None

    kind = "snapshots"
    headline = "W2"
    reported = ("W1", "sliced W2", "floor", "paired rms", "parameter error", "error of")

    @property
    def frame(self) -> dict[str, Any]:
        data = self.data()
        return {"times": data.times, "held_out": data.held_out}

    @property
    def dimensions(self) -> tuple[str, ...]:
        return ("trajectory",)

    @property
    def comparable(self) -> bool:
        return bool(self.data().held_out)

    def data(self, seed: int = 0) -> SnapshotData:
        """The snapshots; simulated ones are drawn anew for each seed."""
        return self.snapshots(self.params, seed)

    def covariance_rate(self) -> Tensor:
        """The covariance rate Q of the noise, shape (d, d)."""
        return covariance_rate(self.sigma(self.params), len(self.states))

    def check(self) -> None:
        """See that data, states, family and volatility fit together.

        Warns:
            ProblemWarning: negative states, which the family has no meaning for.

        Raises:
            ProblemError: with what was given, what was expected and the way out.
        """
        try:
            data = self.data()
            self.covariance_rate()
        except (ValueError, OSError) as error:
            raise ProblemError(f"{self.name}: {error}") from error
        sizes = {"states": len(self.states), "the family": self.family.dimension, "the snapshots": data.dimension}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise ProblemError(f"{self.name}: expected one dimension everywhere; given {told}")
        negative = sum(int((cloud < 0).any(1).sum()) for cloud in data.samples)
        if self.family.nonnegative and negative:
            warnings.warn(
                f"{self.name}: {negative} points have negative states, which {type(self.family).__name__} knows no "
                "meaning of; were the data centred or rotated?",
                ProblemWarning,
                stacklevel=2,
            )
        for told in filter(None, (self.truth, self.reference)):
            if unknown := set(told(self.params)) - set(self.family.parameters):
                raise ProblemError(f"{self.name}: no parameter {sorted(unknown)}; there are {self.family.parameters}")
