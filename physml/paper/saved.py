"""What is kept of a run beside the figures that are drawn from it: small enough for version control."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from physml.numerics.files import atomic_create, atomic_write
from physml.result import Result
from physml.result.store import write_json
from physml.viz.dataset import reference_of
from physml.viz.windows import last_of_each_window

DATA, HISTORY, PASSPORT = "data.nc", "history.jsonl", "passport.json"

_MOST_ROWS = 300
_MOST_PER_AXIS = 201


@dataclass(frozen=True)
class Saved:
    """Thinned data and history of a run, with its passport.

    Args:
        data: as in :class:`physml.result.Result`, on at most 201 values an axis. Fields are rounded to float32; the
            references are shifted by that rounding, so that the errors are those of the run. Errors and residuals have
            three digits.
        history: at most 300 of the logged steps, the first and the last among them, and the last of each window.
        passport: metrics, settings, provenance, outcome.
    """

    data: xr.Dataset
    history: list[dict[str, Any]]
    passport: dict[str, Any]


def keep(result: Result, folder: Path) -> None:
    """Write what a figure needs of a result."""
    data = result.data.copy()
    for field in result.problem.quantities:
        truth = reference_of(data, field)
        if truth is not None:
            data = data.drop_vars(str(truth.name)).assign({f"error_{field}": data[field] - truth})
    thin = {axis: _stride(data.sizes[axis]) for axis in result.problem.dimensions}
    data = data.isel({axis: slice(None, None, step) for axis, step in thin.items()}).astype("float32")
    for name in [n for n in data.data_vars if str(n).startswith(("error_", "residual"))]:
        data[name] = data[name].copy(data=_three_digits(data[name].to_numpy()))
    encoding = {name: {"zlib": True, "complevel": 9, "shuffle": True} for name in data.data_vars}
    atomic_create(folder / DATA, lambda path: data.to_netcdf(path, engine="h5netcdf", encoding=encoding))
    lines = "".join(json.dumps(result.history[i]) + "\n" for i in _chosen(result.history))
    atomic_write(folder / HISTORY, lines.encode())
    passport = {"metrics": result.metrics, "outcome": result.outcome, **result.config, **result.provenance}
    write_json(folder / PASSPORT, passport)


def read_saved(folder: Path) -> Saved:
    """Read what :func:`keep` wrote.

    Raises:
        FileNotFoundError: nothing is saved there.
    """
    if not (folder / PASSPORT).is_file():
        raise FileNotFoundError(
            f"{folder} holds no saved run; make it with: physml figures {folder.parents[1].name} --run"
        )
    history = [json.loads(line) for line in (folder / HISTORY).read_text().splitlines()]
    data = xr.load_dataset(folder / DATA, engine="h5netcdf")
    for field in [str(n) for n in data.data_vars if f"error_{n}" in data]:
        name = f"error_{field}"
        data[f"reference_{field}"] = data[field].astype("float64") - data[name]
    return Saved(data, history, json.loads((folder / PASSPORT).read_text()))


def _chosen(history: Sequence[dict[str, Any]]) -> list[int]:
    even = np.linspace(0, len(history) - 1, _MOST_ROWS).round().astype(int).tolist() if history else []
    return sorted({*even, *last_of_each_window(history)})


def _three_digits(values: np.ndarray) -> np.ndarray:
    """Values without the digits of which no compression makes less, and which no picture shows."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2**10) / 2**10, exponent).astype(values.dtype)


def _stride(count: int) -> int:
    return max(1, -(-(count - 1) // (_MOST_PER_AXIS - 1)))
