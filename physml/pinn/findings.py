"""From a trained process to data and metrics."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr

from physml.pinn.solution import Solution, grid_points
from physml.problem import PDE, relative_l2
from physml.result import Findings

_GRID_POINTS = 50_000  # of a problem without a reference, all axes together
_LONGEST_AXIS = 1001


def collect(problem: PDE, solution: Solution, snapshots: Sequence[dict[str, Any]]) -> Findings:
    """Fields and residuals on the reference's grid, metrics, and what was remembered of the time slices.

    Where the run has not come to, the data is NaN; a metric that would need it is absent.
    """
    truth = problem.reference.dataset(problem.params) if problem.reference else None
    grid = default_grid(problem) if truth is None else {a: truth[a].to_numpy() for a in problem.domain.names}
    data = solution.predict(**grid)
    for name, values in _named_residuals(solution, grid).items():
        data[name] = (tuple(grid), values)
    if truth is not None:
        for quantity in truth.data_vars:
            name = "reference" if len(truth.data_vars) == 1 else f"reference_{quantity}"
            data[name] = truth[quantity].transpose(*grid)
    for axis in problem.domain.axes:
        data[axis.name].attrs |= {"units": axis.unit, "long_name": axis.name}
    return Findings(data.merge(slices(snapshots)), metrics(problem, solution, data), solution.weights(), solution)


def default_grid(problem: PDE) -> dict[str, np.ndarray]:
    """An even grid over the domain, ends included, for problems without a reference."""
    axes = problem.domain.axes
    count = min(_LONGEST_AXIS, int(_GRID_POINTS ** (1 / len(axes))))
    return {axis.name: np.linspace(axis.low, axis.high, count) for axis in axes}


def _named_residuals(solution: Solution, grid: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    residuals = solution.residual(grid_points(grid))
    shape = tuple(len(g) for g in grid.values())
    alone = len(residuals) == 1
    return {"residual" if alone else f"residual_{n}": r.reshape(shape).numpy() for n, r in residuals.items()}


def metrics(problem: PDE, solution: Solution, data: xr.Dataset) -> dict[str, float]:
    """Relative L2 errors against each reference on its own grid, per quantity and the worst of them; rms residual.

    Of a run that has not come to the end, the rms residual of what is solved, and until when.
    """
    found = {}
    for reference in problem.references:
        truth = reference.dataset(problem.params)
        same = all(np.array_equal(data[name], truth[name]) for name in problem.domain.names)
        ours = data if same else solution.predict(**{name: truth[name].to_numpy() for name in problem.domain.names})
        errors = {str(name): relative_l2(ours[name], truth[name]) for name in truth.data_vars}
        name = "relative_l2" if reference is problem.reference else f"relative_l2 ({reference.name})"
        found[name] = max(errors.values())
        if len(errors) > 1:
            found |= {f"{name} of {field}": error for field, error in errors.items()}
    residuals = [r.to_numpy() for n, r in data.data_vars.items() if str(n).startswith("residual")]
    squares = np.square(residuals)
    found["residual_rms"] = math.sqrt(squares[np.isfinite(squares)].mean()) if np.isfinite(squares).any() else math.nan
    if solution.until is not None:
        found["solved until t"] = solution.until
    return {name: value for name, value in found.items() if math.isfinite(value)}


def slices(snapshots: Sequence[dict[str, Any]]) -> xr.Dataset:
    """Times, losses, causal weights and convergence rates of the time slices, over (step, slice)."""
    if not snapshots:
        return xr.Dataset()
    table = torch.stack([s["slices"] for s in snapshots]).numpy()
    names = ("slice_time", "slice_loss", "causal_weights", "slice_rate")
    variables = {name: (("step", "slice"), table[:, i]) for i, name in enumerate(names)}
    steps, windows = ([s[key] for s in snapshots] for key in ("step", "window"))
    return xr.Dataset(variables, coords={"step": steps, "window": ("step", windows)})
