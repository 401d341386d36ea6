"""What a result on a partial differential equation shows: fields, slices, errors, sensitivity, time slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from physml.problem import PDE
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
from physml.viz.html import figure_html
from physml.viz.style import Picture
from physml.viz.windows import last_of_each_window

if TYPE_CHECKING:
    from physml.result.result import Result

_MANY_WINDOWS = 40  # more of them make a block of the curves

Sections = tuple[tuple[str, str], ...]


def plot(result: Result, field: str) -> Picture:
    """Solution, reference and error of a field, the first one by default."""
    return plot_solution(result.data, field or _problem(result).fields[0])


def pictures(result: Result) -> str:
    """The solution and the loss terms, for notebooks."""
    return _solutions(result) + _history(result)


def sections(result: Result) -> Sections:
    """The report's sections on what was found and how; those whose data is missing are empty."""
    return (
        ("Solution", _solutions(result)),
        ("Solution at a few times", _slices(result)),
        ("Error over time", _errors(result)),
        ("What a perturbation grows to", _sensitivity(result)),
        ("Loss terms", _history(result)),
        ("Time slices while training", _time_slices(result)),
    )


def _problem(result: Result) -> PDE:
    assert isinstance(result.problem, PDE)
    return result.problem


def _solutions(result: Result) -> str:
    pictures = [figure_html(plot_solution(result.data, f), f"{f}: solution") for f in _problem(result).quantities]
    return "".join(pictures)


def _slices(result: Result) -> str:
    domain = _problem(result).domain
    if domain.time is None or not domain.space:
        return ""
    fields = _problem(result).quantities
    return "".join(figure_html(plot_slices(result.data, f), f"{f} at a few times") for f in fields)


def _errors(result: Result) -> str:
    if _problem(result).domain.time is None:
        return ""
    fields = [f for f in _problem(result).quantities if reference_of(result.data, f) is not None]
    pictures = [figure_html(plot_error_over_time(result.data, f), f"error of {f} over time") for f in fields]
    return "".join(pictures)


def _sensitivity(result: Result) -> str:
    """What limits every method: an error made at the start grows as this does."""
    source = _problem(result).sensitivity
    if source is None:
        return ""
    growth = source.dataset(_problem(result).params).growth
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
