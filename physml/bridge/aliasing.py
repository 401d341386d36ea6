"""When snapshots are too far apart to tell a rotation from a slower one."""

from __future__ import annotations

import itertools
import math
import warnings

import torch

from physml.bridge.gaussian_refinement import AliasingWarning
from physml.bridge.reference import Reference
from physml.problem import SnapshotData


def warn_of_aliasing(reference: Reference, data: SnapshotData) -> None:
    r"""Warn where the drift turns states by more than a quarter between two snapshots.

    Looks at affine drifts A x + c, for :math:`|\mathrm{Im}\,\lambda(A)| \Delta > \pi / 2` with the shortest interval.

    Warns:
        AliasingWarning: with the angle.
    """
    if reference.theta is None or reference.affine is None:
        return
    shortest = min(end - begin for begin, end in itertools.pairwise(data.times))
    angle = float(torch.linalg.eigvals(reference.affine[0]).imag.abs().max()) * shortest
    if angle > math.pi / 2:
        warnings.warn(
            f"the fitted drift turns states by {angle:.2f} > pi/2 between two snapshots, so that a slower or faster "
            "rotation may fit as well; take snapshots closer together, or compare fits to fewer of them",
            AliasingWarning,
            stacklevel=3,
        )
