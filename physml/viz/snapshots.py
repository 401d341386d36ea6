"""Snapshots of populations, and the paths between them."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from physml.viz.style import OURS, PALETTE, PROGRESS, TRUTH, Picture, new_figure, style

_LINES, _FEW_LINES = 60, 25  # trajectories that are drawn
_MANY = 1000  # points; more are drawn small and pale, with few trajectories above them


def plot_trajectories(data: xr.Dataset | Mapping[str, xr.Dataset], components: Sequence[str] = ()) -> Picture:
    """Paths over the snapshots: circles are learned from, crosses held out, colours are times.

    Args:
        data: with ``trajectories`` over (time, trajectory, component), ``observed`` over (point, component),
            ``observed_time`` and ``observed_held_out`` over point; or several such by name, side by side.
        components: two to draw against each other; the first two by default. One is drawn against time.
    """
    runs = {"": data} if isinstance(data, xr.Dataset) else data
    first = next(iter(runs.values()))
    names = list(components) or [str(name) for name in first.component.values[:2]]
    scale = Normalize(float(first.observed_time.min()), float(first.observed_time.max()))
    with style():
        figure = new_figure(1.6 + 3.6 * len(runs), 3.6 if len(runs) > 1 else 4.2)
        panels = figure.subplots(1, len(runs), sharex=True, sharey=True, squeeze=False)[0]
        for panel, (title, run) in zip(panels, runs.items(), strict=True):
            _paths(panel, run, names)
            _clouds(panel, run, names, scale)
            panel.set_title(title)
            panel.set_xlabel("time" if len(names) == 1 else names[0])
        panels[0].set_ylabel(names[-1])
        figure.colorbar(ScalarMappable(scale, PROGRESS), ax=list(panels), label="time", pad=0.02)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
        return figure


def _paths(panel: Axes, data: xr.Dataset, names: list[str]) -> None:
    many = data.sizes["point"] > _MANY
    paths = data.trajectories.sel(component=names).isel(trajectory=slice(_FEW_LINES if many else _LINES))
    across = data.time if len(names) == 1 else paths.isel(component=0)
    look = {"color": "#333333", "alpha": 0.5, "zorder": 3} if many else {"color": "#999999", "alpha": 0.35, "zorder": 1}
    panel.plot(across, paths.isel(component=-1), linewidth=0.6, **look)


def _clouds(panel: Axes, data: xr.Dataset, names: list[str], scale: Normalize) -> None:
    observed = data.observed.sel(component=names).to_numpy()
    times, held = data.observed_time.to_numpy(), data.observed_held_out.to_numpy().astype(bool)
    first = times if len(names) == 1 else observed[:, 0]
    shrink, alpha = (0.4, 0.5) if len(times) > _MANY else (1.0, 1.0)
    for mask, marker, size, label in ((~held, "o", 11, "snapshot"), (held, "x", 16, "held out")):
        if mask.any():
            colours = PROGRESS(scale(times[mask]))
            look = {"marker": marker, "s": shrink * size, "alpha": alpha, "linewidths": 0.8, "zorder": 2}
            panel.scatter(first[mask], observed[mask, -1], c=colours, label=label, **look)


def plot_marginals(data: xr.Dataset) -> Picture:
    """Each component against time: paths, their middle 90 %, and the snapshots."""
    names = [str(name) for name in data.component.values]
    with style():
        figure = new_figure(7.5, 1.0 + 1.5 * len(names))
        panels = figure.subplots(len(names), sharex=True, squeeze=False)[:, 0]
        held = data.observed_held_out.to_numpy().astype(bool)
        for panel, name in zip(panels, names, strict=True):
            paths = data.trajectories.sel(component=name)
            low, middle, high = np.quantile(paths, (0.05, 0.5, 0.95), axis=1)
            panel.fill_between(data.time, low, high, color=OURS, alpha=0.2, linewidth=0, label="middle 90 % of paths")
            panel.plot(data.time, middle, color=OURS, label="median")
            for mask, marker, label in ((~held, "o", "snapshot"), (held, "x", "held out")):
                seen = data.observed.sel(component=name).to_numpy()[mask]
                if mask.any():
                    panel.plot(
                        data.observed_time.to_numpy()[mask], seen, marker, color=TRUTH, markersize=3, alpha=0.5,
                        label=label,
                    )  # fmt: skip
            panel.set_ylabel(name)
        panels[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        panels[-1].set_xlabel("time")
        return figure


def plot_parameters(data: xr.Dataset) -> Picture:
    """The parameters after each fit, and their true values where they are known.

    Args:
        data: with ``parameters`` over (fit, parameter), and ``true_parameters``.
    """
    fits = np.arange(1, data.sizes["fit"] + 1)
    with style():
        figure = new_figure(7.0, 3.4)
        panel = figure.subplots()
        for index, name in enumerate(data.parameter.values):
            colour = PALETTE[index % len(PALETTE)]
            panel.plot(fits, data.parameters.sel(parameter=name), "o-", color=colour, markersize=3, label=str(name))
            if "true_parameters" in data:
                panel.axhline(float(data.true_parameters.sel(parameter=name)), color=colour, linestyle=":", linewidth=1)
        panel.grid(True)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_xlabel("fit" + (" (dotted: truth)" if "true_parameters" in data else ""))
        panel.set_ylabel("parameter")
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure


def plot_distances(runs: Mapping[str, Mapping[str, float]], metric: str = "W2") -> Picture:
    """Distances to held-out snapshots as bars, a colour for each run.

    Args:
        runs: by name, the metrics of a run, such as ``W2 at t=1``; ``floor at t=1`` of the first run is drawn, too.
        metric: which of them.
    """
    first = next(iter(runs.values()))
    times = [name.rpartition("=")[2] for name in first if name.startswith(f"{metric} at t=")]
    shown = {name: [run.get(f"{metric} at t={t}", np.nan) for t in times] for name, run in runs.items()}
    floor = [first.get(f"floor at t={t}", np.nan) for t in times] if metric == "W2" else []
    width = 0.8 / len(shown)
    with style():
        figure = new_figure(7.0, 3.0)
        panel = figure.subplots()
        places = np.arange(len(times))
        for index, (name, values) in enumerate(shown.items()):
            at = places + (index - (len(shown) - 1) / 2) * width
            panel.bar(at, values, width * 0.92, color=PALETTE[index % len(PALETTE)], label=name.replace("_", " "))
        if np.isfinite(floor).any():
            panel.hlines(floor, places - 0.45, places + 0.45, color="#222222", linewidth=1.2, label="sampling floor")
        panel.set_xticks(places, [f"t = {t}" for t in times])
        panel.set_ylabel(f"{metric} to the held-out snapshot")
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure


def plot_values(data: xr.Dataset) -> Picture:
    """The divergence from the reference before each fit, above its least value, which a logarithm has no place for.

    Args:
        data: with ``V`` over iteration.
    """
    values = data.V.to_numpy()
    above = np.where(values > values.min(), values - values.min(), np.nan)
    with style():
        figure = new_figure(7.0, 2.6)
        panel = figure.subplots()
        panel.plot(np.arange(1, len(values) + 1), above, "o-", color=OURS, markersize=3)
        panel.set_yscale("log")
        panel.grid(True)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_xlabel("iteration")
        panel.set_ylabel("V above its least value")
        return figure
