"""The error against time, of one run or of several."""

from collections.abc import Mapping
from itertools import cycle

import xarray as xr

from physml.viz.dataset import field_of, label, reference_of
from physml.viz.style import PALETTE, Picture, log_limits, new_figure, style


def error_over_time(data: xr.Dataset, field: str = "u") -> xr.DataArray:
    r"""The relative L2 error :math:`\|u(t) - r(t)\| / \|r(t)\|` at each time, shape (t,).

    Args:
        data: the field and its reference on a grid with the axis ``t``.
        field: which one.

    Raises:
        ValueError: no such field, no reference, or no time axis.
    """
    solution, reference = field_of(data, field), reference_of(data, field)
    if reference is None or "t" not in solution.dims:
        raise ValueError(f"the error over time needs a reference and the axis t; given {list(data)}")
    others = [name for name in solution.dims if name != "t"]
    size = (reference**2).sum(others, skipna=False)
    return (((solution - reference) ** 2).sum(others, skipna=False) / size.where(size > 0)) ** 0.5


def plot_error_over_time(data: xr.Dataset | Mapping[str, xr.Dataset], field: str = "u") -> Picture:
    """:func:`error_over_time` on a logarithmic scale.

    Args:
        data: as there; or several runs by name, which get a legend.
        field: which one.

    Raises:
        ValueError: no runs, no such field, no reference, or no time axis.
    """
    runs = {"": data} if isinstance(data, xr.Dataset) else data
    if not runs:
        raise ValueError("there is no run whose error could be drawn")
    errors = {name: error_over_time(run, field) for name, run in runs.items()}
    with style():
        figure = new_figure(8.0, 2.5 if len(runs) == 1 else 3.2)
        panel = figure.subplots()
        for colour, (name, error) in zip(cycle(PALETTE), errors.items(), strict=False):
            panel.plot(error.t, error, color=colour, label=name)
        log_limits(panel, *(error.to_numpy()[1:] for error in errors.values()))  # a hard start is exact, to round-off
        first = next(iter(errors.values()))
        panel.set_xlabel(label(next(iter(runs.values())), "t"))
        panel.set_ylabel("relative $L^2$ error")
        panel.set_xlim(float(first.t[0]), float(first.t[-1]))
        if len(runs) > 1:
            panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure
