"""From a model or data of DeepXDE to a problem that our methods solve."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from physml.diff import Field, Points
from physml.interop.deepxde.fields import column_names
from physml.interop.deepxde.session import load_deepxde, session
from physml.interop.deepxde.stand_in import StandIn, answering
from physml.problem import PDE, Axis, Condition, Domain
from physml.problem.checks import ProblemError

_LETTERS = "xyzwvsrqponmlkjihgfedcba"
_PROBES = 16  # points of a face that a condition is asked for


def from_deepxde(source: Any, *, name: str = "from_deepxde", fields: Sequence[str] = ("u",), **more: Any) -> PDE:
    """The problem that a DeepXDE model or its data states.

    Intervals, rectangles, cuboids and hypercubes, times a time domain or not, become axes x, y, z, ... and t. The
    function ``pde(x, y)`` becomes the residual: its calls of ``dde.grad`` are answered by the derivatives of our
    fields, so that our engines compute them. ``PeriodicBC`` makes an axis periodic with all derivatives. What a model
    builds into its network is not found.

    Args:
        source: a ``deepxde.Model``, or its ``deepxde.data.PDE`` or ``TimePDE``.
        name: of the problem.
        fields: names of the output's columns.
        more: any other field of :class:`physml.problem.PDE`, such as ``title``, ``equation``, ``reference``;
            ``conditions`` are added to those found, as for a start that the model builds into its network.

    Raises:
        ModuleNotFoundError: DeepXDE is not installed.
        ProblemError: geometry or a condition that a problem on a box cannot have.

    Example:
        >>> import deepxde as dde                                                             # doctest: +SKIP
        >>> data = dde.data.TimePDE(dde.geometry.GeometryXTime(interval, time), pde, [ic])    # doctest: +SKIP
        >>> physml.solve(from_deepxde(data, name="mine"))                                     # doctest: +SKIP
    """
    dde = load_deepxde()
    data = source.data if isinstance(source, dde.Model) else source
    if not isinstance(data, dde.data.PDE):
        raise ProblemError(f"expected a deepxde Model, or its data.PDE or data.TimePDE, given {type(data).__name__}")
    domain, found = _domain(dde, data, len(fields)), []
    for condition in data.bcs:
        found += _conditions(dde, condition, domain, tuple(fields))
    settings = {"title": name.replace("_", " ").capitalize(), "equation": r"\text{as in the DeepXDE model}", **more}
    conditions = (*_numbered(found), *settings.pop("conditions", ()))
    return PDE(
        name=name,
        domain=domain,
        residual=_residual(dde, data.pde, domain),
        conditions=conditions,
        fields=tuple(fields),
        **settings,
    )


# -- geometry ----------------------------------------------------------------------------------------------------------


def _domain(dde: Any, data: Any, fields: int) -> Domain:
    """Axes of the geometry, time first; those with periodic conditions on every field are periodic."""
    geometry, time = data.geom, None
    if isinstance(geometry, dde.geometry.GeometryXTime):
        geometry, time = geometry.geometry, geometry.timedomain
    elif isinstance(geometry, dde.geometry.TimeDomain):
        geometry, time = None, geometry
    axes = (Axis("t", float(time.t0), float(time.t1)),) if time is not None else ()
    for column, (low, high) in enumerate(_bounds(dde, geometry)):
        conditions = [b for b in data.bcs if isinstance(b, dde.icbc.PeriodicBC) and b.component_x == column]
        values = {b.component for b in conditions if b.derivative_order == 0}
        if conditions and len(values) < fields:
            raise ProblemError(
                f"axis {_LETTERS[column]!r} is periodic for {len(values)} of {fields} outputs; expected a PeriodicBC "
                f"on the value of each"
            )
        axes += (Axis(_LETTERS[column], low, high, periodic=bool(conditions)),)
    return Domain(axes)


def _bounds(dde: Any, geometry: Any) -> list[tuple[float, float]]:
    if geometry is None:
        return []
    if type(geometry) is dde.geometry.Interval:
        return [(float(geometry.l), float(geometry.r))]
    boxes = (dde.geometry.Rectangle, dde.geometry.Cuboid, dde.geometry.Hypercube)
    if type(geometry) in boxes and len(geometry.xmin) <= len(_LETTERS):
        return [(float(low), float(high)) for low, high in zip(geometry.xmin, geometry.xmax, strict=True)]
    raise ProblemError(
        f"geometry {type(geometry).__name__} is no box; expected an Interval, Rectangle, Cuboid or Hypercube of at "
        f"most {len(_LETTERS)} dimensions, with or without a TimeDomain"
    )


# -- residual and conditions as functions of fields --------------------------------------------------------------------


def _call(dde: Any, function: Callable[..., Any], fields: Sequence[Field], domain: Domain, *last: Any) -> Any:
    """``function(x, y, *last)`` of DeepXDE's kind on our fields; tensors (n, 1) come back."""
    inputs = _inputs(fields[0].points, domain)
    outputs = StandIn(fields, "", fields[0].points.tensor.shape[:-1])
    with answering(dde, column_names(domain)):
        return function(inputs, outputs, *last)


def _inputs(points: Points, domain: Domain) -> Tensor:
    """Our points (..., d) as DeepXDE's inputs (n, d)."""
    columns = [domain.names.index(name) for name in column_names(domain)]
    return points.tensor[..., columns].reshape(-1, len(columns))


def _output(entry: Any, fields: Sequence[Field]) -> Tensor:
    """DeepXDE's (n, 1) as one number a point."""
    tensor = entry.tensor if isinstance(entry, StandIn) else torch.as_tensor(entry)
    return tensor.reshape(fields[0].points.tensor.shape[:-1])


