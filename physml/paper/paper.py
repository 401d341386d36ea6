"""A paper as a value: its cases, its figures, its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from physml.catalog import CatalogError, run_file, shipped
from physml.methods import Method
from physml.paper.saved import Saved
from physml.problem import Problem, Published
from physml.viz.style import Picture

SCRIPT = "figures.py"


@dataclass(frozen=True)
class Case:
    """Runs that answer a published method's numbers.

    Args:
        name: names the folder, and the row's ``case``.
        problem: a name from the catalog, or the path of a file beside the paper's.
        method: with its settings.
        answers: the method of the published row, as :class:`physml.problem.Published` names it; empty for none.
        seeds: one run each; the first one is kept for the figures.
        budget: of each run.
        dtype: ``"float64"`` or ``"float32"``.
        params: parameters of the problem that are not the default ones.
    """

    name: str
    problem: str
    method: Method
    answers: str = ""
    seeds: tuple[int, ...] = (0, 1, 2)
    budget: str = "paper"
    dtype: str = "float64"
    params: Mapping[str, float] = field(default_factory=dict)

    def published(self, problem: Problem, metric: str) -> Published | None:
        """The number of that metric that the case answers."""
        return next((row for row in problem.published if (row.method, row.metric) == (self.answers, metric)), None)


@dataclass(frozen=True)
class Paper:
    """What the ``figures.py`` of a paper's folder defines as ``paper``.

    Args:
        key: the citation key.
        cases: the runs.
        figures: file name without ending, to a function of the saved cases by name that draws it.
        tables: file name without ending, to a function of the rows of ``results.json`` that writes Markdown.
    """

    key: str
    cases: tuple[Case, ...]
    figures: Mapping[str, Callable[[Mapping[str, Saved]], Picture]]
    tables: Mapping[str, Callable[[list[dict[str, Any]]], str]]


def papers_folder() -> Path:
    """Where the papers are."""
    return shipped("paper_figures")


def writable_folder(name: str) -> Path:
    """Where to write what is made for a paper: its own folder in a checkout, else one of that name where one works."""
    return (Path("paper_figures") if papers_folder().name.startswith("_") else papers_folder()) / name


def paper_names() -> list[str]:
    """Names of all papers."""
    return sorted(path.parent.name for path in papers_folder().glob(f"*/{SCRIPT}"))


def load_paper(name: str) -> Paper:
    """The paper of a folder.

    Raises:
        CatalogError: no such paper.
    """
    path = papers_folder() / name / SCRIPT
    if not path.is_file():
        raise CatalogError(f"no paper {name!r}; there are {', '.join(paper_names())}")
    return run_file(path).paper
