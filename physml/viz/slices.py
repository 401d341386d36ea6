"""A solution over its reference at a few times."""

from collections.abc import Sequence

import xarray as xr

from physml.viz.dataset import axis_names, cut, field_of, label, reference_of
from physml.viz.style import OURS, TRUTH, Picture, new_figure, style


def plot_slices(data: xr.Dataset, field: str = "u", times: Sequence[float] | None = None) -> Picture:
    """The field along its first space axis, dashed over the reference; one panel a time.

    Args:
        data: the field over ``t`` and at least one more axis, and its reference if there is one.
        field: which one.
        times: the grid's nearest times are taken; by default a quarter, a half and the end of the time axis.

    Raises:
        ValueError: no such field, or one without a time axis and another one.
    """
    axes = axis_names(field_of(data, field))
    if axes[0] != "t" or len(axes) < 2:
        raise ValueError(f"slices in time need the axis t and another one; {field} has {', '.join(axes)}")
    start, end = data.t.to_numpy()[[0, -1]]
    times = [start + part * (end - start) for part in (0.25, 0.5, 1.0)] if times is None else times
    solution, where = cut(data[field], ["t", axes[1]])
    truth = reference_of(data, field)
    with style():
        figure = new_figure(3.2 * len(times), 2.5)
        panels = figure.subplots(1, len(times), sharex=True, sharey=True, squeeze=False)[0]
        for panel, time in zip(panels, times, strict=True):
            ours = solution.sel(t=time, method="nearest")
            if truth is not None:
                theirs = cut(truth, ["t", axes[1]])[0].sel(t=time, method="nearest")
                panel.plot(theirs[axes[1]], theirs, color=TRUTH, linewidth=2.0, label="reference")
            panel.plot(ours[axes[1]], ours, color=OURS, linestyle="--", label="solution")
            panel.set_title(f"$t = {float(ours.t):.3g}$" + (f", {where}" if where else ""))
            panel.set_xlabel(label(data, axes[1]))
            panel.grid(True)
        panels[0].set_ylabel(label(data, field))
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
        return figure
