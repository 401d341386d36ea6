"""Errors of several runs against wall time."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter

from physml.viz.history import ERROR, window_of
from physml.viz.style import PALETTE, Picture, log_limits, new_figure, style

Run = tuple[Sequence[Mapping[str, Any]], float, float | None]

_CAPTION = (
    "Filled: error over the whole domain, at the end of training. Lines: error while training goes on. Thin lines are "
    "of methods that solve\nwindow after window: they show the error inside the present one; before the last "
    "window there is no solution on the whole domain."
)


def plot_errors_over_wall_time(runs: Mapping[str, Run], quantity: str = "relative $L^2$ error") -> Picture:
    """Error against wall time, on logarithmic axes, one colour for each run.

    Args:
        runs: by name the history, the wall time of training in s, and the final error over the whole domain, or None
            where the run has not come to the end.
        quantity: what the errors are.

    Raises:
        ValueError: no run has an error, as for a problem without a reference.
    """
    if all(not _curve(history)[0].size and error is None for history, _, error in runs.values()):
        raise ValueError("no run has an error against a reference, so there is nothing to draw")
    with style():
        figure = new_figure(8.0, 4.2)
        panel = figure.subplots()
        shown = []
        for colour, (name, (history, seconds, error)) in zip(cycle(PALETTE), runs.items(), strict=False):
            shown.append(_draw(panel, history, colour, name))
            if error is not None:
                panel.plot([seconds], [error], "o", color=colour, markersize=7, markeredgecolor="white", zorder=3)
                shown.append(np.array([error]))
        log_limits(panel, *shown)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(LogFormatter())
        panel.xaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(1.5, 0.5)))
        panel.set_xlabel("wall time of training / s")
        panel.set_ylabel(quantity)
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        figure.supxlabel(_CAPTION, fontsize=7.5, color="#666666", x=0.01, ha="left")
        return figure


def _draw(panel: Axes, history: Sequence[Mapping[str, Any]], colour: str, name: str) -> np.ndarray:
    """The errors of a history as a line for each window; returns them."""
    seconds, errors, windows = _curve(history)
    names = list(dict.fromkeys(windows))
    panel.plot([], [], "o-", color=colour, label=name.replace("_", " "), markersize=5)
    for window in names:
        rows = windows == window
        width = 1.6 if len(names) == 1 else 0.7
        panel.plot(seconds[rows], errors[rows], color=colour, linewidth=width)
    return errors


def _curve(history: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wall times, errors, and the name of the window of each row that has an error; "" without windows."""
    rows = [row for row in history if ERROR in row["values"]]
    windows = np.array([window_of(row["stage"]) for row in rows])
    return np.array([row["seconds"] for row in rows]), np.array([row["values"][ERROR] for row in rows]), windows
