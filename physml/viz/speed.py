"""Pictures of benchmarks: how much faster alternatives are, and how several processes scale."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from physml.viz.style import PALETTE, Picture, new_figure, style


def plot_speed_ups(
    panels: Mapping[str, Mapping[str, Sequence[float]]], sizes: Sequence[int], size: str, baseline: str
) -> Picture:
    """How many times as fast as a baseline alternatives are, a panel for each kind of work.

    Args:
        panels: by title and alternative the time over that of the baseline, for each size.
        sizes: of the work.
        size: what that is.
        baseline: its name.
    """
    with style():
        figure = new_figure(2.7 * len(panels), 2.9)
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axis, (title, ratios) in zip(axes, panels.items(), strict=True):
            for colour, (name, values) in zip(cycle(PALETTE), ratios.items(), strict=False):
                axis.plot(sizes, [1 / value for value in values], "o-", color=colour, label=name, markersize=4)
            axis.axhline(1.0, linestyle=":", color="#888888")
            axis.set_title(title)
            axis.set_xlabel(size)
            axis.set_xticks(sizes)
            axis.set_ylim(bottom=0)
            axis.grid(True)
        axes[0].set_ylabel(f"times as fast as\n{baseline}")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
        return figure


def plot_scaling(strong: Mapping[int, float], weak: Mapping[int, float]) -> Picture:
    """Speed-up of shared work and efficiency of work that grows, against the number of processes.

    Args:
        strong: the time of a step over that of one process, by the number of processes, for the same work.
        weak: the same where each process has that work.
    """
    with style():
        figure = new_figure(8.0, 2.9)
        left, right = figure.subplots(1, 2)
        left.plot(list(strong), list(strong), ":", color="#888888", label="ideal")
        left.plot(list(strong), [1 / ratio for ratio in strong.values()], "o-", label="measured")
        left.set_title("strong scaling: the same points for all")
        left.set_ylabel("speed-up")
        left.legend()
        right.axhline(1.0, linestyle=":", color="#888888")
        right.plot(list(weak), [1 / ratio for ratio in weak.values()], "o-")
        right.set_title("weak scaling: as many points for each")
        right.set_ylabel("efficiency")
        for axis in (left, right):
            axis.set_xlabel("processes")
            axis.set_xticks(list(strong))
            axis.set_ylim(0, 1.08 * axis.dataLim.y1)
            axis.grid(True)
        return figure
