"""A solution beside its reference and their difference."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import QuadMesh

from physml.viz.dataset import axis_names, cut, field_of, label, reference_of, residuals_of
from physml.viz.style import (
    OURS,
    PALETTE,
    TRUTH,
    Picture,
    error_scale,
    log_limits,
    new_figure,
    style,
    value_scale,
)


def plot_solution(data: xr.Dataset, field: str = "u") -> Picture:
    """Solution, reference and absolute error; without a reference, the solution and the absolute residuals.

    Two axes give maps, time or else the first axis horizontal; one axis gives curves; of more axes the
    first two of space are shown, at the final time and in the middle of the others.

    Args:
        data: the field, and ``reference`` or ``residual`` on the same grid.
        field: which one.

    Raises:
        ValueError: no such field.
    """
    axes = axis_names(field_of(data, field))
    space = axes if len(axes) < 3 else [name for name in axes if name != "t"][:2]
    solution, where = cut(data[field], space)
    truth = reference_of(data, field)
    reference = None if truth is None else cut(truth, space)[0]
    differences = _differences(data, field, solution, reference, space)
    with style():
        if len(space) == 1:
            return _curves(data, field, solution, reference, differences)
        return _maps(data, field, solution, reference, differences, where)


def _differences(
    data: xr.Dataset, field: str, solution: xr.DataArray, reference: xr.DataArray | None, space: list[str]
) -> dict[str, xr.DataArray]:
    """What the logarithmic panels show, by title."""
    if reference is not None:
        return {"absolute error": abs(solution - reference)}
    residuals = {name.replace("residual_", "residual of "): r for name, r in residuals_of(data).items()}
    return {f"absolute {name}": abs(cut(r, space)[0]) for name, r in residuals.items()}


def _maps(
    data: xr.Dataset,
    field: str,
    solution: xr.DataArray,
    reference: xr.DataArray | None,
    differences: dict[str, xr.DataArray],
    where: str,
) -> Picture:
    values = {"solution": solution} | ({} if reference is None else {"reference": reference})
    count = len(values) + len(differences)
    figure = new_figure(3.3 * count, 2.75)
    panels = figure.subplots(1, count, sharex=True, sharey=True, squeeze=False)[0]
    scale = value_scale(np.stack([v.to_numpy() for v in values.values()]))
    for panel, (title, array) in zip(panels, values.items(), strict=False):
        _map(panel, array, f"{title}, {where}" if where else title, scale)
    bar = figure.colorbar(ScalarMappable(**scale), ax=list(panels[: len(values)]), pad=0.02, aspect=25)
    bar.ax.set_title(label(data, field))
    for panel, (title, array) in zip(panels[len(values) :], differences.items(), strict=True):
        scale = error_scale(array.to_numpy())
        mesh = _map(panel, array.clip(min=scale["norm"].vmin), title, scale)
        figure.colorbar(mesh, ax=panel, pad=0.03, aspect=25, extend="min")
    horizontal, vertical = map(str, solution.dims)
    for panel in panels:
        panel.set_xlabel(label(data, horizontal))
    panels[0].set_ylabel(label(data, vertical))
    return figure


def _map(panel: Axes, array: xr.DataArray, title: str, scale: dict) -> QuadMesh:
    horizontal, vertical = (array[name].to_numpy() for name in array.dims)
    panel.set_title(title)
    panel.set_facecolor("#dddddd")  # where the solution is not known, as after an interrupted run
    values = array.to_numpy().T
    return panel.pcolormesh(horizontal, vertical, values, shading="nearest", rasterized=True, **scale)


def _curves(
    data: xr.Dataset,
    field: str,
    solution: xr.DataArray,
    reference: xr.DataArray | None,
    differences: dict[str, xr.DataArray],
) -> Picture:
    figure = new_figure(8.0 if differences else 4.5, 2.75)
    panels = figure.subplots(1, 2 if differences else 1, squeeze=False)[0]
    (axis,) = map(str, solution.dims)
    grid = data[axis].to_numpy()
    if reference is not None:
        panels[0].plot(grid, reference.to_numpy(), color=TRUTH, linewidth=2.0, label="reference")
    panels[0].plot(grid, solution.to_numpy(), color=OURS, linestyle="--", label="solution")
    panels[0].set_ylabel(label(data, field))
    panels[0].legend()
    for colour, (title, array) in zip(PALETTE, differences.items(), strict=False):
        panels[1].plot(grid, array.to_numpy(), color=colour, label=title)
    for panel in panels:
        panel.set_xlabel(label(data, axis))
    if differences:
        log_limits(panels[1], *(d.to_numpy() for d in differences.values()))
        panels[1].legend()
    return figure
