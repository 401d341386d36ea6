"""How the loss terms fell."""

from collections.abc import Sequence
from itertools import cycle, pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from physml.viz.style import PALETTE, Picture, log_limits, new_figure, style

ERROR = "relative_l2 here"

_LETTER = 0.011  # of the picture's width


def window_of(stage: str) -> str:
    """The window that a stage belongs to, as in "window 2/5"; "" without windows."""
    first = stage.split(",")[0]
    return first if first.startswith("window ") else ""


def plot_history(history: Sequence[dict[str, Any]]) -> Picture:
    """Loss terms against steps; below, where it was watched, the error inside the current window.

    Vertical lines separate stages, windows by darker ones than optimisers.

    Args:
        history: rows with ``step``, ``stage``, ``losses`` and ``values``.

    Raises:
        ValueError: an empty history.
    """
    if not history:
        raise ValueError("the history is empty: no step was logged")
    steps = np.array([row["step"] for row in history])
    losses = _columns([row["losses"] for row in history])
    errors = _columns([row["values"] for row in history]).get(ERROR)
    with style():
        heights = (2.9,) if errors is None else (2.6, 1.7)
        figure = new_figure(8.0, sum(heights))
        panels = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for colour, (name, values) in zip(cycle(PALETTE), losses.items(), strict=False):
            _curve(panels[0], steps, values, colour, name.replace("_", " "))
        log_limits(panels[0], *losses.values())
        panels[0].set_ylabel("mean squared loss term")
        panels[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        if errors is not None:
            _curve(panels[1], steps, errors, PALETTE[0], "")
            log_limits(panels[1], errors)
            panels[1].set_ylabel("relative $L^2$ error\nin the window")
        panels[-1].set_xlabel("step")
        _stages(panels, steps, [str(row["stage"]) for row in history])
        return figure


def _columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """Values by name, each of shape (rows,), NaN where a row lacks them."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, np.nan) for row in rows], dtype=float) for name in names}


def _curve(panel: Axes, steps: np.ndarray, values: np.ndarray, colour: str, name: str) -> None:
    """A line through the rows that have a value; a lone one shows as a dot."""
    known = np.isfinite(values)
    marker = "." if known.sum() < 3 else ""
    panel.plot(steps[known], values[known], color=colour, label=name, linewidth=1.1, marker=marker)


def _stages(panels: np.ndarray, steps: np.ndarray, stages: list[str]) -> None:
    """Lines where a stage begins, and the name of its window above where there is room."""
    windows = [stage.split(",")[0] for stage in stages]
    for panel in panels:
        panel.margins(x=0.01)
        for start in _changes(stages):
            colour = "#888888" if windows[start] != windows[start - 1] else "#cccccc"
            panel.axvline(steps[start], color=colour, linewidth=0.7, zorder=0)
    edges = [0, *_changes(windows), len(steps) - 1]
    for start, end in pairwise(edges):
        room = (steps[end] - steps[start]) / max(steps[-1] - steps[0], 1) / _LETTER
        name = next((n for n in (windows[start], windows[start].rpartition(" ")[2]) if len(n) <= room), "")
        above = panels[0].get_xaxis_transform()
        panels[0].text((steps[start] + steps[end]) / 2, 1.02, name, transform=above, ha="center", fontsize=7.5)


def _changes(names: list[str]) -> list[int]:
    return [i for i in range(1, len(names)) if names[i] != names[i - 1]]