def _residual(dde: Any, pde: Callable[..., Any], domain: Domain) -> Callable[..., dict[str, Tensor]]:
    def residual(*arguments: Any) -> dict[str, Tensor]:
        *fields, _ = arguments
        entries = _call(dde, pde, fields, domain)
        entries = entries if isinstance(entries, list | tuple) else [entries]
        names = ["pde"] if len(entries) == 1 else [f"pde {i + 1}" for i in range(len(entries))]
        return {name: _output(entry, fields) for name, entry in zip(names, entries, strict=True)}

    return residual


@dataclass(frozen=True)
class _Values:
    """The target of a condition: ``function(x)`` of NumPy arrays (n, d), as DeepXDE's users write it."""

    function: Callable[[np.ndarray], Any]
    domain: Domain

    def __call__(self, points: Points, p: Any) -> Tensor:
        inputs = _inputs(points, self.domain)
        with session(torch.float64):
            values = torch.as_tensor(self.function(inputs.detach().cpu().numpy()))
        return values.to(points.tensor).reshape(-1).expand(len(inputs)).reshape(points.tensor.shape[:-1])


def _zero(points: Points, p: Any) -> float:
    return 0.0


def _conditions(dde: Any, condition: Any, domain: Domain, fields: tuple[str, ...]) -> Iterator[Condition]:
    """One condition of DeepXDE as ours, one for each face that it holds on."""
    icbc, kind = dde.icbc, type(condition)
    if kind is icbc.PeriodicBC:
        return
    if kind not in (icbc.IC, icbc.DirichletBC, icbc.NeumannBC, icbc.RobinBC, icbc.OperatorBC):
        raise ProblemError(
            f"condition {kind.__name__} has no counterpart in a problem; expected IC, DirichletBC, NeumannBC, RobinBC, "
            f"OperatorBC or PeriodicBC"
        )
    component = condition.component
    field = "" if kind is icbc.OperatorBC or len(fields) == 1 else f" of {fields[component]}"
    for axis, at in _faces(dde, condition, domain):
        label = f"{kind.__name__.removesuffix('BC').lower()}{field} at {axis.name} = {at:g}"
        if kind in (icbc.IC, icbc.DirichletBC):
            values = _Values(condition.func.__wrapped__, domain)
            yield Condition(label, axis.name, at, values, lambda *u: u[component].value)
        elif kind is icbc.OperatorBC:
            yield Condition(label, axis.name, at, _zero, _operator(dde, condition.func, domain))
        else:
            yield _flux(dde, condition, label, domain, axis, at)


def _operator(dde: Any, function: Callable[..., Any], domain: Domain) -> Callable[..., Tensor]:
    def quantity(*fields: Field) -> Tensor:
        points = _inputs(fields[0].points, domain).detach().cpu().numpy()
        return _output(_call(dde, function, fields, domain, points), fields)

    return quantity


def _flux(dde: Any, condition: Any, label: str, domain: Domain, axis: Axis, at: float) -> Condition:
    """Neumann, dy/dn = f(x), and Robin, dy/dn = f(x, y), along the outward normal."""
    sign = -1.0 if at == axis.low else 1.0

    def slope(*fields: Field) -> Tensor:
        return sign * fields[condition.component].derivative(axis.name)

    if isinstance(condition, dde.icbc.NeumannBC):
        return Condition(label, axis.name, at, _Values(condition.func.__wrapped__, domain), slope)

    def balance(*fields: Field) -> Tensor:
        given = _operator(dde, lambda x, y, points: condition.func(points, y), domain)
        return slope(*fields) - given(*fields)

    return Condition(label, axis.name, at, _zero, balance)


def _faces(dde: Any, condition: Any, domain: Domain) -> list[tuple[Axis, float]]:
    """The faces that DeepXDE's filter lets through, found by asking it for points inside of each.

    Raises:
        ProblemError: a filter that holds on no face, or on a part of one.
    """
    starts = isinstance(condition, dde.icbc.IC)
    found = []
    for axis in domain.axes:
        for at in (axis.low, axis.high):
            points = _probe(domain, axis, at)
            chosen = condition.filter(points) if starts == (axis.name == "t" and at == axis.low) or not starts else []
            if 0 < len(chosen) < len(points):
                raise ProblemError(
                    f"a {type(condition).__name__} holds on a part of the face {axis.name} = {at:g}; "
                    f"expected whole faces"
                )
            if len(chosen):
                found.append((axis, at))
    if not found:
        raise ProblemError(f"a {type(condition).__name__} holds on no face of the domain; expected whole faces")
    return found


def _probe(domain: Domain, axis: Axis, at: float) -> np.ndarray:
    """Points inside of a face, in DeepXDE's order, shape (n, d)."""
    fractions = np.random.default_rng(0).uniform(0.02, 0.98, (_PROBES, len(domain.axes)))
    names = column_names(domain)
    low = np.array([domain[name].low for name in names])
    points = low + fractions * [domain[name].length for name in names]
    points[:, names.index(axis.name)] = at
    return points


def _numbered(conditions: list[Condition]) -> list[Condition]:
    """Conditions with names of their own."""
    seen: dict[str, int] = {}
    numbered = []
    for c in conditions:
        seen[c.name] = seen.get(c.name, 0) + 1
        name = c.name if seen[c.name] == 1 else f"{c.name} ({seen[c.name]})"
        numbered.append(Condition(name, c.axis, c.at, c.target, c.quantity))
    return numbered
