"""Causal training: losses and weights of the time slices as training went on."""

import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from physml.viz.style import PROGRESS, Picture, log_limits, new_figure, style

_CURVES, _CURVES_EACH = 8, 4  # of a single window, of each of several


def plot_causal(data: xr.Dataset) -> Picture:
    """Slice losses L(t) and, on the right, causal weights w(t), coloured by step; windows lie side by side.

    Args:
        data: ``slice_loss``, ``causal_weights`` and ``slice_time``, each (step, slice), with a coordinate
            ``window(step)`` if there are several.

    Raises:
        ValueError: data without them.
    """
    missing = [name for name in ("slice_loss", "causal_weights", "slice_time") if name not in data]
    if missing:
        raise ValueError(f"the data has no {', '.join(missing)}; only causal training records them")
    steps, rows, ages = _chosen(data)
    with style():
        figure = new_figure(8.0, 2.9)
        left, right = figure.subplots(1, 2)
        norm = LogNorm(1, max(10, ages.max(initial=1)))
        colours = ScalarMappable(norm, PROGRESS)
        for row, age in zip(rows, ages, strict=True):
            now = data.isel(step=row)
            look = {"color": colours.to_rgba(max(age, 1)), "linewidth": 1.1}
            left.plot(now.slice_time, now.slice_loss, **look)
            right.plot(now.slice_time, now.causal_weights, **look)
        log_limits(left, data.slice_loss.to_numpy()[rows])
        left.set_ylabel("loss of the slice")
        right.set_ylabel("causal weight")
        right.set_ylim(-0.03, 1.03)
        right.grid(True)
        for panel in (left, right):
            panel.set_xlabel("$t$")
        figure.colorbar(colours, ax=[left, right], label=steps, pad=0.02, aspect=25)
        return figure


def _chosen(data: xr.Dataset) -> tuple[str, np.ndarray, np.ndarray]:
    """What steps are counted from, the rows to draw (first, last and some between), and their steps."""
    step = data.step.to_numpy()
    window = data.window.to_numpy() if "window" in data.coords else np.zeros(len(step), int)
    numbers = np.unique(window)
    each = _CURVES if len(numbers) == 1 else _CURVES_EACH
    rows, ages = [], []
    for number in numbers:
        own = np.flatnonzero(window == number)
        chosen = own[np.unique(np.linspace(0, len(own) - 1, each).round().astype(int))]
        rows.append(chosen)
        ages.append(step[chosen] - (step[own[0]] if len(numbers) > 1 else 0))
    return "step in the window" if len(numbers) > 1 else "step", np.concatenate(rows), np.concatenate(ages)
