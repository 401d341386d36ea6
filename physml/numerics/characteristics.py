r"""Characteristics of first-order equations: :math:`u(t, x) = u_0(\xi)`, where :math:`\xi` is where x comes from."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

_ITERATIONS = 100
_SAMPLES = 1000

Function = Callable[[np.ndarray], np.ndarray]


def feet_of_values(x: Float[np.ndarray, "n"], t: float, speed: Function, slope: Function) -> Float[np.ndarray, "n"]:
    r"""Feet for :math:`u_t + a(u) u_x = 0`, where each value keeps its own speed: :math:`\xi + t\,a(u_0(\xi)) = x`.

    Args:
        x: where, shape (n,).
        t: when; before the first shock, which is at :math:`t = 1 / \max(-(a \circ u_0)')`.
        speed: :math:`a(u_0(\xi))`.
        slope: its derivative.

    Returns:
        The feet, shape (n,), by Newton's method inside a bracket.

    Raises:
        ValueError: characteristics have crossed: t is past the shock.

    Example:
        >>> feet_of_values(np.array([3.0]), 2.0, lambda x: x, np.ones_like)  # u_t + u u_x = 0 from u_0 = x
        array([1.])
    """
    low, high = _bracket(x, t, speed)
    feet = (low + high) / 2
    for _ in range(_ITERATIONS):
        missed = feet + t * speed(feet) - x
        low, high = np.where(missed < 0, feet, low), np.where(missed < 0, high, feet)
        newton = feet - missed / (1 + t * slope(feet))
        trial = np.where((low <= newton) & (newton <= high), newton, (low + high) / 2)
        moved, feet = np.abs(trial - feet).max(), trial
        if moved <= 4 * np.finfo(float).eps * np.abs(x).max():
            break
    if (1 + t * slope(np.linspace(feet.min(), feet.max(), _SAMPLES)) <= 0).any():
        raise ValueError(f"characteristics have crossed before t = {t:g}: the solution has a shock")
    return feet


def _bracket(x: np.ndarray, t: float, speed: Function) -> tuple[np.ndarray, np.ndarray]:
    """Points to both sides of the feet."""
    width = np.full_like(x, 1.0 + t * np.abs(speed(x)).max())
    while True:
        low, high = x - width, x + width
        outside = (low + t * speed(low) > x) | (high + t * speed(high) < x)
        if not outside.any():
            return low, high
        width = np.where(outside, 2 * width, width)


def feet_of_paths(
    x: Float[np.ndarray, "n"], t: float, velocity: Callable[[float, np.ndarray], np.ndarray], steps: int
) -> Float[np.ndarray, "n"]:
    r"""Feet for :math:`u_t + a(t, x) u_x = 0`: paths :math:`\dot x = a` followed back from t to 0, at order 4.

    Args:
        x: where, shape (n,).
        t: when.
        velocity: ``velocity(t, x)``.
        steps: of the classical Runge-Kutta scheme.

    Returns:
        The feet, shape (n,).

    Example:
        >>> feet_of_paths(np.array([1.0]), 1.0, lambda t, x: x, steps=100).round(8)  # exp(-1)
        array([0.36787944])
    """
    h = -t / steps
    for i in range(steps):
        now = t + i * h
        a = velocity(now, x)
        b = velocity(now + h / 2, x + h / 2 * a)
        c = velocity(now + h / 2, x + h / 2 * b)
        d = velocity(now + h, x + h * c)
        x = x + h / 6 * (a + 2 * b + 2 * c + d)
    return x
