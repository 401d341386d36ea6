"""Several methods on one problem, each for the same wall time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from physml.catalog import load
from physml.methods import Method
from physml.numerics.files import atomic_write
from physml.problem import Problem
from physml.result import Result
from physml.result.store import write_json
from physml.solving import recommend, solve
from physml.train import Tracker
from physml.viz.comparison import plot_errors_over_wall_time
from physml.viz.html import card, equation_html, figure_html, table_html
from physml.viz.style import Picture

PICTURE, NUMBERS = "compare.png", "comparison.json"


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` gives.

    Args:
        problem: that all methods were given.
        budget: the wall time of each.
        results: by method; those after an interrupted one are missing.
    """

    problem: Problem
    budget: str
    results: dict[str, Result]

    def table(self) -> list[dict[str, Any]]:
        """A row for each method.

        The error (``relative_l2`` over the whole domain for a PDE) is None where a run has not come to the end, or
        where there is no reference; what else a kind of problem reports follows it. ``wall_time_s`` is of training
        alone; ``steps`` are the optimiser's.
        """
        known = set().union(*(result.metrics for result in self.results.values()))
        names = [self.problem.headline, *(name for name in self.problem.reported if name in known)]
        return [{"method": name, **_numbers(names, result)} for name, result in self.results.items()]

    def plot(self) -> Picture:
        """Error against wall time.

        Raises:
            ValueError: a problem without a reference.
        """
        return plot_errors_over_wall_time(
            {
                name: (result.history, result.provenance["wall_time_s"], result.metrics.get(self.problem.headline))
                for name, result in self.results.items()
            },
            self.problem.headline,
        )

    def save(self, folder: str | Path) -> Path:
        """Write ``comparison.json``, ``compare.png`` where there is a reference, and each result in its own folder."""
        folder = Path(folder)
        for name, result in self.results.items():
            result.save(folder / name)
        return self._save_summary(folder)

    def _save_summary(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        passports = {name: {"config": r.config, "provenance": r.provenance} for name, r in self.results.items()}
        summary = {"problem": self.problem.name, "budget": self.budget, "table": self.table(), "runs": passports}
        write_json(folder / NUMBERS, summary)
        if self.problem.comparable:
            atomic_write(folder / PICTURE, self.plot().image("png"))
        return folder

    def __repr__(self) -> str:
        errors = ", ".join(f"{row['method']} {_text(row[self.problem.headline])}" for row in self.table())
        return f"Comparison({self.problem.name}, {self.budget} each: {errors})"

    def _repr_html_(self) -> str:
        rows = self.table()
        picture = ""
        if self.problem.comparable:
            picture = figure_html(self.plot(), "error of each method against wall time")
        body = equation_html(self.problem.equation) + table_html(list(rows[0]), [list(row.values()) for row in rows])
        return card(f"{self.problem.title}: {self.budget} each", body + picture)


def compare(
    problem: Problem | str | Path,
    methods: Sequence[str] | Mapping[str, Method],
    *,
    budget: str = "short",
    seed: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
    tracker: Tracker | None = None,
    output: str | Path | None = None,
    begin: Callable[[str], None] = lambda name: None,
) -> Comparison:
    """Solve a problem by several methods, one after the other, for the same wall time each.

    Args:
        problem: a problem, or the name or path of one.
        methods: names, each with what :func:`physml.recommend` gives for the budget; or settings by a name of one's
            own.
        budget: of each method, as in :func:`physml.solve`; compiling counts, references and reports do not.
        seed, device, dtype, tracker: of each run, as in :func:`physml.solve`.
        output: folder for a run folder of each method, ``comparison.json`` and ``compare.png``.
        begin: called with the name of each method before it runs.

    Returns:
        The comparison; on Ctrl-C, of the methods so far.

    Raises:
        ValueError: no methods.
        MethodError: a method that does not exist.
        FileExistsError: ``output`` holds a run already.

    Example:
        >>> from physml import pinn
        >>> from physml.train import Quiet
        >>> methods = {f"{n} units": pinn.PINN(network=pinn.MLP(width=n)) for n in (4, 8)}
        >>> comparison = compare("heat", methods, budget="1s", tracker=Quiet())
        >>> [row["method"] for row in comparison.table()]
        ['4 units', '8 units']
    """
    problem = problem if isinstance(problem, Problem) else load(problem)
    if not isinstance(methods, Mapping):
        methods = {name: recommend(problem, budget, name) for name in methods}
    if not methods:
        raise ValueError("no methods to compare; give names such as ['pinn', 'causal_pinn']")
    results: dict[str, Result] = {}
    for name, method in methods.items():
        begin(name)
        folder = Path(output) / name if output is not None else None
        settings: Any = {"seed": seed, "device": device, "dtype": dtype, "tracker": tracker}
        results[name] = solve(problem, method, budget=budget, output=folder, **settings)
        if results[name].outcome == "interrupted":
            break
    comparison = Comparison(problem, budget, results)
    if output is not None:
        comparison._save_summary(Path(output))
    return comparison


def _numbers(names: Sequence[str], result: Result) -> dict[str, Any]:
    last = result.history[-1] if result.history else {"step": 0, "values": {}}
    return {
        **{name: result.metrics.get(name) for name in names},
        "residual_rms": result.metrics.get("residual_rms"),
        "wall_time_s": result.provenance["wall_time_s"],
        "steps": int(last["values"].get("iterations", last["step"])),
        "outcome": result.outcome,
    }


def _text(error: float | None) -> str:
    return "has no error" if error is None else f"{error:.2e}"
