"""``problem.check()``: mistakes found before any training, each said in one line."""

import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from physml.diff.field import Field, Points
from physml.diff.tracing import RecordingField, trace
from physml.problem.axis import Axis
from physml.problem.condition import Condition
from physml.problem.reference import Reference

if TYPE_CHECKING:
    from physml.problem.pde import PDE

_SAMPLES = 5


class ProblemError(ValueError):
    """A problem that cannot be solved as it is written."""


class ProblemWarning(UserWarning):
    """A problem that can be solved, with a property that its user should know."""


def check(problem: "PDE") -> None:
    """Check the residual, the conditions and the reference of a problem.

    Raises:
        ProblemError: with what was given, what was expected and the way out.
    """
    needed = check_residual(problem)
    _check_names(problem)
    for condition in problem.conditions:
        check_condition(problem, condition)
    _check_well_posed(problem, needed)
    for axis in problem.domain.space:
        for condition in problem.conditions:
            for face in condition.faces(problem.domain):
                if axis.periodic and face[0] != axis.name:
                    _check_periodic_target(problem, condition, face, axis)
    _check_budgets(problem)
    for reference in problem.references:
        _check_reference(problem, reference)


def sample_points(problem: "PDE", count: int = _SAMPLES, fixed: dict[str, float] | None = None) -> Points:
    """Points spread over the interior, in float64, with some coordinates fixed; shape (count, d)."""
    fixed = fixed or {}
    fractions = torch.linspace(0.11, 0.87, count, dtype=torch.float64)
    columns = []
    for shift, axis in enumerate(problem.domain.axes):
        fraction = (fractions + 0.37 * shift) % 1.0
        value = axis.low + axis.length * fraction
        columns.append(torch.full_like(value, fixed[axis.name]) if axis.name in fixed else value)
    return Points(torch.stack(columns, -1), problem.domain.names)


def check_residual(problem: "PDE") -> dict[str, set[str]]:
    """Run the residual once on made-up numbers; return the derivatives that each field needs."""
    points = sample_points(problem)
    try:
        entries, needed = trace(lambda *fields: problem.residual(*fields, problem.params), problem.fields, points)
    except AttributeError as error:
        raise ProblemError(f"{problem.name}: the residual fails: {error}") from error
    except TypeError as error:
        expected = ", ".join((*problem.fields, "p"))
        raise ProblemError(f"{problem.name}: residual({expected}) cannot be called or fails: {error}") from error
    if not isinstance(entries, dict) or not entries:
        raise ProblemError(
            f"{problem.name}: the residual returned {type(entries).__name__}; expected a dict with one named entry per "
            f"equation, such as {{'heat': u.t - u.xx}}"
        )
    for name, entry in entries.items():
        _check_entry(f"{problem.name}: residual entry {name!r}", entry, len(points.tensor))
    return needed


def _check_entry(what: str, entry: Any, count: int) -> None:
    if not isinstance(entry, Tensor) or entry.shape not in ((count,), ()):
        kind = "a field" if isinstance(entry, Field) else type(entry).__name__
        given = f"shape {tuple(entry.shape)}" if isinstance(entry, Tensor) else kind
        hint = "; write u.value for the field itself" if isinstance(entry, Field) else ""
        raise ProblemError(f"{what} has {given}; expected one number a point, shape ({count},){hint}")
    if not torch.isfinite(entry).all():
        raise ProblemError(f"{what} is not finite on ordinary numbers; look for a division or a root of zero")


def check_condition(problem: "PDE", condition: Condition) -> None:
    """Each face lies in the domain, the quantity uses its axes, and the target is finite."""
    faces = condition.faces(problem.domain)
    if not faces:
        raise ProblemError(
            f"{problem.name}: condition {condition.name!r} is on the boundary, but every axis is periodic"
        )
    for name, at in faces:
        _check_face(problem, condition, name, at)


def _check_face(problem: "PDE", condition: Condition, name: str, at: float) -> None:
    what = f"{problem.name}: condition {condition.name!r}"
    if name not in problem.domain.names:
        raise ProblemError(f"{what} is on axis {name!r}; the domain has {', '.join(problem.domain.names)}")
    axis = problem.domain[name]
    if not axis.contains(at):
        raise ProblemError(f"{what} is at {name} = {at}, outside the domain [{axis.low}, {axis.high}]")
    if axis.periodic:
        raise ProblemError(f"{what} is on the periodic axis {name!r}, which has no boundary; drop one of the two")
    points = sample_points(problem, fixed={name: at})
    try:
        entry, _ = trace(condition.quantity, problem.fields, points)
    except AttributeError as error:
        raise ProblemError(f"{what}: the quantity fails: {error}") from error
    except TypeError as error:
        raise ProblemError(f"{what}: quantity({', '.join(problem.fields)}) cannot be called: {error}") from error
    _check_entry(f"{what}: quantity", entry, len(points.tensor))
    _check_entry(f"{what}: target", target_values(condition, points, problem.params), len(points.tensor))


def derived_names(problem: "PDE") -> tuple[str, ...]:
    """The names of what a problem derives from its fields."""
    derived = problem.derived
    if derived is None:
        return ()
    entries, _ = trace(lambda *fields: derived(*fields, problem.params), problem.fields, sample_points(problem))
    return tuple(entries)


def prescribed_field(problem: "PDE", condition: Condition) -> str | None:
    """The unknown whose value, and nothing else, a condition prescribes; None if it prescribes anything else."""
    points = sample_points(problem, fixed=dict(condition.faces(problem.domain)[:1]))
    generator = torch.Generator().manual_seed(0)
    recorders = [RecordingField(name, points, generator) for name in problem.fields]
    entry = condition.quantity(*recorders)
    return next((recorder.name for recorder in recorders if entry is recorder.needed.get("")), None)


