"""Which directional derivatives give which partial derivatives (polarisation), and sums of them (collapsing)."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_ORDER = 8  # beyond it Taylor coefficients of float64 networks lose their digits

Vector = tuple[float, ...]
Parts = dict[Vector, float]


@dataclass(frozen=True)
class Bundle:
    r"""Directions that are expanded to the same order.

    Args:
        directions: vectors of length d, in axis order.
        order: K, how far to expand along each.
        weights: one a direction: of the coefficients of order K only the sum :math:`\sum_d w_d z_K^d` is carried, which
            is all that a Laplacian needs (the forward Laplacian, li2024forward); empty to carry each of them.
    """

    directions: tuple[Vector, ...]
    order: int
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Combination:
    """One summand of a partial derivative: factor times a directional derivative.

    The highest derivative of a collapsed bundle is the weighted sum over its directions, read as direction 0.
    """

    bundle: int
    direction: int
    order: int
    factor: float


@dataclass(frozen=True)
class Plan:
    """What to expand along, and each derivative as a combination of directional ones.

    Args:
        bundles: the directions.
        combinations: name of a derivative, letters in axis order (``"txx"``), or of an operator, to its summands.
    """

    bundles: tuple[Bundle, ...] = ()
    combinations: dict[str, tuple[Combination, ...]] = field(default_factory=dict)


def make_plan(names: Iterable[str], axes: tuple[str, ...]) -> Plan:
    r"""Find the few directions that give all the derivatives named.

    A pure derivative needs its axis. A mixed one of order n comes from polarisation,
    :math:`\partial_{a_1}\dots\partial_{a_n} f = \frac{1}{2^{n-1} n!} \sum_{\epsilon_1=1,\,\epsilon_i=\pm 1}
    \epsilon_2\cdots\epsilon_n\, D^n_{\sum_i \epsilon_i e_{a_i}} f`. The operators ``"laplacian"`` and ``"biharmonic"``,
    over the axes other than ``t``, are collapsed where that carries fewer coefficients.

    Raises:
        ValueError: an order above 8.
    """
    wanted = {name: (_order(name), _parts(name, axes)) for name in sorted(set(names) - {""})}
    orders: dict[Vector, int] = defaultdict(int)
    for name, (order, parts) in wanted.items():
        if name not in OPERATORS:
            _require(orders, parts, order)
    bundles: list[Bundle] = []
    for name in sorted(wanted.keys() & OPERATORS.keys()):  # the biharmonic one first: it holds the axes' lower orders
        order, parts = wanted[name]
        if _collapses(orders, bundles, parts, order):
            bundles.append(Bundle(tuple(parts), order, tuple(parts.values())))
        elif not all(_find(bundles, d, order) for d in parts):
            _require(orders, parts, order)
    orders = {d: order for d, order in orders.items() if not _find(bundles, d, order)}
    for order in sorted(set(orders.values())):
        bundles.append(Bundle(tuple(sorted((d for d in orders if orders[d] == order), reverse=True)), order))
    return Plan(tuple(bundles), {name: _combine(bundles, parts, order) for name, (order, parts) in wanted.items()})


def _order(name: str) -> int:
    order = OPERATORS[name][0] if name in OPERATORS else len(name)
    if order > MAX_ORDER:
        raise ValueError(f"derivative {name!r} is of order {order}; jets go to order {MAX_ORDER}")
    return order


def _parts(name: str, axes: tuple[str, ...]) -> Parts:
    return OPERATORS[name][1](axes) if name in OPERATORS else _polarise(name, axes)


def _require(orders: dict[Vector, int], parts: Parts, order: int) -> None:
    for direction in parts:
        orders[direction] = max(orders.get(direction, 0), order)


def _collapses(orders: dict[Vector, int], bundles: Sequence[Bundle], parts: Parts, order: int) -> bool:
    """Whether the sum over ``parts`` takes fewer coefficients in a collapsed bundle than one by one."""
    known = {d: order if _find(bundles, d, order) else min(orders.get(d, 0), order) for d in parts}
    one_by_one = sum(order - k for k in known.values())
    replaced = sum(k for k in known.values() if k < order)
    return len(parts) * (order - 1) + 1 - replaced < one_by_one


def _find(bundles: Sequence[Bundle], direction: Vector, order: int) -> tuple[int, int] | None:
    """The bundle, and the place in it, that carries the derivative of an order along a direction by itself."""
    for index, bundle in enumerate(bundles):
        alone = bundle.order - 1 if bundle.weights else bundle.order
        if direction in bundle.directions and order <= alone:
            return index, bundle.directions.index(direction)
    return None


def _combine(bundles: Sequence[Bundle], parts: Parts, order: int) -> tuple[Combination, ...]:
    for index, bundle in enumerate(bundles):
        if bundle.weights and bundle.order == order and bundle.directions == tuple(parts):
            return (Combination(index, 0, order, 1.0),)
    places = {direction: _find(bundles, direction, order) for direction in parts}
    return tuple(Combination(*place, order, parts[d]) for d, place in places.items() if place)


def _polarise(name: str, axes: tuple[str, ...]) -> Parts:
    if len(set(name)) == 1:
        return {_unit(axes, name[0]): 1.0}
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


def _laplacian(axes: tuple[str, ...]) -> Parts:
    return {_unit(axes, axis): 1.0 for axis in axes if axis != "t"}


def _biharmonic(axes: tuple[str, ...]) -> Parts:
    r""":math:`\Delta^2 = \frac16 \sum_{i<j} (D^4_{e_i+e_j} + D^4_{e_i-e_j}) + \frac{4-d}{3} \sum_i D^4_{e_i}`."""
    units = list(_laplacian(axes))
    parts = dict.fromkeys(units, (4 - len(units)) / 3)
    for a, b in itertools.combinations(units, 2):
        for sign in (1, -1):
            parts[tuple(p + sign * q for p, q in zip(a, b, strict=True))] = 1 / 6
    return parts


OPERATORS = {"laplacian": (2, _laplacian), "biharmonic": (4, _biharmonic)}


def _unit(axes: tuple[str, ...], axis: str) -> Vector:
    return tuple(float(a == axis) for a in axes)
