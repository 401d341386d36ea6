"""From a network and points to fields with their derivatives: by jets, or by nested autograd as the oracle."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from physml.diff.directions import Plan
from physml.diff.jet import Jet

Engine = Literal["jets", "autograd"]


def read_derivatives(jet: Jet, plan: Plan) -> dict[str, Tensor]:
    """The partial derivatives of a plan, from a jet expanded along the plan's directions; ``""`` is the value."""
    values = {"": jet.primal}
    for name, parts in plan.combinations.items():
        terms = [jet.derivative(p.direction, p.order) * p.factor for p in parts]
        values[name] = sum(terms[1:], terms[0])
    return values


def jet_derivatives(function: Callable[[Any], Any], points: Tensor, plan: Plan) -> dict[str, Tensor]:
    """Derivatives of ``function`` at ``points`` in one forward pass.

    Args:
        function: (..., d) to (..., m), made of operations with a jet rule.
        points: shape (..., d).
        plan: which derivatives.

    Returns:
        name to tensor (..., m).
    """
    return read_derivatives(function(Jet.seed(points, plan.directions, plan.orders)), plan)


def autograd_derivatives(
    function: Callable[[Tensor], Tensor], points: Tensor, names: Iterable[str], axes: tuple[str, ...]
) -> dict[str, Tensor]:
    """The same by nested reverse mode, for any function of single points; slower, and the oracle of the jets.

    Args:
        function: (d,) to (m,).
        points: shape (d,) or (n, d).
        names: derivatives, letters in axis order.
        axes: the d axis names.
    """

    def single(point: Tensor) -> dict[str, Tensor]:
        return {name: _differentiate(function, name, axes)(point) for name in {"", *names}}

    return single(points) if points.ndim == 1 else torch.func.vmap(single)(points)


def _differentiate(function: Callable[[Tensor], Tensor], name: str, axes: tuple[str, ...]) -> Callable:
    for letter in name:
        function = _partial(function, axes.index(letter))
    return function


def _partial(function: Callable[[Tensor], Tensor], axis: int) -> Callable[[Tensor], Tensor]:
    jacobian = torch.func.jacrev(function)
    return lambda point: jacobian(point)[..., axis]


def split_columns(values: Mapping[str, Tensor], column: int) -> dict[str, Tensor]:
    """Derivatives of one output column: (..., m) to (...)."""
    return {name: value[..., column] for name, value in values.items()}