def target_values(condition: Condition, points: Points, p: Any) -> Tensor:
    """The target at points (..., d), shape (...); a plain number is spread over them."""
    try:
        value = condition.target(points, p)
    except AttributeError as error:
        raise ProblemError(f"condition {condition.name!r}: the target fails: {error}") from error
    tensor = torch.as_tensor(value, dtype=points.tensor.dtype, device=points.tensor.device)
    return tensor.expand(points.tensor.shape[:-1]) if tensor.ndim == 0 else tensor


def _check_well_posed(problem: "PDE", needed: dict[str, set[str]]) -> None:
    time = problem.domain.time
    if time is None:
        walls = any(not axis.periodic for axis in problem.domain.space)
        if walls and set().union(*needed.values()) - {""} and not problem.conditions:
            raise ProblemError(
                f"{problem.name}: a steady problem with derivatives needs a condition on its walls; given none"
            )
        return
    order = max((name.count("t") for names in needed.values() for name in names), default=0)
    given = [c for c in problem.conditions if c.axis == "t" and c.at == time.low]
    if order and len(given) < order:
        raise ProblemError(
            f"{problem.name}: the residual is of order {order} in t and needs as many conditions at t = {time.low} for "
            f"each such field; given {len(given)}. Add Condition('initial', 't', {time.low}, target=...)"
            + (", and one with quantity=lambda u: u.t" if order == 2 else "")
        )


def _check_periodic_target(problem: "PDE", condition: Condition, face: tuple[str, float], axis: Axis) -> None:
    """What is prescribed on a face must continue across the ends of every periodic axis."""
    step = 1e-4 * axis.length
    low, low1, low2 = (_target_at(problem, condition, face, axis, axis.low + n * step) for n in range(3))
    high, high1, high2 = (_target_at(problem, condition, face, axis, axis.high - n * step) for n in range(3))
    scale = 1 + float(low.abs().max())
    jump = float((low - high).abs().max())
    if jump > 1e-6 * scale:
        raise ProblemError(
            f"{problem.name}: condition {condition.name!r} jumps by {jump:.3g} across the periodic axis {axis.name!r} "
            f"(period {axis.length:.6g}); check the bounds, or that the period is not an angular frequency"
        )
    near, far = low1 - low + high1 - high, low2 - low + high2 - high  # n step kink + (n step)^2 u'' + ...
    kink = float((4 * near - far).abs().max()) / (2 * step)
    if kink > 1e-2 * scale / axis.length:
        warnings.warn(
            f"{problem.name}: the slope of {condition.name!r} jumps by {kink:.3g} across the periodic axis "
            f"{axis.name!r}: a kink; references that do not resolve it carry a floor",
            ProblemWarning,
            stacklevel=3,
        )
    if axis.even:
        _check_even(problem, condition, face, axis)


def _target_at(problem: "PDE", condition: Condition, face: tuple[str, float], axis: Axis, x: float) -> Tensor:
    points = sample_points(problem, fixed=dict((face, (axis.name, x))))
    return target_values(condition, points, problem.params)


def _check_even(problem: "PDE", condition: Condition, face: tuple[str, float], axis: Axis) -> None:
    points = sample_points(problem, fixed=dict((face,)))
    mirrored = points.tensor.clone()
    column = problem.domain.names.index(axis.name)
    mirrored[:, column] = axis.low + axis.high - mirrored[:, column]
    here = target_values(condition, points, problem.params)
    there = target_values(condition, Points(mirrored, points.axes), problem.params)
    if not torch.allclose(here, there, rtol=1e-9, atol=1e-9):
        raise ProblemError(f"{problem.name}: axis {axis.name!r} says even=True, but {condition.name!r} is not even")


def _check_names(problem: "PDE") -> None:
    """Loss terms and references are told apart by their names."""
    equations = trace(lambda *fields: problem.residual(*fields, problem.params), problem.fields, sample_points(problem))
    terms = [*equations[0], *(condition.name for condition in problem.conditions)]
    for kind, names in (("loss terms", terms), ("references", [reference.name for reference in problem.references])):
        if len(set(names)) < len(names):
            raise ProblemError(f"{problem.name}: {kind} need different names, given {names}")


def _check_reference(problem: "PDE", reference: Reference) -> None:
    """The reference has the problem's fields on a grid inside its domain."""
    data, what = reference.dataset(problem.params), f"{problem.name}: reference {reference.name!r}"
    for field in problem.fields:
        if field not in data:
            raise ProblemError(f"{what} has no field {field!r}; it has {', '.join(map(str, data.data_vars))}")
        if set(data[field].dims) != set(problem.domain.names):
            axes = ", ".join(map(repr, problem.domain.names))
            raise ProblemError(f"{what}: expected {field!r} over {axes}, given {data[field].dims}")
    for axis in problem.domain.axes:
        low, high = float(data[axis.name].min()), float(data[axis.name].max())
        if axis.periodic and high - low > (1 - 1e-9) * axis.length:
            warnings.warn(
                f"{what}: the grid of {axis.name} holds both ends of the period, which are one point; leave one out",
                ProblemWarning,
                stacklevel=4,
            )
        if not (axis.contains(low) and axis.contains(high)):
            raise ProblemError(f"{what}: {axis.name} from {low} to {high} leaves the domain [{axis.low}, {axis.high}]")


def _check_budgets(problem: "PDE") -> None:
    for budget in ("smoke", "short", "paper"):
        if budget not in problem.budgets:
            raise ProblemError(f"{problem.name}: no budget {budget!r}; given {sorted(problem.budgets)}")
