"""What each window was left with, where there are too many for the curves of their training."""

from collections.abc import Mapping, Sequence
from itertools import cycle, pairwise
from typing import Any

import numpy as np

from physml.viz.history import window_of
from physml.viz.style import PALETTE, Picture, log_limits, new_figure, style


def last_of_each_window(history: Sequence[dict[str, Any]]) -> list[int]:
    """The index of the last row of each window."""
    windows = [window_of(row["stage"]) for row in history]
    return [i for i, (a, b) in enumerate(pairwise([*windows, None])) if a != b]


def plot_windows(runs: Mapping[str, Sequence[dict[str, Any]]]) -> Picture:
    """The loss at the last step of each window, and below how many steps it took; several runs get a legend.

    Args:
        runs: histories by name, each with the last row of every window.
    """
    with style():
        figure = new_figure(8.0, 4.2)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 1.6))
        drawn = []
        for colour, (name, history) in zip(cycle(PALETTE), runs.items(), strict=False):
            ends = [history[i] for i in last_of_each_window(history)]
            numbers, losses = np.arange(1, len(ends) + 1), np.array([sum(row["losses"].values()) for row in ends])
            above.plot(numbers, losses, color=colour, label=name)
            below.plot(numbers, np.diff([0, *(row["step"] for row in ends)]), color=colour)
            drawn.append(losses)
        log_limits(above, *drawn)
        above.set_ylabel("loss at the last step")
        if len(runs) > 1:
            above.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        below.set_ylabel("steps")
        below.set_ylim(bottom=0)
        below.grid(True)
        below.set_xlabel("window")
        below.margins(x=0.01)
        return figure
