"""When snapshots are too far apart to tell a rotation from a slower one."""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor


class AliasingWarning(UserWarning):
    r"""The snapshots are too far apart to tell a rotation from one that is :math:`2 \pi / \Delta` slower."""


def warn_of_aliasing(A: Tensor, interval: float) -> None:
    r"""Warn where the drift A x + c turns states by more than a quarter between two snapshots.

    Args:
        A: shape (d, d).
        interval: the shortest time :math:`\Delta` between two snapshots.

    Warns:
        AliasingWarning: :math:`|\mathrm{Im}\,\lambda(A)| \Delta > \pi / 2`; with the angle.
    """
    angle = float(torch.linalg.eigvals(A).imag.abs().max()) * interval
    if angle > math.pi / 2:
        warnings.warn(
            f"the fitted drift turns by {angle:.2f} > pi/2 between two snapshots, so that a slower or faster "
            "rotation may fit as well; take snapshots closer together, or compare fits from several first references",
            AliasingWarning,
            stacklevel=3,
        )
