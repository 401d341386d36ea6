"""The error against time."""

import xarray as xr

from physml.viz.dataset import field_of, label, reference_of
from physml.viz.style import PALETTE, Picture, log_limits, new_figure, style


def plot_error_over_time(data: xr.Dataset, field: str = "u") -> Picture:
    r"""The relative L2 error :math:`\|u(t) - r(t)\| / \|r(t)\|` at each time, on a logarithmic scale.

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
    error = (((solution - reference) ** 2).sum(others, skipna=False) / size.where(size > 0)) ** 0.5
    with style():
        figure = new_figure(8.0, 2.5)
        panel = figure.subplots()
        panel.plot(error.t, error, color=PALETTE[0])
        log_limits(panel, error.to_numpy())
        panel.set_xlabel(label(data, "t"))
        panel.set_ylabel("relative $L^2$ error")
        panel.set_xlim(float(error.t[0]), float(error.t[-1]))
        return figure
