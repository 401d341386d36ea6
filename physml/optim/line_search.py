"""A line search for the strong Wolfe conditions, by cubic interpolation in a bracket that shrinks."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

_DECREASE = 1e-4  # c1 of the sufficient decrease
_CURVATURE = 0.9  # c2: how far the slope must have flattened
_EXPANSION = 4.0
_MARGIN = 0.1  # of the bracket, at each end, that a trial must keep away from
_ROUND_OFF = 1e-15  # relative differences of the loss below this count as none


@dataclass(frozen=True)
class Trial:
    """A point of a line.

    Args:
        step: how far along the direction.
        value: of the function there; infinity if it is not a number.
        slope: its derivative along the direction.
        gradient: of the function in all variables.
    """

    step: float
    value: float
    slope: float
    gradient: Tensor


def strong_wolfe(evaluate: Callable[[float], Trial], start: Trial, first: float, evaluations: int = 25) -> Trial | None:
    r"""A step :math:`\alpha` where

    .. math:: f(\alpha) \le f(0) + c_1 \alpha f'(0), \qquad |f'(\alpha)| \le c_2 |f'(0)|.

    Args:
        evaluate: the trial of a step.
        start: the trial of step 0; its slope is negative.
        first: the step that is tried first.
        evaluations: at most so many.

    Returns:
        Such a trial; the lowest with the first condition if none has both; None if none has the first.
    """
    low, high, step = start, None, first
    for _ in range(evaluations):
        trial = evaluate(step)
        if not _decreases(trial, start) or trial.value > low.value:
            high = trial
        elif abs(trial.slope) <= -_CURVATURE * start.slope:
            return trial
        else:
            ahead = 1.0 if high is None else high.step - low.step
            high = low if trial.slope * ahead >= 0 else high
            low = trial
        step = _EXPANSION * low.step if high is None else _inside(low, high)
        if step in (low.step, high.step if high else math.inf):
            break
    return low if low is not start else None


def _decreases(trial: Trial, start: Trial) -> bool:
    allowed = start.value + _DECREASE * trial.step * start.slope
    return math.isfinite(trial.slope) and trial.value <= allowed + _ROUND_OFF * abs(start.value)


def _inside(low: Trial, high: Trial) -> float:
    """A step between both: the minimiser of the cubic with their values and slopes, away from the ends."""
    width = high.step - low.step
    fraction = _cubic_minimizer(low.value, low.slope * width, high.value, high.slope * width)
    return low.step + min(max(fraction, _MARGIN), 1 - _MARGIN) * width


def _cubic_minimizer(f0: float, g0: float, f1: float, g1: float) -> float:
    """Where the cubic with these values and slopes at 0 and 1 is smallest in between; 1/2 if it is not finite."""
    total = g0 + g1 - 3 * (f1 - f0)
    inside = total * total - g0 * g1
    if not inside >= 0:
        return 0.5
    root = math.sqrt(inside)
    fraction = 1 - (g1 + root - total) / (g1 - g0 + 2 * root) if g1 - g0 + 2 * root else 0.5
    return fraction if math.isfinite(fraction) else 0.5
