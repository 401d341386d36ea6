"""Named conditions: what is known of the solution on a face of the domain, or on its whole boundary."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from physml.problem.axis import Domain

BOUNDARY = "boundary"  # in place of an axis: every wall


def value(u: Any) -> Any:
    """The quantity of a Dirichlet or initial-value condition: the field itself."""
    return u.value


@dataclass(frozen=True)
class Condition:
    """``quantity(u) = target`` on the face ``axis = at``; :func:`boundary` makes one on the whole boundary.

    Args:
        name: how logs, tables and errors call it.
        axis, at: the face, e.g. ``"t", 0.0`` for an initial condition.
        target: ``target(points, p)`` with ``points.x`` etc. of shape (n,), to a tensor of shape (n,) or a number.
        quantity: what of the field is prescribed, ``value`` by default; ``lambda u: u.t`` for a velocity,
            ``lambda u: u.x`` for a flux. With several fields, it takes them all, in order, as in
            ``lambda u, v: v.value``.

    Example:
        >>> wall = Condition("left wall", "x", 0.0, target=lambda points, p: 0.0)
        >>> wall.where
        'x = 0'
    """

    name: str
    axis: str
    at: float
    target: Callable[[Any, Any], Any]
    quantity: Callable[..., Any] = value

    @property
    def where(self) -> str:
        return BOUNDARY if self.axis == BOUNDARY else f"{self.axis} = {self.at:g}"

    def faces(self, domain: Domain) -> tuple[tuple[str, float], ...]:
        """Axis and value of each face that the condition holds on: for the boundary, the walls of every space axis."""
        if self.axis != BOUNDARY:
            return ((self.axis, self.at),)
        walls = (axis for axis in domain.space if not axis.periodic)
        return tuple((axis.name, at) for axis in walls for at in (axis.low, axis.high))


def boundary(name: str, target: Callable[[Any, Any], Any], quantity: Callable[..., Any] = value) -> Condition:
    """A condition on the whole boundary: both walls of every space axis that is not periodic.

    Example:
        >>> from physml.problem import Axis, Domain
        >>> square = Domain((Axis("x", 0.0, 1.0), Axis("y", 0.0, 2.0)))
        >>> boundary("walls", target=lambda points, p: 0.0).faces(square)
        (('x', 0.0), ('x', 1.0), ('y', 0.0), ('y', 2.0))
    """
    return Condition(name, BOUNDARY, math.nan, target, quantity)
