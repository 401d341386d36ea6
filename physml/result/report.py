"""A result as HTML: short for notebooks, and as the page ``report.html`` of a run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from physml.problem.html import facts_html
from physml.viz import (
    plot_error_over_time,
    plot_growth,
    plot_history,
    plot_slices,
    plot_solution,
    plot_time_slices,
    plot_windows,
)
from physml.viz.dataset import reference_of
from physml.viz.html import card, equation_html, figure_html, notices_html, page, paragraphs, table_html
from physml.viz.windows import last_of_each_window

if TYPE_CHECKING:
    from physml.result.result import Result

_MANY_WINDOWS = 40  # more of them make a block of the curves
_MARKS = {"better": "✓\u00a0better", "reached": "✓\u00a0reached", "missed": "✗\u00a0missed", "": ""}


def result_html(result: Result) -> str:
    """Equation, metrics, solution, loss terms, and the published numbers beside ours."""
    pictures = _solutions(result) + _history(result)
    body = equation_html(result.problem.equation) + _numbers(result) + pictures + _verdict(result)
    return card(f"{result.problem.title}: {_method(result)}", body)


def report_page(result: Result) -> str:
    """The whole report; sections whose data is missing are absent."""
    problem = result.problem
    sections = (
        ("What was solved", facts_html(problem)),
        ("What a user has to know", notices_html(problem.notices)),
        ("Numbers", _numbers(result)),
        ("Published numbers beside ours", _verdict(result)),
        ("Solution", _solutions(result)),
        ("Solution at a few times", _slices(result)),
        ("Error over time", _errors(result)),
        ("What a perturbation grows to", _sensitivity(result)),
        ("Loss terms", _history(result)),
        ("Time slices while training", _time_slices(result)),
        ("Settings", table_html(("setting", "value"), _flat(result.config))),
        ("Where these numbers come from", table_html(("what", "value"), _flat(result.provenance))),
        ("How to cite", _citation(result)),
    )
    return page(f"{problem.title}: {_method(result)}", sections)


def _method(result: Result) -> str:
    return str(result.config.get("method", "")).replace("_", " ")


def _numbers(result: Result) -> str:
    seconds = result.provenance.get("wall_time_s")
    outcome = f"{result.outcome} after {seconds:.0f} s" if seconds is not None else result.outcome
    return paragraphs(f"The run: {outcome}.") + table_html(("metric", "value"), list(result.metrics.items()))


def _verdict(result: Result) -> str:
    """A row for each published number; a dash where this run does not answer it."""
    headers = ("method", "metric", "published", "ours", "verdict", "source", "their budget")
    rows = []
    for row in result.verdict():
        source = ", ".join(part for part in (row["source"], row["where"]) if part)
        numbers = (row["metric"], row["published"], row["ours"], _MARKS[row["verdict"]])
        rows.append((row["method"], *numbers, source, row["budget"]))
    return table_html(headers, rows)


def _solutions(result: Result) -> str:
    pictures = [figure_html(plot_solution(result.data, f), f"{f}: solution") for f in result.problem.quantities]
    return "".join(pictures)


def _slices(result: Result) -> str:
    domain = result.problem.domain
    if domain.time is None or not domain.space:
        return ""
    fields = result.problem.quantities
    return "".join(figure_html(plot_slices(result.data, f), f"{f} at a few times") for f in fields)


def _errors(result: Result) -> str:
    if result.problem.domain.time is None:
        return ""
    fields = [f for f in result.problem.quantities if reference_of(result.data, f) is not None]
    pictures = [figure_html(plot_error_over_time(result.data, f), f"error of {f} over time") for f in fields]
    return "".join(pictures)


def _sensitivity(result: Result) -> str:
    """What limits every method: an error made at the start grows as this does."""
    source = result.problem.sensitivity
    if source is None:
        return ""
    growth = source.dataset(result.problem.params).growth
    return figure_html(
        plot_growth(growth), f"an error at the start is {float(growth[-1]):.3g} times as large at the end"
    )


def _history(result: Result) -> str:
    """The curves of all steps; of many windows, what each was left with."""
    if not result.history:
        return ""
    if len(last_of_each_window(result.history)) > _MANY_WINDOWS:
        return figure_html(plot_windows({"": result.history}), "the loss that each window was left with, and its steps")
    return figure_html(plot_history(result.history), "loss terms against steps")


def _time_slices(result: Result) -> str:
    if "slice_loss" not in result.data:
        return ""
    return figure_html(plot_time_slices(result.data), "losses and weights of the time slices")


def _flat(table: dict[str, Any]) -> list[tuple[str, Any]]:
    """Nested tables as rows, with names such as ``settings.phases.1.steps``."""
    rows = []
    for name, value in table.items():
        if isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
            value = {str(number): item for number, item in enumerate(value, start=1)}
        if isinstance(value, dict):
            rows += [(f"{name}.{inner}", leaf) for inner, leaf in _flat(value)]
        else:
            rows.append((name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else value))
    return rows


def _citation(result: Result) -> str:
    keys = dict.fromkeys((*result.problem.citations, *(row.source for row in result.problem.published)))
    text = "BibTeX entries of all that this run rests on: physml cite <folder of this run>"
    return paragraphs(text) + (paragraphs(f"Of the problem: {', '.join(keys)}") if keys else "")
