"""From a network and points to fields with their derivatives: by jets, or by nested autograd as the oracle."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import Tensor

from physml.diff.directions import OPERATORS, Plan
from physml.diff.jet import Jet

Engine = Literal["jets", "autograd"]


def read_derivatives(jet: Jet, plan: Plan) -> dict[str, Tensor]:
    """The derivatives of a plan, from a jet expanded along the plan's bundles; ``""`` is the value."""
    values = {"": jet.primal}
    for name, parts in plan.combinations.items():
        terms = [jet.derivative(p.bundle, p.direction, p.order) * p.factor for p in parts]
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
    return read_derivatives(function(Jet.seed(points, plan.bundles)), plan)


def autograd_derivatives(
    function: Callable[[Tensor], Tensor], points: Tensor, names: Iterable[str], axes: tuple[str, ...]
) -> dict[str, Tensor]:
    """The same by nested reverse mode, for any function of single points; slower, and the oracle of the jets.

    Args:
        function: (d,) to (m,).
        points: shape (d,) or (n, d).
        names: derivatives, letters in axis order, or operators.
        axes: the d axis names.
    """

    def single(point: Tensor) -> dict[str, Tensor]:
        return {name: _differentiate(function, name, axes)(point) for name in {"", *names}}

    return single(points) if points.ndim == 1 else torch.func.vmap(single)(points)


def _differentiate(function: Callable[[Tensor], Tensor], name: str, axes: tuple[str, ...]) -> Callable:
    if name in OPERATORS:
        return _apply_laplacian(function, axes, times=OPERATORS[name][0] // 2)
    for letter in name:
        function = _partial(function, axes.index(letter))
    return function


def _apply_laplacian(function: Callable[[Tensor], Tensor], axes: tuple[str, ...], times: int) -> Callable:
    space = [index for index, axis in enumerate(axes) if axis != "t"]
    for _ in range(times):
        function = _laplacian(function, space)
    return function


def _laplacian(function: Callable[[Tensor], Tensor], space: list[int]) -> Callable[[Tensor], Tensor]:
    hessian = torch.func.jacrev(torch.func.jacrev(function))
    return lambda point: hessian(point).diagonal(dim1=-2, dim2=-1)[..., space].sum(-1)


def _partial(function: Callable[[Tensor], Tensor], axis: int) -> Callable[[Tensor], Tensor]:
    jacobian = torch.func.jacrev(function)
    return lambda point: jacobian(point)[..., axis]
