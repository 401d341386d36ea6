"""Exact dynamic mode decomposition: linear functions of many coordinates, in those of the leading singular vectors."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from physml.koopman.arrays import outgoing
from physml.koopman.compression import Compression
from physml.koopman.debiasing import forward_backward, total_least_squares
from physml.koopman.dictionaries import Dictionary
from physml.koopman.edmd import EDMD
from physml.koopman.snapshots import Snapshots

Debias = Literal["none", "forward_backward", "total_least_squares"]

_POSITIVE = 1e-10  # share of the largest singular value
_CORRECTIONS: dict[str, Callable[[Compression], Tensor]] = {
    "none": lambda compression: compression.matrix,
    "forward_backward": forward_backward,
    "total_least_squares": total_least_squares,
}


class PODDictionary(Dictionary):
    """The coordinates of states along their leading left singular vectors (proper orthogonal decomposition).

    Args:
        rank: how many; None for as many as are independent.

    Raises:
        ValueError: by ``fit``, if rank < 1.

    Example:
        >>> import numpy as np
        >>> PODDictionary(rank=1).fit_transform(np.array([[3.0, 4.0], [6.0, 8.0]])).round(6) ** 2
        array([[ 25.],
               [100.]])
    """

    def __init__(self, rank: int | None = None) -> None:
        self.rank = rank

    def evaluate(self, x: Tensor) -> Tensor:
        """The coordinates."""
        return x @ self.vectors_.to(x).conj()

    def _learn(self, states: Tensor, successors: Any) -> None:
        if self.rank is not None and self.rank < 1:
            raise ValueError(f"rank is {self.rank}; expected 1 or more, or None for all directions")
        _, values, Vh = torch.linalg.svd(states, full_matrices=False)
        keep = values > _POSITIVE * values[0]
        self.vectors_ = Vh[keep][: self.rank].mT


class ExactDMD(EDMD):
    r"""Exact DMD (tu2014dmd): EDMD with linear functions, in coordinates along the leading singular vectors.

    With :math:`X = U S V^*` (one column a snapshot) :math:`\hat A = U^* Y V S^{-1}`, :math:`\hat A W = W \Lambda`, and
    the modes are the columns of :math:`Y V S^{-1} W`, scaled to the amplitudes that the eigenfunctions measure.

    Noise on the snapshots shrinks these eigenvalues (dawson2016), and more snapshots do not help.

    Args:
        rank: number of singular vectors; None for as many as are independent.
        debias: "none"; or a correction for noise, which takes for noise all that leaves the singular vectors:
            "forward_backward" (:func:`physml.koopman.forward_backward`) or "total_least_squares"
            (:func:`physml.koopman.total_least_squares`). ``modes_`` are combinations of the singular vectors then.

    Raises:
        ValueError: by ``fit``, an unknown correction, or none that exists.

    Example:
        >>> import numpy as np
        >>> t = np.arange(60)[:, None]
        >>> wave = np.hstack([np.cos(0.3 * t), np.sin(0.3 * t), np.cos(0.3 * t) - np.sin(0.3 * t)])
        >>> np.sort(np.angle(ExactDMD().fit(wave).eigenvalues_)).round(6)
        array([-0.3,  0.3])
    """

    def __init__(self, rank: int | None = None, debias: Debias = "none") -> None:
        self.rank, self.debias = rank, debias

    def _fit_snapshots(self, snapshots: Snapshots, weights: Tensor) -> Any:
        super()._fit_snapshots(snapshots, weights)
        if self.debias == "none":
            self._set_exact_modes(snapshots, weights)
        return self

    def _set_exact_modes(self, snapshots: Snapshots, weights: Tensor) -> None:
        (x, y), roots = snapshots.pairs(), weights.sqrt()[:, None]
        images = torch.linalg.pinv(roots * self._phi(x)) @ (roots * y).to(self._values)
        moving = self._values.abs() > _POSITIVE
        factors = torch.where(moving, self._values, 1.0)[:, None]
        self._modes = torch.where(moving[:, None], images / factors, self._modes)
        self.modes_ = outgoing(self._modes, self._numpy)

    def _matrix(self, compression: Compression) -> Tensor:
        if self.debias not in _CORRECTIONS:
            raise ValueError(f"no correction {self.debias!r} for noise; there are {', '.join(_CORRECTIONS)}")
        return _CORRECTIONS[self.debias](compression)

    def _own_dictionary(self) -> Dictionary:
        return PODDictionary(self.rank)
