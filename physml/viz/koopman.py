"""Spectra of operators: points against the unit circle, pseudospectra, residuals, spectral measures."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from physml.viz.style import OURS, PALETTE, TRUTH, Picture, log_limits, new_figure, style

_LEVELS = np.geomspace(10**-2.0, 10**-0.5, 7)
_SMALLEST = 1e-4  # residuals below have one colour
_COLOURS = "viridis_r"  # bad residuals are dark


def plot_spectrum(data: xr.Dataset) -> Picture:
    """Eigenvalues and points by residual, over the levels of the pseudospectrum and the unit circle.

    Args:
        data: with ``eigenvalue_real``, ``eigenvalue_imaginary`` and ``residual``; if there, ``level`` over
            (imaginary, real), ``point_real``, ``point_imaginary`` and ``error_bound``.
    """
    with style():
        half = "level" in data and float(data["imaginary"].min()) >= 0
        figure = new_figure(6.6, 3.4 if half else 5.2)
        panel = figure.subplots()
        _pseudospectrum(panel, data)
        scale = LogNorm(_SMALLEST, 1.0)
        order = np.argsort(-data.residual.to_numpy())
        dots = panel.scatter(
            data.eigenvalue_real[order], data.eigenvalue_imaginary[order], c=data.residual[order].clip(_SMALLEST, 1),
            norm=scale, cmap=_COLOURS, s=14, linewidths=0.3, edgecolors="#444444", zorder=3, label="eigenvalue",
        )  # fmt: skip
        if _differ(data):
            panel.plot(
                data.point_real, data.point_imaginary, "o", markerfacecolor="none", color=OURS, markersize=5,
                markeredgewidth=0.8, zorder=4, label="returned as spectrum",
            )  # fmt: skip
        panel.set_aspect("equal")
        panel.set_xlabel("real part")
        panel.set_ylabel("imaginary part")
        figure.colorbar(dots, ax=panel, label="residual of the eigenpair", pad=0.02, extend="min")
        panel.legend(loc="upper right", framealpha=0.85, frameon=True)
        return figure


def _differ(data: xr.Dataset) -> bool:
    """Whether what is returned is something else than all eigenvalues."""
    if "point_real" not in data:
        return False
    return data.sizes["point_number"] != data.sizes["eigenvalue_number"] or not np.allclose(
        data.point_real, data.eigenvalue_real
    )


def _pseudospectrum(panel: Axes, data: xr.Dataset) -> None:
    turn = np.linspace(0, 2 * np.pi, 400)
    panel.plot(np.cos(turn), np.sin(turn), color="#222222", linewidth=0.7, zorder=2, label="unit circle")
    if "level" not in data:
        return
    low, high = float(data.level.min()), float(data.level.max())
    shown = _LEVELS[(low < _LEVELS) & (high > _LEVELS)]
    if len(shown):
        grey = panel.contour(data["real"], data["imaginary"], data.level, levels=shown, cmap="Greys_r", linewidths=0.7,
                             norm=LogNorm(_LEVELS[0] / 3, _LEVELS[-1] * 4))  # fmt: skip
        panel.clabel(grey, fmt=lambda level: f"{level:.2g}", fontsize=6)
    panel.set_xlim(float(data["real"].min()), float(data["real"].max()))
    panel.set_ylim(float(data["imaginary"].min()), float(data["imaginary"].max()))


def plot_residuals(data: xr.Dataset) -> Picture:
    """The residuals of all eigenvalues in order, and those of the points that are returned."""
    with style():
        figure = new_figure(7.0, 3.0)
        panel = figure.subplots()
        _curve(panel, data.residual.to_numpy(), "eigenvalues", TRUTH)
        if _differ(data):
            _curve(panel, data.error_bound.to_numpy(), "returned as spectrum", OURS)
        panel.set_yscale("log")
        panel.grid(True)
        panel.set_xlabel("number, in the order of residuals")
        panel.set_ylabel("residual")
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure


def _curve(panel: Axes, values: np.ndarray, label: str, colour: str) -> None:
    panel.plot(
        np.arange(1, len(values) + 1), np.sort(values).clip(1e-16), "o-", color=colour, markersize=3, label=label
    )


def plot_circle(data: xr.Dataset) -> Picture:
    """The least residual at each angle of the circle, and the spectral measure of the observable below.

    Args:
        data: with ``circle_level`` over angle; if there, ``density`` and ``true_density``.
    """
    measured = "density" in data
    with style():
        figure = new_figure(7.0, 4.6 if measured else 2.6)
        panels = figure.subplots(1 + measured, sharex=True, squeeze=False)[:, 0]
        panels[0].plot(data.angle, data.circle_level.clip(1e-16), color=OURS)
        log_limits(panels[0], data.circle_level.to_numpy())
        panels[0].set_ylabel("least residual")
        if measured:
            panels[1].plot(data.angle, data.density, color=OURS, label="computed")
            if "true_density" in data:
                panels[1].plot(data.angle, data.true_density, ":", color=TRUTH, label="known")
                panels[1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
            panels[1].set_ylabel("spectral measure, smoothed")
        for panel in panels:
            panel.grid(True)
        panels[-1].set_xlabel("angle / rad")
        return figure


def plot_averages(data: xr.Dataset, known: float | None = None) -> Picture:
    """Running averages of the part that n functions see: 1 for a discrete spectrum, towards 0 for a continuous one.

    Args:
        data: with ``average`` over (functions, time).
        known: the limit, where it is known.
    """
    with style():
        figure = new_figure(7.0, 3.4)
        panel = figure.subplots()
        most = data.sizes["functions"]
        for colour, n in zip(PALETTE, sorted({1, (most + 1) // 2, most}), strict=False):
            panel.plot(data.time + 1, data.average.sel(functions=n), color=colour, label=f"{n} function{'s' * (n > 1)}")
        if known is not None:
            panel.axhline(known, color="#222222", linewidth=0.9, linestyle=":", label="limit")
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_ylim(top=1.15)
        panel.grid(True)
        panel.set_xlabel("number of times averaged over")
        panel.set_ylabel("share seen by the functions")
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure


def plot_worst_residuals(curves: Mapping[str, Sequence[tuple[float, float]]]) -> Picture:
    """The worst residual of what is returned as spectrum against the number of functions, a line for each method.

    Args:
        curves: by name, pairs of number of functions and worst residual.
    """
    with style():
        figure = new_figure(6.4, 3.4)
        panel = figure.subplots()
        for colour, (name, points) in zip(PALETTE, curves.items(), strict=False):
            panel.plot(*zip(*sorted(points), strict=True), "o-", color=colour, markersize=4, label=name)
        panel.set_xscale("log")
        panel.set_yscale("log")
        counts = sorted({count for points in curves.values() for count, _ in points})
        panel.set_xticks(counts, [f"{count:g}" for count in counts])
        panel.set_xticks([], minor=True)
        panel.grid(True, which="both")
        panel.set_xlabel("number of functions")
        panel.set_ylabel("worst residual returned")
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure


def plot_forecasts(forecasts: Mapping[str, xr.Dataset]) -> Picture:
    """Errors of forecasts of the same samples against how far they look ahead, beside climatology and persistence.

    Args:
        forecasts: by name, data with ``forecast_error``, ``climatology`` and ``persistence`` over lead.
    """
    first = next(iter(forecasts.values()))
    curves = {name: first[name] for name in ("persistence", "climatology")}
    curves |= {name: data.forecast_error for name, data in forecasts.items()}
    with style():
        figure = new_figure(7.0, 3.0)
        panel = figure.subplots()
        for colour, (name, errors) in zip(PALETTE, curves.items(), strict=False):
            panel.plot(first.lead, errors, "o-", color=colour, markersize=4, label=name)
        panel.set_ylim(0.0, 1.1 * max(float(errors.max()) for errors in curves.values()))
        panel.grid(True)
        panel.set_xlabel("lead, in samples")
        panel.set_ylabel("root mean square error")
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure
