"""Data of a dynamical system: trajectories with weights, or the exact matrix of its Koopman operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class FlowData:
    r"""Trajectories; pairs (x, F(x)) are trajectories of two samples.

    Args:
        trajectories: (n, T, d), or a list of (T_i, d); kept in double precision.
        weights: of each trajectory, (n,), for integrals against the measure of the states; None for equal ones.

    Raises:
        ValueError: other shapes, fewer than two samples in a trajectory, or entries that are not finite.

    Example:
        >>> x = torch.rand(50, 1)
        >>> FlowData.pairs(x, x / 2).sizes
        (50, 2, 1)
    """

    blocks: tuple[Tensor, ...]  # (n_i, T_i, d) each
    weights: Tensor | None = None

    def __init__(self, trajectories: Tensor | Sequence[Any], weights: Any = None) -> None:
        listed = isinstance(trajectories, list | tuple)
        blocks = tuple(_double(t)[None] for t in trajectories) if listed else tuple([_double(trajectories)])
        if not blocks:
            raise ValueError("no trajectories given; expected (n, T, d), or a list of (T_i, d)")
        for block in blocks:
            if block.ndim != 3 or block.shape[1] < 2 or block.shape[2] != blocks[0].shape[2]:
                raise ValueError(
                    f"trajectories have shape {tuple(block.shape[1:] if listed else block.shape)}; expected (n, T, d), "
                    "or a list of (T_i, d) with one d, and two samples at least in each"
                )
            if not bool(block.isfinite().all()):
                raise ValueError("trajectories are not finite; drop those rows, or shorten the step of the solver")
        count = sum(len(block) for block in blocks)
        given = None if weights is None else torch.as_tensor(weights, dtype=torch.float64)
        if given is not None and given.shape != (count,):
            raise ValueError(f"weights have shape {tuple(given.shape)}; expected one for each trajectory, ({count},)")
        object.__setattr__(self, "blocks", blocks)
        object.__setattr__(self, "weights", given)

    @classmethod
    def pairs(cls, x: Tensor, y: Tensor, weights: Any = None) -> FlowData:
        """States x (n, d) and their successors y."""
        return cls(torch.stack([x, y], 1), weights)

    @property
    def trajectories(self) -> list[Tensor]:
        """Each trajectory, (T_i, d)."""
        return [trajectory for block in self.blocks for trajectory in block]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many trajectories, samples of the longest one, coordinates."""
        longest = max(block.shape[1] for block in self.blocks)
        return sum(len(block) for block in self.blocks), longest, self.blocks[0].shape[2]

    def successors(self) -> tuple[Tensor, Tensor]:
        """All pairs: states (M, d) and their successors."""
        d = self.sizes[2]
        before = torch.cat([block[:, :-1].reshape(-1, d) for block in self.blocks])
        return before, torch.cat([block[:, 1:].reshape(-1, d) for block in self.blocks])

    def pair_weights(self, consumed: int = 0) -> Tensor | None:
        """The weight of each pair, where a pair needs so many samples before it; None for equal ones.

        The pairs of a trajectory share its weight.
        """
        if self.weights is None:
            return None
        counts = [max(0, block.shape[1] - 1 - consumed) for block in self.blocks for _ in block]
        repeats = torch.tensor(counts, device=self.weights.device)
        return (self.weights / repeats).repeat_interleave(repeats)

    def map(self, function: Callable[[Tensor], Tensor]) -> FlowData:
        """The trajectories of a function (rows, d) to (rows, k) of the states."""
        blocks = [function(block.flatten(0, 1)).unflatten(0, block.shape[:2]) for block in self.blocks]
        single = len(blocks) == 1
        return FlowData(blocks[0] if single else [t for block in blocks for t in block], self.weights)

    def to(self, device: torch.device | str) -> FlowData:
        """The same data on a device."""
        moved = self.map(lambda states: states.to(device))
        object.__setattr__(moved, "weights", None if self.weights is None else self.weights.to(device))
        return moved


@dataclass(frozen=True)
class OperatorSection:
    r"""The first r columns of a Koopman operator's matrix in an orthonormal basis, with all rows that are not 0.

    For systems whose images of a basis are known, such as automorphisms of a torus: then nothing is sampled.

    Args:
        columns: (n, r), n >= r.
        observable: coefficients (r,) of the function whose spectral measure is asked for; None for none.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> OperatorSection(torch.eye(4)[:, :3]).columns.shape
        torch.Size([4, 3])
    """

    columns: Tensor
    observable: Tensor | None = None

    def __post_init__(self) -> None:
        rows, count = self.columns.shape if self.columns.ndim == 2 else (0, 1)
        if rows < count:
            raise ValueError(f"columns have shape {tuple(self.columns.shape)}; expected (n, r) with n >= r")
        if self.observable is not None and self.observable.shape != (count,):
            raise ValueError(f"observable has shape {tuple(self.observable.shape)}; expected ({count},)")

    def to(self, device: torch.device | str) -> OperatorSection:
        """The same matrix on a device."""
        return OperatorSection(self.columns.to(device), None if self.observable is None else self.observable.to(device))


def _double(trajectory: Any) -> Tensor:
    tensor = torch.as_tensor(trajectory)
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)
