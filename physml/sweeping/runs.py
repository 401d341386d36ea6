"""One run of a sweep, in whatever process it is: solved, read if it has ended, or taken up where it was stopped."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from physml.catalog import load
from physml.methods import Method
from physml.problem import Problem
from physml.result.store import PASSPORT, RUN, read_settings
from physml.solving import make_config, resume, solve
from physml.train import Quiet


@dataclass(frozen=True)
class Run:
    """What is kept of one run of a sweep.

    Args:
        variant: the name of its settings.
        seed: of its random draws.
        outcome, metrics: as in :class:`physml.Result`.
        wall_time_s: of training, over all sittings.
        folder: of the run, for :func:`physml.open_run`; None if nothing was written.
    """

    variant: str
    seed: int
    outcome: str
    wall_time_s: float
    metrics: dict[str, float]
    folder: Path | None


@dataclass(frozen=True)
class Sent:
    """A problem as it goes to another process: its functions come from a file that no import can find."""

    source: str
    changes: dict[str, Any]

    @classmethod
    def of(cls, problem: Problem) -> Sent:
        if not problem.source:
            raise ValueError(
                f"{problem.name} was made in Python, and other processes cannot import it; "
                f"write it into a file and give its path, or take jobs=1"
            )
        return cls(problem.source, {"budgets": dict(problem.budgets), **dataclasses.asdict(problem.params)})

    def load(self) -> Problem:
        return load(self.source).replace(**self.changes)


def run(
    problem: Problem | Sent, variant: str, method: Method, seed: int, folder: Path | None, options: dict[str, Any]
) -> Run:
    """One run, with one thread of torch.

    Raises:
        ValueError: the folder holds a run of other settings.
        RuntimeError: it was interrupted.
    """
    problem = problem.load() if isinstance(problem, Sent) else problem
    with _one_thread():
        outcome, metrics, seconds = _solve_or_go_on(problem, method, seed, folder, options)
    if outcome == "interrupted":
        way_out = "give output=..., and the same call goes on" if folder is None else "the same call goes on"
        raise RuntimeError(f"the sweep was interrupted in {variant!r}, seed {seed}; {way_out}")
    return Run(variant, seed, outcome, seconds, metrics, folder)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _solve_or_go_on(
    problem: Problem, method: Method, seed: int, folder: Path | None, options: dict[str, Any]
) -> tuple[str, dict[str, float], float]:
    """Outcome, metrics and wall time of a run: read if it has ended, else solved from where it is."""
    if folder is None or not (folder / RUN).is_file():
        result = solve(problem, method, seed=seed, output=folder, tracker=Quiet(), **options)
        return result.outcome, result.metrics, result.provenance["wall_time_s"]
    _check_same(folder, problem, method, seed, options)
    if (folder / PASSPORT).is_file():
        passport = json.loads((folder / PASSPORT).read_text())
        if passport["outcome"] != "interrupted":
            return passport["outcome"], passport["metrics"], passport["wall_time_s"]
    result = resume(folder, problem=problem, tracker=Quiet())
    return result.outcome, result.metrics, result.provenance["wall_time_s"]


def _check_same(folder: Path, problem: Problem, method: Method, seed: int, options: dict[str, Any]) -> None:
    asked = make_config(problem, method, seed=seed, **options)
    del asked["budget"]  # its seconds count, whatever they are called
    settings = read_settings(folder)
    others = [name for name, value in asked.items() if settings.get(name) != value]
    if others:
        raise ValueError(f"{folder} holds a run of another {', '.join(others)}; move it away, or give another output")
