"""Sums, products and quotients of jets, and everything else that is linear in each of two arguments."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from physml.diff.directions import Bundle
from physml.diff.jet import Jet, JetError, rule
from physml.diff.rules.elementwise import gather

Bilinear = Callable[[Any, Any], Any]


def constant(value: Tensor, bundles: tuple[Bundle, ...]) -> Jet:
    """A jet whose derivatives are zero."""
    zero = torch.zeros_like(value)
    series = []
    for bundle in bundles:
        inner = [zero.expand(len(bundle.directions), *value.shape)] * bundle.order
        series.append((*inner[:-1], zero[None]) if bundle.weights else tuple(inner))
    return Jet(value, series, bundles)


def same(a: Jet, b: Jet) -> Jet:
    """The second jet, if it goes along the directions of the first.

    Raises:
        JetError: it does not.
    """
    if a.bundles is not b.bundles and a.bundles != b.bundles:
        raise JetError(f"jets along other directions cannot be mixed: {a.bundles} and {b.bundles}")
    return b


def raise_dims(jet: Jet, ndim: int) -> Jet:
    """The jet with dimensions of size 1 put in front, as broadcasting does, up to ``ndim``."""
    if jet.ndim >= ndim:
        return jet
    more = [1] * (ndim - jet.ndim)
    series = [tuple(c.reshape(len(c), *more, *jet.shape) for c in series) for series in jet.series]
    return Jet(jet.primal.reshape(*more, *jet.shape), series, jet.bundles)


def apply_bilinear(product: Bilinear, a: Any, b: Any, *, elementwise: bool = False) -> Jet:
    r"""The rule of Leibniz, :math:`(a \cdot b)_k = \sum_j a_j \cdot b_{k-j}`.

    Args:
        product: of tensors.
        a, b: jets, or one of them a constant tensor or number.
        elementwise: the product broadcasts over a first dimension that only one of its arguments has.
    """
    first, second, both = (product,) * 3 if elementwise else _over_directions(product)
    if not isinstance(b, Jet):
        return Jet(product(a.primal, b), [tuple(first(c, b) for c in s) for s in a.series], a.bundles)
    if not isinstance(a, Jet):
        return Jet(product(a, b.primal), [tuple(second(a, c) for c in s) for s in b.series], b.bundles)
    same(a, b)
    series = []
    for left, right, bundle in zip(a.series, b.series, a.bundles, strict=True):
        outer = [first(c, b.primal) + second(a.primal, d) for c, d in zip(left, right, strict=True)]
        inner: list[Any] = [
            sum(both(left[j - 1], right[k - j - 1]) for j in range(1, k)) for k in range(2, len(left) + 1)
        ]
        if inner:
            inner[-1] = gather(inner[-1], bundle)
        series.append((outer[0], *(p + q for p, q in zip(outer[1:], inner, strict=True))))
    return Jet(product(a.primal, b.primal), series, a.bundles)


def _over_directions(product: Bilinear) -> tuple[Bilinear, Bilinear, Bilinear]:
    """The product where the first, the second, or both arguments have directions along their first dimension."""

    def first(a: Tensor, b: Any) -> Tensor:
        return product(a[0], b)[None] if len(a) == 1 else torch.vmap(product, (0, None))(a, b)

    def second(a: Any, b: Tensor) -> Tensor:
        return product(a, b[0])[None] if len(b) == 1 else torch.vmap(product, (None, 0))(a, b)

    def both(a: Tensor, b: Tensor) -> Tensor:
        return product(a[0], b[0])[None] if len(a) == 1 else torch.vmap(product)(a, b)

    return first, second, both


@rule("neg", "negative")
def negate(u: Jet) -> Jet:
    return Jet(-u.primal, [tuple(-c for c in series) for series in u.series], u.bundles)


@rule("add", "__add__", "__radd__")
def add(a: Any, b: Any, *, alpha: float = 1) -> Jet:
    b = b if alpha == 1 else b * alpha
    if isinstance(a, Jet) and isinstance(b, Jet):
        same(a, b)
        a, b = raise_dims(a, b.ndim), raise_dims(b, a.ndim)
        pairs = zip(a.series, b.series, strict=True)
        series = [tuple(p + q for p, q in zip(left, right, strict=True)) for left, right in pairs]
        return Jet(a.primal + b.primal, series, a.bundles)
    jet, other = (a, b) if isinstance(a, Jet) else (b, a)
    jet = raise_dims(jet, getattr(other, "ndim", 0))
    primal = jet.primal + other
    series = [tuple(c.expand(len(c), *primal.shape) for c in series) for series in jet.series]
    return Jet(primal, series, jet.bundles)


@rule("sub", "subtract", "__sub__")
def subtract(a: Any, b: Any, *, alpha: float = 1) -> Jet:
    return add(a, -b, alpha=alpha)


@rule("rsub", "__rsub__")
def reverse_subtract(a: Any, b: Any) -> Jet:
    return add(b, -a)


@rule("mul", "multiply", "__mul__", "__rmul__")
def multiply(a: Any, b: Any) -> Jet:
    ndim = max(getattr(a, "ndim", 0), getattr(b, "ndim", 0))
    a, b = (raise_dims(x, ndim) if isinstance(x, Jet) else x for x in (a, b))
    return apply_bilinear(torch.mul, a, b, elementwise=True)


@rule("div", "divide", "true_divide", "__truediv__")
def divide(a: Any, b: Any) -> Jet:
    return multiply(a, b.reciprocal() if isinstance(b, Jet | Tensor) else 1 / b)


@rule("__rdiv__", "__rtruediv__")
def reverse_divide(a: Jet, b: Any) -> Jet:
    return divide(b, a)


@rule("matmul", "__matmul__", "mm", "bmm", "mv")
def matmul(a: Any, b: Any) -> Jet:
    return apply_bilinear(torch.matmul, a, b)


@rule("__rmatmul__")
def reverse_matmul(a: Any, b: Any) -> Jet:
    return matmul(b, a)


@rule("einsum")
def einsum(equation: str, *operands: Any) -> Jet:
    operands = tuple(operands[0]) if len(operands) == 1 and isinstance(operands[0], tuple | list) else operands
    if len(operands) == 1:
        return operands[0].map(lambda c: torch.einsum(equation, c))
    if len(operands) > 2:
        raise JetError("einsum takes at most two operands when one of them is a jet; contract them in pairs")

    return apply_bilinear(lambda a, b: torch.einsum(equation, a, b), *operands)
