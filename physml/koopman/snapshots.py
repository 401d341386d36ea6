"""Data of a dynamical system: pairs of snapshots, or trajectories of which pairs are made."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from physml.koopman.arrays import as_tensor
from physml.koopman.time_stamps import check_pair_times, check_trajectory_times

_ROWS = 2**13  # lifted at once, so that the memory does not grow with the number of samples
_JUMP = 20.0  # times the median step


@runtime_checkable
class Lifting(Protocol):
    """What snapshots ask of a dictionary."""

    @property
    def n_consumed_samples(self) -> int: ...

    def evaluate(self, x: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Snapshots:
    """Samples of a flow map.

    Args:
        trajectories: one (T, d) tensor each; for pairs the one tensor of all x.
        successors: for pairs the tensor of all y = F(x); None where the next row is the successor.
    """

    trajectories: tuple[Tensor, ...]
    successors: Tensor | None = None

    @property
    def dimension(self) -> int:
        """d."""
        return self.trajectories[0].shape[1]

    def count(self, consumed: int = 0) -> int:
        """How many pairs there are when each lifted row consumes as many samples before its own."""
        if self.successors is not None:
            return len(self.successors)
        return sum(max(0, len(t) - consumed - 1) for t in self.trajectories)

    def pairs(self) -> tuple[Tensor, Tensor]:
        """All x and all y, each (M, d)."""
        if self.successors is not None:
            return self.trajectories[0], self.successors
        return torch.cat([t[:-1] for t in self.trajectories]), torch.cat([t[1:] for t in self.trajectories])

    def lifted(self, dictionary: Lifting) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Psi_X, Psi_Y and the states themselves, some rows at a time.

        Raises:
            ValueError: a dictionary of delays, and pairs instead of trajectories.
        """
        if self.successors is not None:
            if dictionary.n_consumed_samples:
                raise ValueError("delays need consecutive samples, given pairs X, Y; pass trajectories and no Y")
            for x, y in zip(self.trajectories[0].split(_ROWS), self.successors.split(_ROWS), strict=True):
                yield dictionary.evaluate(x), dictionary.evaluate(y), x
            return
        yield from _collected(part for t in self.trajectories for part in _lifted_trajectory(t, dictionary))


def _lifted_trajectory(trajectory: Tensor, dictionary: Lifting) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    consumed = dictionary.n_consumed_samples
    for start in range(0, len(trajectory) - consumed - 1, _ROWS):
        rows = trajectory[start : start + _ROWS + consumed + 1]
        psi = dictionary.evaluate(rows)
        yield psi[:-1], psi[1:], rows[consumed:-1]


