"""The jet rules of torch operations, by name."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from physml.diff.jet import Jet, JetError, rule

TaylorCoefficients = Callable[[Tensor, int], Sequence[Tensor]]


def compose(outer: Sequence[Tensor], jet: Jet) -> Jet:
    r"""The jet of f(u), given :math:`\text{outer}[m] = f^{(m)}(u_0)/m!` (Faà di Bruno on truncated series)."""
    coefficients = [outer[0]]
    for index, order in enumerate(jet.orders):
        series = jet.direction(index)
        power: list[Any] = list(series)  # of (u - u_0)^m, from h^1 on
        result = [outer[1] * c for c in series]
        for m in range(2, order + 1):
            power = _truncated_product(power, series)
            for k in range(m, order + 1):
                result[k - 1] = result[k - 1] + outer[m] * power[k - 1]
        coefficients.extend(result)
    return Jet(coefficients, jet.orders)


def _truncated_product(left: Sequence[Tensor | None], right: Sequence[Tensor]) -> list[Tensor | None]:
    """Product of two series that start at h^1; None marks a coefficient that is zero by structure."""
    product: list[Tensor | None] = [None] * len(right)
    for i, a in enumerate(left, start=1):
        for j, b in enumerate(right[: len(right) - i], start=1):
            if a is not None:
                term = a * b
                known = product[i + j - 1]
                product[i + j - 1] = term if known is None else known + term
    return product


def elementwise(*names: str) -> Callable[[TaylorCoefficients], TaylorCoefficients]:
    """Register an elementwise operation by its normalised Taylor coefficients.

    The decorated ``f(u, order)`` returns ``[f(u), f'(u), f''(u)/2!, ...]`` up to ``order``.

    Example:
        >>> @elementwise("cosh")
        ... def cosh(u, order):
        ...     even, odd = torch.cosh(u), torch.sinh(u)
        ...     return [(odd if m % 2 else even) / math.factorial(m) for m in range(order + 1)]
    """

    def register(taylor: TaylorCoefficients) -> TaylorCoefficients:
        @rule(*names)
        def apply(jet: Jet) -> Jet:
            return compose(taylor(jet.primal, max(jet.orders, default=0)), jet)

        return taylor

    return register


@elementwise("tanh")
def tanh(u: Tensor, order: int) -> list[Tensor]:
    y = [torch.tanh(u)]  # y' = 1 - y^2
    for k in range(order):
        square: Any = sum(y[j] * y[k - j] for j in range(k + 1))
        y.append((1 - square if k == 0 else -square) / (k + 1))
    return y


@elementwise("sigmoid")
def sigmoid(u: Tensor, order: int) -> list[Tensor]:
    y = [torch.sigmoid(u)]  # y' = y - y^2
    for k in range(order):
        y.append((y[k] - sum(y[j] * y[k - j] for j in range(k + 1))) / (k + 1))
    return y


@rule("softplus")
def softplus(u: Jet, beta: float = 1.0, threshold: float = 20.0) -> Jet:
    scaled, order = u * beta, max(u.orders, default=0)
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


@elementwise("exp")
def exp(u: Tensor, order: int) -> list[Tensor]:
    y = torch.exp(u)
    return [y / math.factorial(m) for m in range(order + 1)]


@elementwise("log")
def log(u: Tensor, order: int) -> list[Tensor]:
    return [torch.log(u), *((-1) ** (m + 1) * u**-m / m for m in range(1, order + 1))]


@elementwise("reciprocal")
def reciprocal(u: Tensor, order: int) -> list[Tensor]:
    return _power(u, order, -1.0)


@elementwise("sqrt")
def sqrt(u: Tensor, order: int) -> list[Tensor]:
    return _power(u, order, 0.5)


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
    return compose(_power(base.primal, max(base.orders, default=0), exponent), base)


@rule("silu")
def silu(u: Jet, inplace: bool = False) -> Jet:
    return multiply(u, u.sigmoid())


@rule("neg", "negative")
def negate(u: Jet) -> Jet:
    return u.map(torch.neg)


@rule("add", "__add__", "__radd__")
def add(a: Any, b: Any) -> Jet:
    if isinstance(a, Jet) and isinstance(b, Jet):
        return Jet([p + q for p, q in zip(a.coefficients, _same(a, b).coefficients, strict=True)], a.orders)
    jet, constant = (a, b) if isinstance(a, Jet) else (b, a)
    primal = jet.primal + constant
    return Jet([primal, *(c.expand_as(primal) for c in jet.coefficients[1:])], jet.orders)


@rule("sub", "subtract", "__sub__")
def subtract(a: Any, b: Any) -> Jet:
    return add(a, -b)


@rule("rsub", "__rsub__")
def reverse_subtract(a: Any, b: Any) -> Jet:
    return add(b, -a)


@rule("mul", "multiply", "__mul__", "__rmul__")
def multiply(a: Any, b: Any) -> Jet:
    if not (isinstance(a, Jet) and isinstance(b, Jet)):
        jet, constant = (a, b) if isinstance(a, Jet) else (b, a)
        return jet.map(lambda coefficient: coefficient * constant)
    _same(a, b)
    coefficients: list[Any] = [a.primal * b.primal]
    for index, order in enumerate(a.orders):
        left, right = (a.primal, *a.direction(index)), (b.primal, *b.direction(index))
        coefficients.extend(sum(left[j] * right[k - j] for j in range(k + 1)) for k in range(1, order + 1))
    return Jet(coefficients, a.orders)


@rule("div", "divide", "true_divide", "__truediv__")
def divide(a: Any, b: Any) -> Jet:
    if isinstance(b, Jet):
        return multiply(a, b.reciprocal())
    return a.map(lambda coefficient: coefficient / b)


@rule("__rdiv__", "__rtruediv__")
def reverse_divide(a: Jet, b: Any) -> Jet:
    return divide(b, a)


@rule("linear")
def linear(u: Jet, weight: Tensor, bias: Tensor | None = None) -> Jet:
    product = torch.stack(u.coefficients) @ weight.mT  # one matrix product for all coefficients
    primal = product[0] if bias is None else product[0] + bias
    return Jet([primal, *product.unbind(0)[1:]], u.orders)


@rule("matmul", "__matmul__")
def matmul(a: Jet, b: Tensor) -> Jet:
    if isinstance(b, Jet) or not isinstance(a, Jet):
        raise JetError("matmul takes a jet on the left and a constant matrix on the right")
    return Jet(torch.matmul(torch.stack(a.coefficients), b).unbind(0), a.orders)


@rule("cat", "concat")
def cat(parts: Sequence[Any], dim: int = 0) -> Jet:
    return _join(torch.cat, parts, dim)


@rule("stack")
def stack(parts: Sequence[Any], dim: int = 0) -> Jet:
    return _join(torch.stack, parts, dim)


def _join(function: Callable[..., Tensor], parts: Sequence[Any], dim: int) -> Jet:
    model = next(part for part in parts if isinstance(part, Jet))
    jets = [_same(model, part) if isinstance(part, Jet) else constant(part, model.orders) for part in parts]
    columns = zip(*(jet.coefficients for jet in jets), strict=True)
    return Jet([function(column, dim=dim) for column in columns], model.orders)


def constant(value: Tensor, orders: Sequence[int]) -> Jet:
    """A jet whose derivatives are zero."""
    return Jet([value, *[torch.zeros_like(value)] * sum(orders)], orders)


def _same(a: Jet, b: Jet) -> Jet:
    if a.orders != b.orders:
        raise JetError(f"jets along other directions cannot be mixed: orders {a.orders} and {b.orders}")
    return b


def _linear_map(name: str) -> None:
    """Register a tensor method that is linear in its tensor."""

    @rule(name)
    def apply(u: Jet, *args: Any, **kwargs: Any) -> Jet:
        return u.map(lambda coefficient: getattr(coefficient, name)(*args, **kwargs))


for _name in (
    "reshape",
    "view",
    "flatten",
    "unsqueeze",
    "squeeze",
    "transpose",
    "permute",
    "expand",
    "movedim",
    "sum",
    "mean",
    "contiguous",
    "clone",
):
    _linear_map(_name)
