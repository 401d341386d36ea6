"""Elementwise functions: their Taylor coefficients, and how they compose with a jet."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from physml.diff.directions import Bundle
from physml.diff.jet import Jet, JetError, Series, rule

TaylorCoefficients = Callable[[Tensor, int], Sequence[Tensor]]


def compose(outer: Sequence[Tensor], jet: Jet) -> Jet:
    r"""The jet of f(u), given :math:`\text{outer}[m] = f^{(m)}(u_0)/m!` (Faà di Bruno on truncated series)."""
    series = [_compose(outer, s, bundle) for s, bundle in zip(jet.series, jet.bundles, strict=True)]
    return Jet(outer[0], series, jet.bundles)


def _compose(outer: Sequence[Tensor], series: Series, bundle: Bundle) -> Series:
    order = bundle.order
    result = [outer[1] * c for c in series]
    power: list[Any] = list(series)  # of (u - u_0)^m, from h^1 on
    highest: list[Tensor] = []  # what joins the coefficient of order K, direction by direction
    for m in range(2, order + 1):
        power = _truncated_product(power, series, order)
        for k in range(m, order):
            result[k - 1] = result[k - 1] + outer[m] * power[k - 1]
        highest.append(outer[m] * gather(power[order - 1], bundle))
    result[-1] = sum(highest, result[-1])
    return tuple(result)


def gather(coefficient: Tensor, bundle: Bundle) -> Tensor:
    """Coefficients of the highest order (directions, ...), or their sum where the bundle has weights."""
    if not bundle.weights:
        return coefficient
    if len(set(bundle.weights)) == 1:
        total = coefficient.sum(0, keepdim=True)
        return total if bundle.weights[0] == 1 else total * bundle.weights[0]
    weights = coefficient.new_tensor(bundle.weights)
    return torch.tensordot(weights, coefficient, dims=1)[None]


def _truncated_product(left: Sequence[Any], right: Series, order: int) -> list[Any]:
    """Product of two series that start at h^1, up to h^order; None marks a coefficient that is zero by structure.

    The highest coefficient of a factor never meets another one, so that it may be a sum over directions.
    """
    product: list[Any] = [None] * order
    for i, a in enumerate(left[: order - 1], start=1):
        for j, b in enumerate(right[: order - i], start=1):
            if a is not None:
                known = product[i + j - 1]
                product[i + j - 1] = a * b if known is None else known + a * b
    return product


def elementwise(*names: str) -> Callable[[TaylorCoefficients], TaylorCoefficients]:
    """Register an elementwise operation by its normalised Taylor coefficients.

    The decorated ``f(u, order)`` returns ``[f(u), f'(u), f''(u)/2!, ...]`` up to ``order``.

    Example:
        >>> @elementwise("digamma")
        ... def digamma(u, order):
        ...     higher = [torch.polygamma(m, u) / math.factorial(m) for m in range(1, order + 1)]
        ...     return [torch.digamma(u), *higher]
    """

    def register(taylor: TaylorCoefficients) -> TaylorCoefficients:
        @rule(*names)
        def apply(jet: Jet) -> Jet:
            return compose(taylor(jet.primal, jet.highest_order), jet)

        return taylor

    return register


@elementwise("tanh")
def tanh(u: Tensor, order: int) -> list[Tensor]:
    y = [torch.tanh(u)]  # y' = 1 - y^2
    for k in range(order):
        y.append(1 - _square(y, k) if k == 0 else _square(y, k) * (-1 / (k + 1)))
    return y


def _square(y: Sequence[Tensor], k: int) -> Tensor:
    """The coefficient of order k of the square of a series."""
    if k == 0:
        return y[0] * y[0]
    crossed = sum((y[j] * y[k - j] for j in range(1, (k + 1) // 2)), y[0] * y[k])
    return 2 * crossed if k % 2 else 2 * crossed + y[k // 2] * y[k // 2]


@elementwise("sigmoid")
def sigmoid(u: Tensor, order: int) -> list[Tensor]:
    y = [torch.sigmoid(u)]  # y' = y - y^2
    for k in range(order):
        y.append((y[k] - _square(y, k)) * (1 / (k + 1)))
    return y


@rule("softplus")
def softplus(u: Jet, beta: float = 1.0, threshold: float = 20.0) -> Jet:
    scaled, order = u * beta, u.highest_order
    slope = sigmoid(scaled.primal, max(order - 1, 0))
    value = torch.nn.functional.softplus(scaled.primal, threshold=threshold)
    return compose([value, *(slope[k] / (k + 1) for k in range(order))], scaled) * (1 / beta)


@elementwise("sin")
def sin(u: Tensor, order: int) -> list[Tensor]:
    return _circular(u, order, phase=0)


@elementwise("cos")
def cos(u: Tensor, order: int) -> list[Tensor]:
    return _circular(u, order, phase=1)


def _circular(u: Tensor, order: int, phase: int) -> list[Tensor]:
    s, c = torch.sin(u), torch.cos(u)
    cycle = (s, c, -s, -c)
    return [cycle[(phase + m) % 4] / math.factorial(m) for m in range(order + 1)]


@elementwise("sinh")
def sinh(u: Tensor, order: int) -> list[Tensor]:
    pair = torch.sinh(u), torch.cosh(u)
    return [pair[m % 2] / math.factorial(m) for m in range(order + 1)]


@elementwise("cosh")
def cosh(u: Tensor, order: int) -> list[Tensor]:
    pair = torch.cosh(u), torch.sinh(u)
    return [pair[m % 2] / math.factorial(m) for m in range(order + 1)]


@elementwise("exp")
def exp(u: Tensor, order: int) -> list[Tensor]:
    y = torch.exp(u)
    return [y / math.factorial(m) for m in range(order + 1)]


@elementwise("expm1")
def expm1(u: Tensor, order: int) -> list[Tensor]:
    return [torch.expm1(u), *exp(u, order)[1:]]


@elementwise("log")
def log(u: Tensor, order: int) -> list[Tensor]:
    return [torch.log(u), *((-1) ** (m + 1) * u**-m / m for m in range(1, order + 1))]


@elementwise("log1p")
def log1p(u: Tensor, order: int) -> list[Tensor]:
    return [torch.log1p(u), *log(1 + u, order)[1:]]


@elementwise("atan", "arctan")
def atan(u: Tensor, order: int) -> list[Tensor]:
    slope: list[Any] = []  # v (1 + u^2) = 1
    for k in range(order):
        known = -(2 * u * slope[k - 1] if k > 0 else -1.0) - (slope[k - 2] if k > 1 else 0.0)
        slope.append(known / (1 + u * u))
    return [torch.atan(u), *(v / (k + 1) for k, v in enumerate(slope))]


@elementwise("erf")
def erf(u: Tensor, order: int) -> list[Tensor]:
    slope: list[Any] = [torch.exp(-u * u) * (2 / math.sqrt(math.pi))]  # v' = -2 u v
    for k in range(order - 1):
        slope.append(-2 * (u * slope[k] + (slope[k - 1] if k else 0.0)) / (k + 1))
    return [torch.erf(u), *(v / (k + 1) for k, v in enumerate(slope[:order]))]


@elementwise("reciprocal")
def reciprocal(u: Tensor, order: int) -> list[Tensor]:
    y = [1 / u]
    for _ in range(order):
        y.append(-y[-1] * y[0])
    return y


@elementwise("sqrt")
def sqrt(u: Tensor, order: int) -> list[Tensor]:
    return _power(u, order, 0.5)


@elementwise("rsqrt")
def rsqrt(u: Tensor, order: int) -> list[Tensor]:
    return _power(u, order, -0.5)


@elementwise("square")
def square(u: Tensor, order: int) -> list[Tensor]:
    return _power(u, order, 2)


def _power(u: Tensor, order: int, exponent: float) -> list[Tensor]:
    coefficients, binomial = [], 1.0
    for m in range(order + 1):
        coefficients.append(binomial * u ** (exponent - m) if binomial else torch.zeros_like(u))
        binomial *= (exponent - m) / (m + 1)
    return coefficients


@rule("pow", "__pow__")
def power(base: Any, exponent: Any) -> Jet:
    if not isinstance(base, Jet) or isinstance(exponent, Jet | Tensor):
        raise JetError("a jet can be raised to a number only; write a**b as exp(b * log(a))")
    return compose(_power(base.primal, base.highest_order, exponent), base)