def _collected(parts: Iterator[tuple[Tensor, ...]]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Short parts joined to longer ones, for each costs a factorisation."""
    waiting: list[tuple[Tensor, ...]] = []
    rows = 0
    for part in parts:
        waiting.append(part)
        rows += len(part[0])
        if rows >= _ROWS:
            yield _joined(waiting)
            waiting, rows = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[tuple[Tensor, ...]]) -> tuple[Tensor, Tensor, Tensor]:
    psi_x, psi_y, states = (torch.cat(columns) for columns in zip(*parts, strict=True))
    return psi_x, psi_y, states


def read_snapshots(X: Any, Y: Any = None) -> Snapshots:
    """What ``fit(X, Y)`` was given: (M, d) with (M, d); or one trajectory (T, d); or several, (n, T, d) or a list.

    Raises:
        ValueError: shapes that do not belong together, too few samples, NaN or inf, or time stamps with unequal steps.
    """
    if Y is not None:
        check_pair_times(X, Y)
        return _read_pairs(X, Y)
    trajectories = read_trajectories(X)
    check_trajectory_times(X)
    if len({t.shape[1] for t in trajectories}) > 1:
        raise ValueError(
            f"the trajectories have {sorted({t.shape[1] for t in trajectories})} columns; give all as many"
        )
    if max(len(t) for t in trajectories) < 2:
        raise ValueError(
            "found n_samples=1: a pair needs two consecutive samples; pass longer trajectories, or X and Y"
        )
    for trajectory in trajectories:
        _warn_of_jumps(trajectory)
    return Snapshots(trajectories)


def are_trajectories(X: Any) -> bool:
    """Whether X is a list of arrays with two dimensions, and not one array written as lists of numbers."""
    return isinstance(X, list | tuple) and len(X) > 0 and getattr(X[0], "ndim", 1) == 2


def read_trajectories(X: Any, name: str = "X") -> tuple[Tensor, ...]:
    """The trajectories of an array (T, d) or (n, T, d), or of a list of arrays (T_i, d).

    Raises:
        ValueError: another number of dimensions, no samples, or no columns.
    """
    if are_trajectories(X):
        trajectories = tuple(as_tensor(x, f"{name}[{i}]") for i, x in enumerate(X))
    else:
        tensor = as_tensor(X, name)
        if tensor.ndim not in (2, 3):
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)}; expected (samples, coordinates) or (trajectories, samples, "
                f"coordinates). Reshape your data: {name}.reshape(-1, 1) for one coordinate, {name}.reshape(1, -1) for "
                "one sample"
            )
        trajectories = tuple(tensor) if tensor.ndim == 3 else (tensor,)
    for trajectory in trajectories:
        if trajectory.ndim != 2:
            raise ValueError(f"a trajectory has shape {tuple(trajectory.shape)}; expected (samples, coordinates)")
        samples, columns = trajectory.shape
        if not samples:
            raise ValueError(
                f"found array with 0 sample(s) (shape={(samples, columns)}) while a minimum of 1 is required"
            )
        if not columns:
            raise ValueError(f"0 feature(s) (shape=({samples}, 0)) while a minimum of 1 is required.")
    if not trajectories:
        raise ValueError(f"{name} holds no trajectory (0 sample(s)); a minimum of 1 is required")
    return trajectories


def read_weights(sample_weight: Any, count: int, like: Tensor) -> Tensor:
    """The weights w of the pairs (count,): as given, or 1 / M each.

    Raises:
        ValueError: another number, a negative weight, or nothing but zeros.
    """
    if sample_weight is None:
        return torch.full((count,), 1 / count, dtype=torch.float64, device=like.device)
    weights = as_tensor(sample_weight, "sample_weight").to(like.device)
    if weights.shape != (count,):
        raise ValueError(f"sample_weight has shape {tuple(weights.shape)}; expected one weight a pair, ({count},)")
    if bool((weights < 0).any()) or not float(weights.sum()) > 0:
        raise ValueError(
            f"sample_weight has a sum of {float(weights.sum()):.3g} and its least entry is {float(weights.min()):.3g}; "
            "expected weights >= 0, not all 0. For sparse grids form Gram matrices and use Compression.from_gram"
        )
    return weights


def _read_pairs(X: Any, Y: Any) -> Snapshots:
    x, y = as_tensor(X, "X"), as_tensor(Y, "Y")
    if x.ndim != 2 or x.shape != y.shape:
        raise ValueError(
            f"X has shape {tuple(x.shape)} and Y {tuple(y.shape)}; pairs have (samples, coordinates) twice. Reshape "
            "your data by reshape(-1, 1) if it has one coordinate; a trajectory is passed as X alone"
        )
    if not len(x):
        raise ValueError(f"found array with 0 sample(s) (shape={tuple(x.shape)}) while a minimum of 1 is required")
    if not x.shape[1]:
        raise ValueError(f"0 feature(s) (shape={tuple(x.shape)}) while a minimum of 1 is required.")
    dtype = torch.promote_types(x.dtype, y.dtype)
    return Snapshots((x.to(dtype),), y.to(x.device, dtype))


def _warn_of_jumps(trajectory: Tensor) -> None:
    if len(trajectory) < 10:
        return
    steps = trajectory.diff(dim=0).norm(dim=1)
    if float(steps.max()) > _JUMP * float(steps.median()) > 0:
        warnings.warn(
            f"the step after row {int(steps.argmax())} is {float(steps.max() / steps.median()):.0f} times the median "
            "step; if trajectories were joined there, pass them as a list, so that no pair is made across the seam",
            stacklevel=4,
        )
