"""Delays: the observables at consecutive times, a Krylov space of the Koopman operator."""

from typing import Any

import torch
from torch import Tensor

from physml.koopman.dictionaries.dictionary import Dictionary, Foreign, own_copy


class DelayDictionary(Dictionary):
    r""":math:`g, Kg, \dots, K^{n-1} g` along a trajectory, for each coordinate g of the state or of another dictionary.

    A row is of the samples m - (n - 1) s, ..., m - s, m, oldest first, with stride s; the state that is forecast is
    that of sample m. So the first (n - 1) s samples of a trajectory have no row of their own, and pairs X, Y cannot
    be used.

    Args:
        n_delays: n, how many samples a row has.
        stride: s, samples between them.
        observables: a dictionary for what is delayed; None for the coordinates.

    Raises:
        ValueError: by ``fit``, if a number is below 1; by ``transform``, for fewer samples than a row needs.

    Example:
        >>> import numpy as np
        >>> DelayDictionary(n_delays=2).fit_transform(np.array([[1.0], [2.0], [3.0]]))
        array([[1., 2.],
               [2., 3.]])
    """

    def __init__(self, n_delays: int = 10, stride: int = 1, observables: Any = None) -> None:
        self.n_delays, self.stride, self.observables = n_delays, stride, observables

    @property
    def n_consumed_samples(self) -> int:
        """(n_delays - 1) stride, and what the observables need themselves."""
        observables = getattr(self, "observables_", None)
        return (self.n_delays - 1) * self.stride + (observables.n_consumed_samples if observables else 0)

    def evaluate(self, x: Tensor) -> Tensor:
        """All observables of the oldest sample first."""
        g = self.observables_.evaluate(x) if self.observables_ else x
        rows = len(g) - (self.n_delays - 1) * self.stride
        if rows < 1:
            raise ValueError(
                f"{len(x)} samples are fewer than the {self.n_consumed_samples + 1} that a row of delays needs; "
                "pass longer trajectories or lower n_delays"
            )
        return torch.cat([g[j * self.stride : j * self.stride + rows] for j in range(self.n_delays)], 1)

    def _learn(self, states: Tensor, successors: Any) -> None:
        if self.n_delays < 1 or self.stride < 1:
            raise ValueError(f"n_delays is {self.n_delays} and stride {self.stride}; expected integers >= 1")
        self.observables_: Dictionary | Foreign | None = None
        if self.observables is not None:
            self.observables_ = own_copy(self.observables).fit(states, successors)
