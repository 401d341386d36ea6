"""Where to put the samples: points and weights of integrals against the measure of the states."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

Bounds = float | Sequence[float]


class Quadrature(NamedTuple):
    r""":math:`\int f\, d\omega \approx \sum_m w_m f(x_m)`.

    Args:
        points: (M, d).
        weights: (M,).
    """

    points: Tensor
    weights: Tensor


def monte_carlo(low: Bounds, high: Bounds, count: int, generator: torch.Generator) -> Quadrature:
    r"""Independent uniform points of a box, each with the weight 1 / M; the error falls as :math:`M^{-1/2}`.

    Args:
        low: of each coordinate, or a number for one.
        high: of each coordinate.
        count: M.
        generator: of the points.

    Raises:
        ValueError: low and high do not bound a box, or count < 1.

    Example:
        >>> rule = monte_carlo((0.0, 0.0), (1.0, 2.0), 1000, torch.Generator().manual_seed(0))
        >>> rule.points.shape, round(float(rule.weights.sum()), 12)
        (torch.Size([1000, 2]), 1.0)
    """
    a, b = _box(low, high, count)
    points = a + (b - a) * torch.rand(count, len(a), generator=generator, dtype=torch.float64)
    return Quadrature(points, torch.full((count,), 1 / count, dtype=torch.float64))


def ergodic(step: Callable[[Tensor], Tensor], start: Tensor, count: int, transient: int = 0) -> Quadrature:
    r"""The points of one trajectory, whose averages are integrals against an ergodic measure (Birkhoff).

    Args:
        step: the flow map, (d,) to (d,).
        start: (d,).
        count: M.
        transient: steps that are left out first.

    Raises:
        ValueError: count < 1.

    Example:
        >>> rule = ergodic(lambda x: (x + 2**0.5) % 1, torch.zeros(1, dtype=torch.float64), 1000)
        >>> abs(float(rule.weights @ rule.points[:, 0]) - 0.5) < 1e-2
        True
    """
    if count < 1 or transient < 0:
        raise ValueError(f"count is {count} and transient {transient}; expected count >= 1 and transient >= 0")
    state, points = start, []
    for done in range(transient + count):
        if done >= transient:
            points.append(state)
        state = step(state)
    return Quadrature(torch.stack(points), torch.full((count,), 1 / count, dtype=torch.float64))


def trapezoid(low: Bounds, high: Bounds, counts: int | Sequence[int], periodic: bool = False) -> Quadrature:
    r"""Equispaced points of a box and Lebesgue measure; the error falls as :math:`M^{-2}`.

    Args:
        low: of each coordinate, or a number for one.
        high: of each coordinate.
        counts: points along each coordinate, or along all.
        periodic: leave out the repeated end; for smooth functions the error then falls faster than any power.

    Raises:
        ValueError: low and high do not bound a box, or a count < 2.

    Example:
        >>> rule = trapezoid(0.0, 2 * math.pi, 8, periodic=True)
        >>> round(float(rule.weights @ torch.cos(rule.points[:, 0]) ** 2 / math.pi), 12)
        1.0
    """
    bounds = list(zip(*(bound.tolist() for bound in _box(low, high, 1)), strict=True))
    counts = [counts] * len(bounds) if isinstance(counts, int) else list(counts)
    if min(counts) < 2 or len(counts) != len(bounds):
        raise ValueError(f"counts are {counts} for {len(bounds)} coordinates; expected at least 2 along each")
    axes = []
    for (a, b), n in zip(bounds, counts, strict=True):
        step = (b - a) / (n if periodic else n - 1)
        weights = torch.full((n,), step, dtype=torch.float64)
        if not periodic:
            weights[0] = weights[-1] = step / 2
        axes.append((a + step * torch.arange(n, dtype=torch.float64), weights))
    return _product(axes)


def gauss_legendre(low: Bounds, high: Bounds, counts: int | Sequence[int]) -> Quadrature:
    """Gauss-Legendre points of a box and Lebesgue measure; converges exponentially for analytic functions.

    Args:
        low: of each coordinate, or a number for one.
        high: of each coordinate.
        counts: points along each coordinate, or along all.

    Raises:
        ValueError: low and high do not bound a box, or a count < 1.

    Example:
        >>> rule = gauss_legendre(-1.0, 0.0, 5)
        >>> round(float(rule.weights @ rule.points[:, 0] ** 8 * 9), 12)
        1.0
    """
    bounds = list(zip(*(bound.tolist() for bound in _box(low, high, 1)), strict=True))
    counts = [counts] * len(bounds) if isinstance(counts, int) else list(counts)
    if min(counts) < 1 or len(counts) != len(bounds):
        raise ValueError(f"counts are {counts} for {len(bounds)} coordinates; expected at least 1 along each")
    axes = []
    for (a, b), n in zip(bounds, counts, strict=True):
        t, w = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(n))
        axes.append((a + (b - a) * (t + 1) / 2, (b - a) / 2 * w))
    return _product(axes)


def gauss_hermite(dimension: int, count: int) -> Quadrature:
    """Gauss-Hermite points of the standard normal distribution; exact for polynomials up to degree 2 count - 1.

    Args:
        dimension: d.
        count: points along each coordinate.

    Raises:
        ValueError: a number below 1.

    Example:
        >>> rule = gauss_hermite(1, 3)
        >>> round(float(rule.weights @ rule.points[:, 0] ** 4), 12)
        3.0
    """
    if dimension < 1 or count < 1:
        raise ValueError(f"dimension is {dimension} and count {count}; expected both >= 1")
    return _product([_hermite(count)] * dimension)


def smolyak(dimension: int, level: int) -> Quadrature:
    r"""The sparse grid of Gauss-Hermite rules for the standard normal distribution in many dimensions.

    .. math:: \sum_{L-d+1 \le |l| \le L} (-1)^{L-|l|} \binom{d-1}{L-|l|}\, Q_{l_1} \otimes \dots \otimes Q_{l_d}

    with rules Q of l + 1 points; exact for polynomials of total degree 2 level + 1. Some weights are negative, so
    that its Gram matrices go to :meth:`physml.koopman.Compression.from_gram`.

    Args:
        dimension: d.
        level: L.

    Raises:
        ValueError: dimension < 1 or level < 0.

    Example:
        >>> rule = smolyak(5, 2)
        >>> len(rule.weights), round(float(rule.weights @ (rule.points[:, 0] * rule.points[:, 4]) ** 2), 12)
        (61, 1.0)
    """
    if dimension < 1 or level < 0:
        raise ValueError(f"dimension is {dimension} and level {level}; expected dimension >= 1 and level >= 0")
    points, weights = [], []
    for levels in _simplex(dimension, level):
        missing = level - sum(levels)
        if missing < dimension:
            sign = (-1) ** missing * math.comb(dimension - 1, missing)
            rule = _product([_hermite(n + 1) for n in levels])
            points.append(rule.points)
            weights.append(sign * rule.weights)
    unique, inverse = (torch.cat(points) + 0.0).round(decimals=12).unique(dim=0, return_inverse=True)
    return Quadrature(unique, torch.zeros(len(unique)).double().index_add_(0, inverse, torch.cat(weights)))


def _simplex(dimension: int, total: int) -> list[tuple[int, ...]]:
    """All tuples of nonnegative integers with at most that sum."""
    if dimension == 1:
        return [(n,) for n in range(total + 1)]
    return [(n, *rest) for n in range(total + 1) for rest in _simplex(dimension - 1, total - n)]


def _hermite(count: int) -> tuple[Tensor, Tensor]:
    t, w = np.polynomial.hermite_e.hermegauss(count)
    return torch.from_numpy(t), torch.from_numpy(w / w.sum())


def _product(axes: list[tuple[Tensor, Tensor]]) -> Quadrature:
    points = torch.cartesian_prod(*[p for p, _ in axes]).reshape(-1, len(axes))
    weights = torch.cartesian_prod(*[w for _, w in axes]).reshape(-1, len(axes)).prod(1)
    return Quadrature(points, weights)


def _box(low: Bounds, high: Bounds, count: int) -> tuple[Tensor, Tensor]:
    a, b = (torch.atleast_1d(torch.as_tensor(bound, dtype=torch.float64)) for bound in (low, high))
    if a.shape != b.shape or a.ndim != 1 or not bool((a < b).all()) or count < 1:
        raise ValueError(
            f"low is {low}, high {high} and count {count}; expected low < high for each coordinate, count >= 1"
        )
    return a, b
