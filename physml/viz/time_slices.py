"""The time slices as training went on: losses, and causal weights or convergence rates."""

import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from physml.viz.style import PROGRESS, Picture, log_limits, new_figure, style

_CURVES, _CURVES_EACH = 8, 4  # of a single window, of each of several


def plot_time_slices(data: xr.Dataset) -> Picture:
    """Slice losses L(t), beside them the causal weights w(t), coloured by step; windows lie side by side.

    Where all times weighed the same, the convergence rates C(t) take the place of the weights (wang2024causal): the
    trace of a slice's neural tangent kernel over its number of residuals.

    Args:
        data: ``slice_time``, ``slice_loss``, ``causal_weights`` and ``slice_rate``, each (step, slice), with a
            coordinate ``window(step)`` if there are several.

    Raises:
        ValueError: data without them.
    """
    missing = [name for name in ("slice_time", "slice_loss", "causal_weights", "slice_rate") if name not in data]
    if missing:
        raise ValueError(f"the data has no {', '.join(missing)}; only training on a time axis records them")
    steps, rows, ages = _chosen(data)
    causal = bool((data.causal_weights < 1).any())
    other = data.causal_weights if causal else data.slice_rate
    with style():
        figure = new_figure(8.0, 2.9)
        left, right = figure.subplots(1, 2)
        norm = LogNorm(1, max(10, ages.max(initial=1)))
        colours = ScalarMappable(norm, PROGRESS)
        for row, age in zip(rows, ages, strict=True):
            time, colour = data.slice_time[row], colours.to_rgba(age)
            left.plot(time, data.slice_loss[row], color=colour, linewidth=1.1)
            right.plot(time, other[row], color=colour, linewidth=1.1)
        log_limits(left, data.slice_loss.to_numpy()[rows])
        left.set_ylabel("loss of the slice")
        if causal:
            right.set_ylim(-0.03, 1.03)
            right.grid(True)
        else:
            log_limits(right, other.to_numpy()[rows])
        right.set_ylabel("causal weight" if causal else "convergence rate")
        for panel in (left, right):
            panel.set_xlabel("$t$")
        figure.colorbar(colours, ax=[left, right], label=steps, pad=0.02, aspect=25)
        return figure


def _chosen(data: xr.Dataset) -> tuple[str, np.ndarray, np.ndarray]:
    """What steps are counted from, the rows to draw (first, last and some between), and their steps, from 1."""
    step = data.step.to_numpy()
    window = data.window.to_numpy() if "window" in data.coords else np.zeros(len(step), int)
    numbers = np.unique(window)
    each = _CURVES if len(numbers) == 1 else _CURVES_EACH
    rows, ages = [], []
    for number in numbers:
        own = np.flatnonzero(window == number)
        chosen = own[np.unique(np.linspace(0, len(own) - 1, each).round().astype(int))]
        rows.append(chosen)
        ages.append(1 + step[chosen] - (step[own[0]] if len(numbers) > 1 else 0))
    return "step in the window" if len(numbers) > 1 else "step", np.concatenate(rows), np.concatenate(ages)
