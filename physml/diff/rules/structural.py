"""Linear layers, and operations that only move, join or add up numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from physml.diff.jet import Jet, JetError, rule
from physml.diff.rules.arithmetic import add, constant, same

LINEAR_MAPS = (
    "reshape", "view", "view_as", "flatten", "unflatten", "unsqueeze", "squeeze", "transpose", "swapaxes", "permute",
    "movedim", "expand", "expand_as", "broadcast_to", "repeat", "tile", "flip", "roll", "narrow", "select",
    "index_select", "gather", "diagonal", "tril", "triu", "sum", "mean", "cumsum", "contiguous", "clone", "detach",
    "to", "double", "float",
)  # fmt: skip


@rule("linear")
def linear(u: Any, weight: Any, bias: Any = None) -> Jet:
    if isinstance(weight, Jet) or isinstance(bias, Jet):
        raise JetError("linear takes a jet as its input only; write u @ w.mT + b for weights that depend on the points")
    dense = [u.primal[None], *(c for series in u.series for c in series if not is_uniform(c))]
    products = iter((torch.cat(dense) @ weight.mT).split([len(c) for c in dense]))  # one product for all of them
    primal = next(products)[0]
    series = [tuple(_uniformly(c, weight) if is_uniform(c) else next(products) for c in s) for s in u.series]
    return Jet(primal if bias is None else primal + bias, series, u.bundles)


def is_uniform(coefficient: Tensor) -> bool:
    """Whether a coefficient (directions, ..., m) is known to be the same at all points, as those of a seed are."""
    return coefficient.ndim > 2 and not any(coefficient.stride()[1:-1])


def _uniformly(coefficient: Tensor, weight: Tensor) -> Tensor:
    """The product of a uniform coefficient and a weight, at one point only."""
    one = coefficient[(slice(None), *[0] * (coefficient.ndim - 2))] @ weight.mT
    one = one.reshape(len(coefficient), *[1] * (coefficient.ndim - 2), -1)
    return one.expand(*coefficient.shape[:-1], -1)


@rule("addmm", "baddbmm")
def addmm(bias: Any, a: Any, b: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    return add(bias * beta, a @ b * alpha)


@rule("cat", "concat", "concatenate")
def cat(parts: Sequence[Any], dim: int = 0) -> Jet:
    return _join(torch.cat, parts, dim)


@rule("stack")
def stack(parts: Sequence[Any], dim: int = 0) -> Jet:
    return _join(torch.stack, parts, dim)


def _join(function: Callable[..., Tensor], parts: Sequence[Any], dim: int) -> Jet:
    model = next(part for part in parts if isinstance(part, Jet))
    jets = [same(model, part) if isinstance(part, Jet) else constant(part, model.bundles) for part in parts]
    primal = function([jet.primal for jet in jets], dim=dim)
    behind = dim if dim < 0 else dim + 1  # the directions come first
    series = [
        tuple(function(list(column), dim=behind) for column in zip(*(jet.series[i] for jet in jets), strict=True))
        for i in range(len(model.bundles))
    ]
    return Jet(primal, series, model.bundles)


def _pieces(name: str) -> None:
    """Register a tensor method that cuts its tensor into pieces."""

    @rule(name)
    def apply(u: Jet, *args: Any, **kwargs: Any) -> tuple[Jet, ...]:
        def piece(index: int) -> Jet:
            return u.map(lambda coefficient: getattr(coefficient, name)(*args, **kwargs)[index])

        return tuple(piece(index) for index in range(len(getattr(u.primal, name)(*args, **kwargs))))


for _name in ("split", "chunk", "unbind", "tensor_split"):
    _pieces(_name)


@rule("dropout")
def dropout(u: Jet, p: float = 0.5, training: bool = True, inplace: bool = False) -> Jet:
    if training and p:
        raise JetError("dropout draws other numbers for each coefficient of a jet; call .eval() on the network")
    return u


def _convolution(function: Callable[..., Tensor]) -> None:
    """Register a convolution, whose input alone may be a jet."""

    @rule(function.__name__)
    def apply(u: Jet, weight: Tensor, bias: Tensor | None = None, *args: Any, **kwargs: Any) -> Jet:
        without = u.map(lambda coefficient: function(coefficient, weight, None, *args, **kwargs))
        if bias is None:
            return without
        return add(without, bias.reshape(-1, *[1] * (weight.ndim - 2)))


for _function in (functional.conv1d, functional.conv2d, functional.conv3d):
    _convolution(_function)


def _linear_map(name: str) -> None:
    """Register a tensor method that is linear in its tensor."""

    @rule(name)
    def apply(u: Jet, *args: Any, **kwargs: Any) -> Jet:
        return u.map(lambda coefficient: getattr(coefficient, name)(*args, **kwargs))


for _name in LINEAR_MAPS:
    _linear_map(_name)
