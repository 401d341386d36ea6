"""Named conditions: what is known of the solution on a face of the domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def value(u: Any) -> Any:
    """The quantity of a Dirichlet or initial-value condition: the field itself."""
    return u.value


@dataclass(frozen=True)
class Condition:
    """``quantity(u) = target`` on the face ``axis = at``.

    Args:
        name: how logs, tables and errors call it.
        axis, at: the face, e.g. ``"t", 0.0`` for an initial condition.
        target: ``target(points, p)`` with ``points.x`` etc. of shape (n,), to a tensor of shape (n,) or a number.
        quantity: what of the field is prescribed, ``value`` by default; ``lambda u: u.t`` for a velocity,
            ``lambda u: u.x`` for a flux. With several fields, it takes them all, in order, as in
            ``lambda u, v: v.value``.

    Example:
        >>> wall = Condition("left wall", "x", 0.0, target=lambda points, p: 0.0)
    """

    name: str
    axis: str
    at: float
    target: Callable[[Any, Any], Any]
    quantity: Callable[..., Any] = value
