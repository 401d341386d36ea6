"""What a result shows, by the kind of its problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from physml.problem import PDE, DynamicalSystem, Problem, Snapshots
from physml.result import dynamical_system_view, pde_view, snapshots_view
from physml.viz.style import Picture

if TYPE_CHECKING:
    from physml.result.result import Result


@runtime_checkable
class View(Protocol):
    """A module with what results on one kind of problem show."""

    def plot(self, result: Result, name: str) -> Picture: ...

    def pictures(self, result: Result) -> str: ...

    def sections(self, result: Result) -> tuple[tuple[str, str], ...]: ...


_VIEWS = {PDE: pde_view, Snapshots: snapshots_view, DynamicalSystem: dynamical_system_view}


def view_of(problem: Problem) -> View:
    """The view of a kind of problem."""
    return cast(View, next(view for kind, view in _VIEWS.items() if isinstance(problem, kind)))
