"""How perturbations grow on a chaotic problem."""

import xarray as xr

from physml.viz.style import OURS, Picture, new_figure, style


def plot_growth(growth: xr.DataArray) -> Picture:
    """A growth factor against time, on a logarithmic scale.

    Args:
        growth: over ``t``.
    """
    with style():
        figure = new_figure(8.0, 2.5)
        panel = figure.subplots()
        panel.semilogy(growth.t, growth, color=OURS)
        panel.set_xlabel("t")
        panel.set_ylabel("growth of a\nperturbation")
        panel.set_xlim(float(growth.t[0]), float(growth.t[-1]))
        return figure
