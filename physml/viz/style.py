"""The one style of all pictures: palette, colour maps, and figures that belong to no global state."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.rcsetup import cycler

# Told apart with any kind of colour vision (Okabe and Ito).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A6A53", "#555555")
TRUTH, OURS = PALETTE[:2]
SEQUENTIAL, DIVERGING, ERROR = "viridis", "RdBu_r", "magma"
PROGRESS = ListedColormap(colormaps[SEQUENTIAL](np.linspace(0, 0.88, 256)))  # of lines, none too pale

_MOST_DECADES = 5
_SETTINGS: Any = {
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.0,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.linewidth": 0.7,
    "axes.edgecolor": "#666666",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.color": "#666666",
    "ytick.color": "#666666",
    "xtick.labelcolor": "#222222",
    "ytick.labelcolor": "#222222",
    "lines.linewidth": 1.4,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "mathtext.fontset": "cm",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "physml",
}


class Picture(Figure):
    """A matplotlib figure that notebooks show without pyplot, at twice the resolution."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = self.get_size_inches() * 100
        return self.image("png"), {"width": round(width), "height": round(height)}

    def image(self, kind: str) -> bytes:
        """The picture as ``"png"`` (200 dots an inch) or ``"svg"``; the same picture gives the same bytes."""
        file = io.BytesIO()
        with style():
            self.savefig(file, format=kind, dpi=200, metadata={"Date": None} if kind == "svg" else None)
        return file.getvalue()


@contextmanager
def style() -> Iterator[None]:
    """Draw in physml's style inside the block, and leave matplotlib's settings as they were.

    Example:
        >>> with style():
        ...     figure = new_figure(6.0, 3.0)
    """
    with matplotlib.rc_context(_SETTINGS):
        yield


def new_figure(width: float, height: float) -> Picture:
    """An empty figure, sizes in inches; the layout keeps labels apart."""
    return Picture(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08))


def value_scale(values: np.ndarray) -> dict[str, Any]:
    """Colour map and limits for a field: diverging and symmetric about 0 if both signs matter."""
    low, high = _finite_range(values)
    if min(-low, high) > 0.05 * max(-low, high):
        largest = max(-low, high)
        return {"cmap": DIVERGING, "norm": Normalize(-largest, largest)}
    return {"cmap": SEQUENTIAL, "norm": Normalize(low, high)}


def error_scale(errors: np.ndarray) -> dict[str, Any]:
    """Colour map and logarithmic limits for absolute errors: whole decades, at most five."""
    positive = errors[np.isfinite(errors) & (errors > 0)]
    if not positive.size:
        return {"cmap": ERROR, "norm": LogNorm(1e-17, 1e-16)}  # nothing wrong, to the last bit
    high = int(np.ceil(np.log10(positive.max())))
    low = int(np.floor(np.log10(np.quantile(positive, 0.05))))
    low = min(max(low, high - _MOST_DECADES), high - 1)
    return {"cmap": ERROR, "norm": LogNorm(10.0**low, 10.0**high)}


def log_limits(axes: Axes, *values: np.ndarray) -> None:
    """A logarithmic y axis for the positive values, at most fourteen decades; a linear one if there are none."""
    together = np.concatenate([np.ravel(v) for v in values])
    positive = together[np.isfinite(together) & (together > 0)]
    axes.grid(True)
    if positive.size:
        axes.set_yscale("log")
        axes.set_ylim(max(positive.min(), positive.max() * 1e-14) / 2, positive.max() * 2)


def _finite_range(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
