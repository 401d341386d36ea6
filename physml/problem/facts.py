"""What is known of a problem, as tables: for notebooks, terminals and documentation alike."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

from physml.problem.dynamical_system import DynamicalSystem
from physml.problem.flow_data import OperatorSection
from physml.problem.pde import PDE
from physml.problem.problem import Problem
from physml.problem.snapshots import Snapshots

_FEW = 20  # unknowns and states that are listed by name

Table = tuple[tuple[str, ...], list[tuple[Any, ...]]]  # headers, rows


@functools.singledispatch
def facts(problem: Problem) -> list[Table]:
    """What is known of a problem, by its kind; some tables may have no rows."""
    raise TypeError(f"nothing is known of problems of the kind {type(problem).__name__}")


@facts.register
def _(problem: PDE) -> list[Table]:
    """Axes, parameters, conditions and references."""
    growth = (problem.sensitivity,) if problem.sensitivity else ()
    return [
        (("axis", "from", "to", "unit", ""), _axes(problem)),
        (("parameter", "value", "range", "unit", "meaning"), _parameters(problem)),
        (("condition", "where"), [(c.name, c.where) for c in problem.conditions]),
        (("reference", "computed by"), [(r.name, r.method) for r in (*problem.references, *growth)]),
    ]


@facts.register
def _(problem: Snapshots) -> list[Table]:
    """Snapshots, parameters, and the family of drifts."""
    family, truth = problem.family, problem.truth(problem.params) if problem.truth else {}
    names = family.parameters if len(family.parameters) <= _FEW else ()
    return [
        (("state",), [(name,) for name in problem.states]),
        _clouds(problem),
        (("parameter", "value", "range", "unit", "meaning"), _parameters(problem)),
        (("unknown of " + type(family).__name__, "truth"), [(name, truth.get(name)) for name in names]),
    ]


def _clouds(problem: Snapshots) -> Table:
    """The snapshots, or what is missing of them: a file that a user has to get."""
    try:
        data = problem.data()
    except FileNotFoundError as error:
        return ("snapshots",), [(str(error),)]
    held = ["held out" if i in data.held_out else "" for i in range(len(data.times))]
    clouds = zip(data.times, data.samples, held, strict=True)
    return ("snapshot", "time", "points", ""), [(i, t, len(cloud), h) for i, (t, cloud, h) in enumerate(clouds)]


@facts.register
def _(problem: DynamicalSystem) -> list[Table]:
    """States, data, parameters, and what is known of the spectrum."""
    measure = ("measure of the samples", "invariant" if problem.measure_preserving else "not invariant")
    known = ("distance", "spectrum", "levels", "density", "moments", "discrete_part")
    named = ", ".join(name.replace("_", " ") for name in known if getattr(problem, name) is not None)
    return [
        (("state",), [(name,) for name in problem.states] if len(problem.states) <= _FEW else []),
        (("data", ""), [_samples(problem), ("time between samples", f"{problem.dt:g}"), measure]),
        (("parameter", "value", "range", "unit", "meaning"), _parameters(problem)),
        (("known of the spectrum",), [(named,)] if named else []),
    ]


def _samples(problem: DynamicalSystem) -> tuple[str, str]:
    """How many samples, or what is missing of them: a file that a user has to get."""
    try:
        data = problem.data()
    except FileNotFoundError as error:
        return "samples", str(error)
    if isinstance(data, OperatorSection):
        return "matrix in an orthonormal basis", " x ".join(map(str, data.columns.shape))
    count, longest, _ = data.sizes
    return "trajectories", f"{count} of {longest} samples"


def published(problem: Problem) -> Table:
    """The numbers that others have published."""
    headers = ("published by", "metric", "value", "source", "where", "budget")
    return headers, [(r.method, r.metric, r.value, r.source, r.where, r.budget) for r in problem.published]


def _axes(problem: PDE) -> list[tuple[Any, ...]]:
    rows = []
    for axis in problem.domain.axes:
        kinds = [kind for kind in ("periodic", "even") if getattr(axis, kind)]
        rows.append((axis.name, axis.low, axis.high, axis.unit, ", ".join(kinds)))
    return rows


def _parameters(problem: Problem) -> list[tuple[Any, ...]]:
    rows = []
    for field in dataclasses.fields(problem.params):
        low, high = (field.metadata.get(bound, math.nan) for bound in ("low", "high"))
        about = (field.metadata.get("unit", "1"), field.metadata.get("meaning", ""))
        rows.append((field.name, getattr(problem.params, field.name), _range(low, high), *about))
    return rows


def _range(low: float, high: float) -> str:
    """Such as ``≥ 0`` or ``0 to 2``."""
    if math.isfinite(low) and math.isfinite(high):
        return f"{low:g} to {high:g}"
    return f"≥ {low:g}" if math.isfinite(low) else f"≤ {high:g}" if math.isfinite(high) else "any"
