"""Convergence: fitted orders, and the certificate that a solution has converged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Certificate:
    """How far a solution is from its own refinement.

    Args:
        error: relative L2 distance to the finest solution.
        order: at which the distances between refinements fall; None for a closed form.
    """

    error: float
    order: float | None


def certify(solutions: Sequence[np.ndarray]) -> Certificate:
    """The certificate of the first of three solutions, each with half the step of the one before.

    Raises:
        ValueError: not three arrays of one shape.
    """
    if len(solutions) != 3 or len({s.shape for s in solutions}) != 1:
        raise ValueError(f"needs three solutions on one grid, given shapes {[s.shape for s in solutions]}")
    coarse, middle, fine = solutions
    order = np.log2(np.linalg.norm(coarse - middle) / np.linalg.norm(middle - fine))
    return Certificate(float(np.linalg.norm(coarse - fine) / np.linalg.norm(fine)), float(order))


def fitted_order(steps: Sequence[float], errors: Sequence[float]) -> float:
    """The slope of log error against log step, by least squares.

    Example:
        >>> round(fitted_order([0.1, 0.05, 0.025], [1e-2, 2.5e-3, 6.25e-4]), 6)
        2.0
    """
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


class ConvergenceWarning(UserWarning):
    """An iteration has ended before it reached its tolerance; what it found is returned nevertheless."""
