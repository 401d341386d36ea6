"""The kind ``PDE``: one equation on a box, with everything that is known of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from physml.problem.axis import Domain
from physml.problem.condition import Condition
from physml.problem.parameters import Params
from physml.problem.published import Budget, Published
from physml.problem.reference import Reference
from physml.problem.semilinear import Semilinear

_OF_THE_FILE = {"params", "card", "source", "budgets"}  # what may change while the file still tells the rest
DEFAULT_BUDGETS = {"smoke": Budget(10.0), "short": Budget(180.0), "paper": Budget(3600.0)}


@dataclass(frozen=True)
class PDE:
    r"""A partial differential equation: what is to be solved, and nothing of how.

    Args:
        name: short name, as in file names.
        title: as in headings.
        equation: LaTeX of the equation, without dollar signs.
        domain: the axes.
        residual: ``residual(u, p)`` (with several fields: ``residual(u, v, p)``) to ``{"equation name": tensor}``,
            one named entry per equation. Derivatives are read by name, ``u.t``, ``u.xx``; coordinates as
            ``u.points.x``.
        conditions: initial and boundary conditions. Periodic axes need none.
        params: the parameters.
        fields: names of the unknowns.
        derived: ``derived(u, p)`` to ``{"quantity": tensor}``: what else the solution tells, such as a velocity from a
            stream function; it is compared with what the reference holds under that name.
        reference: the truth, if there is one.
        other_references: further data to report errors against, such as published files.
        sensitivity: by what factor a small perturbation of the start has grown, as ``growth(t)``; for chaotic problems.
        semilinear: the splitting :math:`u_t = L u + f(u)`, where the equation has it.
        published: numbers that others have published.
        budgets: wall times of ``smoke``, ``short``, ``paper`` runs.
        citations: keys in ``references.bib``.
        notices: what a user has to know, such as a patent on a method that is commonly used here.
        card: the problem card, in Markdown; the docstring of the file.
        source: the file that the problem was loaded from; empty for one made in Python.

    Example:
        >>> from physml.problem import PDE, Axis, Domain
        >>> heat = PDE(name="heat", title="Heat equation", equation="u_t = u_{xx}",
        ...            domain=Domain((Axis("t", 0, 1), Axis("x", 0, 1))),
        ...            residual=lambda u, p: {"heat": u.t - u.xx})
    """

    name: str
    title: str
    equation: str
    domain: Domain
    residual: Callable[..., Mapping[str, Any]]
    conditions: tuple[Condition, ...] = ()
    params: Params = field(default_factory=Params)
    fields: tuple[str, ...] = ("u",)
    derived: Callable[..., Mapping[str, Any]] | None = None
    reference: Reference | None = None
    other_references: tuple[Reference, ...] = ()
    sensitivity: Reference | None = None
    semilinear: Semilinear | None = None
    published: tuple[Published, ...] = ()
    budgets: Mapping[str, Budget] = field(default_factory=lambda: dict(DEFAULT_BUDGETS))
    citations: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    card: str = ""
    source: str = ""

    family = "pde"

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

    def replace(self, **changes: Any) -> PDE:
        """A copy with other fields; parameters by name too, as in ``problem.replace(diffusivity=1e-3)``.

        A copy with more than other parameters is no longer the problem of its file: ``source`` is empty, and with it go
        the recommended settings.

        Raises:
            TypeError: a name that is neither a field of the problem nor one of its parameters.
        """
        own = {f.name for f in dataclasses.fields(self)}
        parameters = {f.name for f in dataclasses.fields(self.params)}
        unknown = set(changes) - own - parameters
        if unknown:
            raise TypeError(
                f"{self.name} has no field or parameter {sorted(unknown)}; parameters: {sorted(parameters)}"
            )
        if not set(changes) <= _OF_THE_FILE | parameters:
            changes = {"source": "", **changes}
        values = {name: changes.pop(name) for name in list(changes) if name in parameters - own}
        if values:
            changes["params"] = dataclasses.replace(changes.get("params", self.params), **values)
        return dataclasses.replace(self, **changes)

    def check(self) -> None:
        """Find mistakes before any training: see :func:`physml.problem.checks.check`.

        Raises:
            ProblemError: with what was given, what was expected and the way out.
        """
        from physml.problem.checks import check

        check(self)

    def _repr_html_(self) -> str:
        from physml.problem.html import problem_html

        return problem_html(self)
