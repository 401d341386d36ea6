"""A result as a folder, and back."""

import json
import shutil
from pathlib import Path
from typing import Any

import safetensors.torch
import xarray as xr

from physml.numerics.files import atomic_create, atomic_write
from physml.problem import Problem
from physml.result.report import report_page
from physml.result.result import Result
from physml.train.history import NAME as HISTORY

RUN, PROBLEM, DATA = "run.json", "problem.py", "result.nc"
WEIGHTS, PASSPORT, REPORT = "weights.safetensors", "provenance.json", "report.html"


def write_settings(folder: Path, config: dict[str, Any], problem: Problem) -> None:
    """What was asked, and a copy of the problem's file where there is one: enough to start again."""
    write_json(folder / RUN, config)
    source = Path(problem.source)
    if problem.source and source.resolve() != (folder / PROBLEM).resolve():
        atomic_create(folder / PROBLEM, lambda temporary: shutil.copyfile(source, temporary) and None)


def write_result(folder: Path, result: Result) -> Path:
    """Write everything of a result; each file atomically."""
    write_settings(folder, result.config, result.problem)
    lines = "".join(json.dumps(row) + "\n" for row in result.history)
    atomic_write(folder / HISTORY, lines.encode())
    atomic_write(folder / WEIGHTS, safetensors.torch.save(result.weights))
    encoding = {name: {"zlib": True} for name in result.data.data_vars}
    atomic_create(folder / DATA, lambda path: result.data.to_netcdf(path, engine="h5netcdf", encoding=encoding))
    passport = {"outcome": result.outcome, "metrics": result.metrics, **result.provenance}
    write_json(folder / PASSPORT, passport)
    atomic_write(folder / REPORT, report_page(result).encode())
    return folder


def read_settings(folder: Path) -> dict[str, Any]:
    """What was asked of a run.

    Raises:
        FileNotFoundError: the folder holds no run.
    """
    if not (folder / RUN).is_file():
        raise FileNotFoundError(f"{folder} holds no run ({RUN} is missing); expected a folder such as runs/allen_cahn")
    return json.loads((folder / RUN).read_text())


def read_result(folder: Path, problem: Problem, make_solution: Any) -> Result:
    """Read a result; ``make_solution(weights)`` rebuilds what evaluates it.

    Raises:
        FileNotFoundError: the folder holds no finished result.
    """
    config = read_settings(folder)
    if not (folder / PASSPORT).is_file():
        raise FileNotFoundError(f"{folder} holds a run that has not ended; go on with: physml resume {folder}")
    passport = json.loads((folder / PASSPORT).read_text())
    outcome, metrics = passport.pop("outcome"), passport.pop("metrics")
    weights = safetensors.torch.load_file(folder / WEIGHTS)
    return Result(
        problem=problem,
        data=xr.load_dataset(folder / DATA, engine="h5netcdf"),
        history=[json.loads(line) for line in (folder / HISTORY).read_text().splitlines()],
        config=config,
        provenance=passport,
        metrics=metrics,
        weights=weights,
        outcome=outcome,
        solution=make_solution(weights),
    )


def write_json(path: Path, value: Any) -> None:
    """Write JSON for people: indented, with a line end."""
    atomic_write(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())
