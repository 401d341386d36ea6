"""Rows of ``results.json``: a reproduced number with its passport. Only runs write them."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from physml.problem import Published
from physml.result.result import Result
from physml.result.store import write_json
from physml.result.verdict import verdict
from physml.viz.history import ERROR, window_of

_IDENTITY = ("problem", "case", "method", "metric")


def make_row(results: Sequence[Result], case: str, metric: str, published: Published | None) -> dict[str, Any]:
    """The row of runs that differ by their seed only: the median, with the smallest and the largest value as spread.

    Raises:
        ValueError: no results, or results of different settings.
    """
    if not results:
        raise ValueError("a row needs at least one result")
    configs = [{k: v for k, v in r.config.items() if k != "seed"} for r in results]
    if any(config != configs[0] for config in configs):
        raise ValueError("a row takes results that differ by their seed only")
    first, values = results[0], [r.metrics[metric] for r in results]
    value = statistics.median(values)
    return {
        "problem": first.problem.name,
        "case": case,
        "method": first.config["method"],
        "metric": metric,
        "value": value,
        "spread": [min(values), max(values)],
        "seeds": [r.config["seed"] for r in results],
        "budget": first.config["budget"],
        "wall_time_s": round(statistics.mean(r.provenance["wall_time_s"] for r in results), 1),
        "device": first.provenance["device"],
        "precision": first.provenance["precision"],
        "commit": first.provenance["commit"],
        "config": configs[0],
        "published": published.value if published else None,
        "published_source": f"{published.source}, {published.where}" if published else None,
        "published_method": published.method if published else None,
        "verdict": verdict(value, published.value) if published else "",
        "published_passed_after_s": _passed_after(results, value, published),
    }


def passed_after(history: Sequence[dict[str, Any]], value: float) -> float | None:
    """The wall time at which the error that a run watched was first below a value; None if it never was.

    Of a run in windows, the first moment in its last window, since there is no solution on the whole domain before it.
    """
    watched = [row for row in history if ERROR in row["values"]]
    if not watched:
        return None
    last = window_of(watched[-1]["stage"])
    passed = (row["seconds"] for row in watched if window_of(row["stage"]) == last and row["values"][ERROR] <= value)
    return next(passed, None)


def _passed_after(results: Sequence[Result], value: float, published: Published | None) -> float | None:
    """The median over runs, if all of them passed the number and kept below it."""
    if published is None or value > published.value:
        return None
    times = [passed_after(result.history, published.value) for result in results]
    known = [time for time in times if time is not None]
    return round(statistics.median(known), 1) if len(known) == len(times) else None


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; none if there is no file."""
    return json.loads(path.read_text())["rows"] if path.is_file() else []


def put_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to a file; a row replaces the one of the same problem, case, method and metric."""
    kept = {_identity(row): row for row in read_rows(path)}
    kept |= {_identity(row): row for row in rows}
    write_json(path, {"rows": [*kept.values()]})


def _identity(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[key] for key in _IDENTITY)
