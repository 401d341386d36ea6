r"""Ordinary differential equations by Taylor series of any order, in floats or in numbers of any precision.

The coefficients of :math:`x' = f(x)` follow one from the other, :math:`x_{k+1} = f(x)_k / (k + 1)`, and each operation
in f has a recurrence for its own.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float


class Series:
    """A power series whose coefficients are computed when they are asked for, each once.

    Args:
        term: k to the coefficient of order k, which may use those of lower order.
        known: the first coefficients.

    Example:
        >>> growth = Series(lambda k: growth[k - 1] / k, (1.0,))  # x' = x
        >>> [(growth * growth)[k] for k in range(4)]
        [1.0, 2.0, 2.0, 1.3333333333333333]
    """

    def __init__(self, term: Callable[[int], Any], known: Sequence[Any] = ()) -> None:
        self.term, self.known = term, list(known)

    def __getitem__(self, k: int) -> Any:
        while len(self.known) <= k:
            self.known.append(self.term(len(self.known)))
        return self.known[k]

    def __add__(self, other: Any) -> "Series":
        other = _series(other)
        return Series(lambda k: self[k] + other[k])

    def __mul__(self, other: Any) -> "Series":
        if not isinstance(other, Series):
            return Series(lambda k: self[k] * other)
        return Series(lambda k: sum(self[j] * other[k - j] for j in range(k + 1)))

    def __truediv__(self, other: Any) -> "Series":
        if not isinstance(other, Series):
            return Series(lambda k: self[k] / other)
        quotient = Series(lambda k: (self[k] - sum(quotient[j] * other[k - j] for j in range(k))) / other[0])
        return quotient

    def __neg__(self) -> "Series":
        return self * -1

    def __sub__(self, other: Any) -> "Series":
        return self + -_series(other)

    def __rsub__(self, other: Any) -> "Series":
        return -self + other

    def __rtruediv__(self, other: Any) -> "Series":
        return _series(other) / self

    __radd__ = __add__
    __rmul__ = __mul__


def solve_taylor(
    rhs: Callable[..., Sequence[Any]], start: Sequence[Any], times: Float[np.ndarray, "nt"], *, order: int, steps: int
) -> Float[np.ndarray, "nt n"]:
    """The solution of an autonomous system at given times.

    Args:
        rhs: ``rhs(*state)`` of n series, to n series or numbers; made of ``+ - * /``.
        start: n numbers at ``times[0]``: floats, or of another type such as ``decimal.Decimal``, which the arithmetic
            then keeps; ``rhs`` uses numbers of that type, or integers as factors and terms.
        times: shape (nt,).
        order: of the series; the error falls with the step to this power.
        steps: between two times.

    Returns:
        Shape (nt, n), rounded to floats.

    Raises:
        ValueError: order or steps below 1.

    Example:
        >>> turned = solve_taylor(lambda x, v: (v, -x), (1.0, 0.0), np.array([0.0, np.pi]), order=20, steps=4)
        >>> turned[1].round(12) + 0.0
        array([-1.,  0.])
    """
    if order < 1 or steps < 1:
        raise ValueError(f"needs order >= 1 and steps >= 1, given order={order}, steps={steps}")
    number = type(start[0])
    states, state = [tuple(start)], tuple(start)
    for before, after in itertools.pairwise(times.tolist()):
        step = (number(after) - number(before)) / steps
        for _ in range(steps):
            state = tuple(_sum(x, step, order) for x in _expand(rhs, state))
        states.append(state)
    return np.array([[float(x) for x in state] for state in states])


def _expand(rhs: Callable[..., Sequence[Any]], state: Sequence[Any]) -> Iterator[Series]:
    """The series of the solution about a state."""
    rates: list[Series] = []
    unknowns = [Series(lambda k, i=i: rates[i][k - 1] / k, (x,)) for i, x in enumerate(state)]
    rates.extend(map(_series, rhs(*unknowns)))
    return iter(unknowns)


def _sum(series: Series, step: Any, order: int) -> Any:
    total = series[order]
    for k in reversed(range(order)):
        total = total * step + series[k]
    return total


def _series(value: Any) -> Series:
    return value if isinstance(value, Series) else Series(lambda k: value * 0, (value,))
