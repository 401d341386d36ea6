"""What a result on snapshots shows: paths over the clouds, distances to held-out ones, parameters, divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from physml.viz.html import figure_html
from physml.viz.snapshots import (
    plot_distances,
    plot_marginals,
    plot_parameters,
    plot_trajectories,
    plot_values,
)
from physml.viz.style import Picture

if TYPE_CHECKING:
    from physml.result.result import Result

_FEW = 30  # parameters that a picture can tell apart


def plot(result: Result, name: str) -> Picture:
    """Paths over the snapshots: two states against each other, or the one of that name against time."""
    return plot_trajectories(result.data, (name,) if name else ())


def pictures(result: Result) -> str:
    """Paths, and distances to what was held out, for notebooks."""
    return figure_html(plot(result, ""), "paths over the snapshots") + _distances(result)


def sections(result: Result) -> tuple[tuple[str, str], ...]:
    """The report's sections; those whose data is missing are empty."""
    return (
        ("Paths", figure_html(plot(result, ""), "paths over the snapshots")),
        ("States over time", figure_html(plot_marginals(result.data), "each state over time")),
        ("Distance to held-out snapshots", _distances(result)),
        ("Parameters", _parameters(result)),
        ("Divergence from the reference", _divergence(result)),
    )


def _distances(result: Result) -> str:
    if not any(name.startswith("W2 at") for name in result.metrics):
        return ""
    name = str(result.config.get("method", "ours"))
    return figure_html(plot_distances({name: result.metrics}), "W2 to the held-out snapshots")


def _parameters(result: Result) -> str:
    if "parameters" not in result.data or result.data.sizes["parameter"] > _FEW:
        return ""
    return figure_html(plot_parameters(result.data), "parameters after each fit")


def _divergence(result: Result) -> str:
    values = result.data.V.to_numpy()
    if len(values) < 2 or not np.isfinite(values).all():
        return ""
    return figure_html(plot_values(result.data), "divergence from the reference before each fit")
