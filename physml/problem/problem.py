"""What every kind of problem shares: a name, parameters, published numbers, and a card."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, TypeVar

from physml.problem.parameters import Params
from physml.problem.published import Budget, Published
from physml.problem.reference import Reference

Kind = TypeVar("Kind", bound="Problem")

_OF_THE_FILE = {"params", "card", "source", "budgets"}  # what may change while the file still tells the rest
DEFAULT_BUDGETS = {"smoke": Budget(10.0), "short": Budget(180.0), "paper": Budget(3600.0)}


@dataclass(frozen=True)
class Problem(abc.ABC):
    """What is to be solved, and nothing of how; the kinds of problems add to it.

    Args:
        name: short name, as in file names.
        title: as in headings.
        equation: LaTeX of the equation, without dollar signs.
        params: the parameters.
        published: numbers that others have published.
        budgets: wall times of ``smoke``, ``short``, ``paper`` runs.
        citations: keys in ``references.bib``.
        notices: what a user has to know, such as a patent on a method that is commonly used here.
        card: the problem card, in Markdown; the docstring of the file.
        source: the file that the problem was loaded from; empty for one made in Python.
    """

    name: str
    title: str
    equation: str
    _: KW_ONLY
    params: Params = field(default_factory=Params)
    published: tuple[Published, ...] = ()
    budgets: Mapping[str, Budget] = field(default_factory=lambda: dict(DEFAULT_BUDGETS))
    citations: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    card: str = ""
    source: str = ""

    kind: ClassVar[str]  # its name in lists
    headline: ClassVar[str]  # the metric that runs on this kind are ranked by; rows have all that begin like it
    reported: ClassVar[tuple[str, ...]] = ()  # beginnings of further metrics, for rows and comparisons

    @property
    @abc.abstractmethod
    def frame(self) -> dict[str, Any]:
        """What a run must find again when it goes on: axes, or times of snapshots."""

    @property
    @abc.abstractmethod
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of a result's data that figures can do with fewer values of."""

    @property
    def comparable(self) -> bool:
        """Whether there is something to compare a result with."""
        return bool(self.references)

    @property
    def references(self) -> tuple[Reference, ...]:
        """All references, the truth first."""
        return ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """What of a result's data is compared with references."""
        return ()

    @abc.abstractmethod
    def check(self) -> None:
        """Find mistakes before any training.

        Raises:
            ProblemError: with what was given, what was expected and the way out.
        """

    def replace(self: Kind, **changes: Any) -> Kind:
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

    def _repr_html_(self) -> str:
        from physml.problem.html import problem_html

        return problem_html(self)
