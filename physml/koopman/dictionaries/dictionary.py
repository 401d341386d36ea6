"""What a dictionary is: functions of the state, as a scikit-learn transformer that computes with torch."""

from abc import abstractmethod
from typing import Any, cast

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from physml.koopman.arrays import Array, as_tensor, is_numpy, outgoing
from physml.koopman.snapshots import read_trajectories


class Dictionary(TransformerMixin, BaseEstimator):
    r"""Functions :math:`\psi = (\psi_1, \dots, \psi_N)` of a state in :math:`R^d`.

    ``fit`` learns what the functions need from data (their number of coordinates, centres, scales), ``transform`` gives
    :math:`\psi` of each row, as numpy or torch as the rows are. A subclass has ``_learn`` and ``evaluate``.
    """

    n_features_in_: int

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn from states X (n, d), or from trajectories; ``y``, their successors, is used by few.

        Raises:
            ValueError: X has no such shape, holds NaN, or does not suit the functions.
        """
        states = torch.cat(read_trajectories(X))
        self.n_features_in_ = states.shape[1]
        self._learn(states, y)
        return self

    def transform(self, X: Any) -> Array:
        """psi of each row of X (n, d): (n - n_consumed_samples, N).

        Raises:
            NotFittedError: before ``fit``.
            ValueError: X has another number of columns than the data of ``fit``.
        """
        check_is_fitted(self, "n_features_in_")
        (states,) = read_trajectories(X)
        check_columns(states, self)
        return outgoing(self.evaluate(states), is_numpy(X))

    @property
    def n_consumed_samples(self) -> int:
        """How many earlier rows each lifted row needs; row i of the result belongs to row i + this."""
        return 0

    @abstractmethod
    def evaluate(self, x: Tensor) -> Tensor:
        """psi of rows x (n, d), in float64 or complex128: (n, N)."""

    def _learn(self, states: Tensor, successors: Any) -> None:
        """Set what ``evaluate`` needs."""


class Univariate(Dictionary):
    """A dictionary that can be a factor of a tensor product: functions with a degree each."""

    @abstractmethod
    def degrees(self) -> Tensor:
        """The degree of each function of one coordinate, (N,), from 0."""


class Foreign:
    """Anything else with ``fit`` and ``transform``: a scikit-learn transformer, observables of pykoopman.

    Args:
        transformer: is cloned, and called with numpy arrays.
    """

    def __init__(self, transformer: Any) -> None:
        self.transformer: Any = clone(transformer)

    def fit(self, X: Tensor, y: Tensor | None = None) -> Any:
        """Fit the transformer to states."""
        self.transformer.fit(X.cpu().numpy())
        return self

    @property
    def n_consumed_samples(self) -> int:
        """As the transformer says; 0 if it says nothing."""
        return int(getattr(self.transformer, "n_consumed_samples", 0))

    def evaluate(self, x: Tensor) -> Tensor:
        """The transformer's columns."""
        columns = np.asarray(self.transformer.transform(x.cpu().numpy()))
        return as_tensor(columns, f"what {type(self.transformer).__name__} returns").to(x.device)


def own_copy(dictionary: Any) -> Dictionary | Foreign:
    """An unfitted copy of a dictionary, ours or foreign.

    Raises:
        TypeError: neither.
    """
    if isinstance(dictionary, Dictionary):
        return cast(Dictionary, clone(dictionary))
    if hasattr(dictionary, "fit") and hasattr(dictionary, "transform"):
        return Foreign(dictionary)
    raise TypeError(
        f"dictionary is a {type(dictionary).__name__}; expected one of physml.koopman or an object with fit and "
        "transform. For a plain function use sklearn.preprocessing.FunctionTransformer"
    )


def check_columns(states: Tensor, fitted: Any) -> None:
    """Refuse states with another number of coordinates.

    Raises:
        ValueError: in scikit-learn's words.
    """
    if states.shape[1] != fitted.n_features_in_:
        raise ValueError(
            f"X has {states.shape[1]} features, but {type(fitted).__name__} is expecting {fitted.n_features_in_} "
            "features as input"
        )


def mean_distance(states: Tensor) -> float:
    """The mean distance of states from their mean: the length that kernels and radial functions are scaled by.

    Raises:
        ValueError: all states are the same.
    """
    distance = float((states - states.mean(0)).norm(dim=1).mean())
    if not distance > 0:
        raise ValueError(f"all {len(states)} states are equal, so that there is no length to scale by; pass others")
    return distance
