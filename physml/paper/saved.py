"""What is kept of a run beside the figures that are drawn from it: small enough for version control."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from physml.numerics.files import atomic_create, atomic_write
from physml.result import Result
from physml.result.store import write_json
from physml.viz.dataset import reference_of

DATA, HISTORY, PASSPORT = "data.nc", "history.jsonl", "passport.json"

_MOST_ROWS = 300
_MOST_PER_AXIS = 201


@dataclass(frozen=True)
class Saved:
    """Thinned data and history of a run, with its passport.

    Args:
        data: as in :class:`physml.result.Result`, on at most 201 values an axis. Fields are rounded to float32; the
            references are shifted by that rounding, so that the errors are those of the run.
        history: at most 300 of the logged steps, the first and the last among them.
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
    encoding = {name: {"zlib": True, "complevel": 9} for name in data.data_vars}
    atomic_create(folder / DATA, lambda path: data.to_netcdf(path, engine="h5netcdf", encoding=encoding))
    chosen = np.unique(np.linspace(0, len(result.history) - 1, _MOST_ROWS).round().astype(int))
    lines = "".join(json.dumps(result.history[i]) + "\n" for i in chosen if result.history)
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


def _stride(count: int) -> int:
    return max(1, -(-(count - 1) // (_MOST_PER_AXIS - 1)))
