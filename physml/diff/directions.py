"""Which directional derivatives give which partial derivatives (polarisation)."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

MAX_ORDER = 8  # beyond it Taylor coefficients of float64 networks lose their digits


@dataclass(frozen=True)
class Combination:
    """One summand of a partial derivative: factor times the directional derivative of an order."""

    direction: int
    order: int
    factor: float


@dataclass(frozen=True)
class Plan:
    """Directions to expand along, and each partial derivative as a combination of directional ones.

    Args:
        directions: vectors of length d, in axis order.
        orders: how far to expand along each.
        combinations: name of a derivative, letters in axis order (``"txx"``), to its summands.
    """

    directions: tuple[tuple[float, ...], ...]
    orders: tuple[int, ...]
    combinations: dict[str, tuple[Combination, ...]]


def make_plan(names: Iterable[str], axes: tuple[str, ...]) -> Plan:
    r"""Find the few directions that give all the derivatives named.

    A pure derivative needs its axis. A mixed one of order n comes from polarisation,
    :math:`\partial_{a_1}\dots\partial_{a_n} f = \frac{1}{2^{n-1} n!} \sum_{\epsilon_1=1,\,\epsilon_i=\pm 1}
    \epsilon_2\cdots\epsilon_n\, D^n_{\sum_i \epsilon_i e_{a_i}} f`.

    Raises:
        ValueError: an order above 8.
    """
    summands: dict[str, dict[tuple[float, ...], float]] = {}
    orders: dict[tuple[float, ...], int] = defaultdict(int)
    for name in sorted(set(names) - {""}):
        if len(name) > MAX_ORDER:
            raise ValueError(f"derivative {name!r} is of order {len(name)}; jets go to order {MAX_ORDER}")
        summands[name] = _polarise(name, axes)
        for direction in summands[name]:
            orders[direction] = max(orders[direction], len(name))
    directions = tuple(sorted(orders, reverse=True))
    index = {direction: i for i, direction in enumerate(directions)}
    combinations = {
        name: tuple(Combination(index[d], len(name), factor) for d, factor in parts.items())
        for name, parts in summands.items()
    }
    return Plan(directions, tuple(orders[d] for d in directions), combinations)


def _polarise(name: str, axes: tuple[str, ...]) -> dict[tuple[float, ...], float]:
    if len(set(name)) == 1:
        return {tuple(float(axis == name[0]) for axis in axes): 1.0}
    order, parts = len(name), defaultdict(float)
    for signs in itertools.product((1, -1), repeat=order - 1):
        vector = [0] * len(axes)
        for letter, sign in zip(name, (1, *signs), strict=True):
            vector[axes.index(letter)] += sign
        factor = math.prod(signs) / (2 ** (order - 1) * math.factorial(order))
        first = next((v for v in vector if v), 0)
        if first:  # D^n along c v is c^n D^n along v: keep one vector a line
            scale = math.gcd(*vector) * (1 if first > 0 else -1)
            parts[tuple(v / scale for v in vector)] += factor * scale**order
    return {vector: factor for vector, factor in parts.items() if factor}
