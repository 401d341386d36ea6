"""Pictures of benchmarks: times of alternatives, and how several processes scale."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from matplotlib.ticker import MaxNLocator

from physml.viz.style import PALETTE, Picture, new_figure, style


def plot_times(panels: Mapping[str, Mapping[str, Sequence[float]]], sizes: Sequence[int], size: str) -> Picture:
    """Times of alternatives against the size of the work, a panel for each kind of it.

    Args:
        panels: by title and alternative the milliseconds of each size.
        sizes: of the work.
        size: what that is.
    """
    with style():
        figure = new_figure(2.7 * len(panels), 2.9)
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axis, (title, times) in zip(axes, panels.items(), strict=True):
            for colour, (name, milliseconds) in zip(cycle(PALETTE), times.items(), strict=False):
                axis.plot(sizes, milliseconds, "o-", color=colour, label=name, markersize=4)
            axis.set_title(title)
            axis.set_xlabel(size)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.set_ylim(bottom=0)
            axis.grid(True)
        axes[0].set_ylabel("ms a step")
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
            axis.set_ylim(bottom=0)
            axis.grid(True)
        return figure
