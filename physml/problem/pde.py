"""The kind ``PDE``: one equation on a box, with everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from physml.problem.axis import Domain
from physml.problem.condition import Condition
from physml.problem.problem import Problem
from physml.problem.reference import Reference
from physml.problem.semilinear import Semilinear


@dataclass(frozen=True)
class PDE(Problem):
    r"""A partial differential equation: what is to be solved, and nothing of how.

    Beside the fields of :class:`Problem`:

    Args:
        domain: the axes.
        residual: ``residual(u, p)`` (with several fields: ``residual(u, v, p)``) to ``{"equation name": tensor}``,
            one named entry per equation. Derivatives are read by name, ``u.t``, ``u.xx``; coordinates as
            ``u.points.x``.
        conditions: initial and boundary conditions. Periodic axes need none.
        fields: names of the unknowns.
        derived: ``derived(u, p)`` to ``{"quantity": tensor}``: what else the solution tells, such as a velocity from a
            stream function; it is compared with what the reference holds under that name.
        reference: the truth, if there is one.
        other_references: further data to report errors against, such as published files.
        sensitivity: by what factor a small perturbation of the start has grown, as ``growth(t)``; for chaotic problems.
        semilinear: the splitting :math:`u_t = L u + f(u)`, where the equation has it.

    Example:
        >>> from physml.problem import PDE, Axis, Domain
        >>> heat = PDE(name="heat", title="Heat equation", equation="u_t = u_{xx}",
        ...            domain=Domain((Axis("t", 0, 1), Axis("x", 0, 1))),
        ...            residual=lambda u, p: {"heat": u.t - u.xx})
    """

    domain: Domain
    residual: Callable[..., Mapping[str, Any]]
    conditions: tuple[Condition, ...] = ()
    fields: tuple[str, ...] = ("u",)
    derived: Callable[..., Mapping[str, Any]] | None = None
    reference: Reference | None = None
    other_references: tuple[Reference, ...] = ()
    sensitivity: Reference | None = None
    semilinear: Semilinear | None = None

    kind = "pde"
    headline = "relative_l2"

    @property
    def frame(self) -> dict[str, Any]:
        return {"axes": self.domain.axes}

    @property
    def dimensions(self) -> tuple[str, ...]:
        return self.domain.names

    @property
    def references(self) -> tuple[Reference, ...]:
        """All references, the truth first."""
        return ((self.reference,) if self.reference else ()) + self.other_references

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of the unknowns and of what is derived from them."""
        if self.derived is None:
            return self.fields
        from physml.problem.checks import derived_names

        return (*self.fields, *derived_names(self))

    def condition(self, name: str) -> Condition:
        for condition in self.conditions:
            if condition.name == name:
                return condition
        raise KeyError(f"no condition {name!r}; {self.name} has {[c.name for c in self.conditions]}")

    def check(self) -> None:
        """Find mistakes before any training: see :func:`physml.problem.checks.check`.

        Raises:
            ProblemError: with what was given, what was expected and the way out.
        """
        from physml.problem.checks import check

        check(self)
