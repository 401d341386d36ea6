"""Run a paper's cases, write their rows, and draw its figures and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch

from physml.catalog import load
from physml.methods import to_table
from physml.numerics.files import atomic_write
from physml.paper.paper import Case, load_paper, papers_folder, writable_folder
from physml.paper.saved import keep, read_saved
from physml.result import Result
from physml.result.rows import make_row, put_rows, read_rows
from physml.result.store import PASSPORT, RUN, read_settings
from physml.solving import open_run, resume, solve
from physml.train import Tracker

RESULTS, SAVED = "results.json", "saved"


def run_case(case: Case, runs: Path, paper_folder: Path, tracker: Tracker | None = None) -> list[Result]:
    """Run a case with each of its seeds, write its rows, and keep the first run for the figures.

    A run that has ended is read from ``runs``; one that was stopped goes on.

    Args:
        case: what to run.
        runs: where the run folders are.
        paper_folder: where ``results.json`` and ``saved/`` are.
        tracker: as in :func:`physml.solve`.

    Raises:
        RuntimeError: a run was interrupted, and the next call goes on with it; or a run did not come to its end.
    """
    results = [_run(case, seed, runs / case.name / f"seed_{seed}", tracker) for seed in case.seeds]
    problem = results[0].problem
    ours = [name for name in results[0].metrics if name.startswith((problem.headline, *problem.reported))]
    names = [name for name in ours if all(math.isfinite(result.metrics.get(name, math.nan)) for result in results)]
    if problem.comparable and not names:
        outcomes = ", ".join(result.outcome for result in results)
        raise RuntimeError(f"case {case.name!r} has no error to report: {outcomes}; give it a larger budget")
    rows = [make_row(results, case.name, name, case.published(problem, name)) for name in names]
    put_rows(paper_folder / RESULTS, rows)
    keep(results[0], paper_folder / SAVED / case.name)
    return results


def _run(case: Case, seed: int, folder: Path, tracker: Tracker | None) -> Result:
    if (folder / RUN).is_file():
        if read_settings(folder)["settings"] != to_table(case.method):
            raise ValueError(f"{folder} holds a run of other settings than the case {case.name!r}; move it away")
        if (folder / PASSPORT).is_file() and (result := open_run(folder)).outcome != "interrupted":
            return result
        result = resume(folder, tracker=tracker)
    else:
        settings = {"budget": case.budget, "seed": seed, "dtype": getattr(torch, case.dtype)}
        result = solve(
            load(case.problem).replace(**case.params), case.method, **settings, tracker=tracker, output=folder
        )
    if result.outcome == "interrupted":
        raise RuntimeError(f"{folder} was interrupted; the same command goes on with it")
    return result


def draw(name: str, output: Path | None = None) -> list[Path]:
    """Redraw all figures and tables of a paper from its saved runs and rows.

    Args:
        name: of the paper's folder.
        output: where to write; by default the paper's own folder in a checkout, else ``paper_figures/<name>``.

    Returns:
        The files written: PNG for each figure, Markdown for each table.

    Raises:
        CatalogError: no such paper.
        FileNotFoundError: a case that was never run.
    """
    paper, folder = load_paper(name), papers_folder() / name
    output = output or writable_folder(name)
    saved = {case.name: read_saved(folder / SAVED / case.name) for case in paper.cases}
    rows = read_rows(folder / RESULTS)
    files = {}
    for title, figure in paper.figures.items():
        files[output / "figures" / f"{title}.png"] = figure(saved).image("png")
    for title, table in paper.tables.items():
        files[output / "tables" / f"{title}.md"] = table(rows).encode()
    for path, content in files.items():
        atomic_write(path, content)
    return list(files)


def best_values(metrics: Mapping[str, str]) -> dict[str, float]:
    """Our smallest value for each problem, over the rows of all papers; ``metrics`` has a problem's metric by name."""
    best: dict[str, float] = {}
    for path in papers_folder().glob(f"*/{RESULTS}"):
        for row in read_rows(path):
            if row["metric"] == metrics.get(row["problem"]):
                best[row["problem"]] = min(row["value"], best.get(row["problem"], row["value"]))
    return best
