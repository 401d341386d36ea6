"""From a problem of the catalog to a model of DeepXDE."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from physml.diff import Points
from physml.diff.tracing import trace
from physml.interop.deepxde.fields import column_names, fields_of, points_of, prescribed_component, reordered
from physml.interop.deepxde.method import DeepXDE
from physml.interop.deepxde.session import load_deepxde, seeded, silent
from physml.nets import Embedding
from physml.problem import PDE, Axis, Condition, Domain
from physml.problem.checks import ProblemError, sample_points, target_values


@dataclass(frozen=True)
class Exported:
    """A DeepXDE model, and its loss terms with their weights, in DeepXDE's order."""

    model: Any
    weights: dict[str, float]


def to_deepxde(problem: PDE, settings: DeepXDE | None = None, *, seed: int = 0) -> Any:
    """A DeepXDE model of a problem: geometry, conditions, the same residual, and a network.

    The model has DeepXDE's present precision and torch's default device. It is to be compiled and trained as any other;
    its losses are the residual's entries, then the soft conditions in the order of the problem.

    Args:
        problem: what to solve.
        settings: network, points, and how conditions are met; of the optimisers nothing is used.
        seed: of the network's weights and of random points.

    Returns:
        A ``deepxde.Model``, with ``model.data`` a ``deepxde.data.PDE`` or ``TimePDE``.

    Raises:
        ModuleNotFoundError: DeepXDE is not installed.
        ProblemError: ``initial="hard"`` where it cannot be had.

    Example:
        >>> import physml
        >>> model = to_deepxde(physml.load("heat"))
        >>> model.data.geom.dim
        2
    """
    return export(problem, settings or DeepXDE(), seed).model


def export(problem: PDE, settings: DeepXDE, seed: int) -> Exported:
    """The model of :func:`to_deepxde`, and what its losses are."""
    dde = load_deepxde()
    with seeded(seed, torch.get_default_device()), silent():
        conditions = _conditions(dde, problem, settings)
        data = _data(dde, problem, settings, list(conditions.values()))
        model = dde.Model(data, build_network(dde, problem, settings))
    entries, _ = trace(
        lambda *fields: problem.residual(*fields, problem.params), problem.fields, sample_points(problem)
    )
    return Exported(model, dict.fromkeys(entries, 1.0) | dict.fromkeys(conditions, settings.condition_weight))


# -- geometry and points -----------------------------------------------------------------------------------------------


def _geometry(dde: Any, domain: Domain) -> Any:
    """The box of the space axes, times the time domain where there is one."""
    shapes = {1: dde.geometry.Interval, 2: dde.geometry.Rectangle, 3: dde.geometry.Cuboid}
    low, high = [axis.low for axis in domain.space], [axis.high for axis in domain.space]
    time = dde.geometry.TimeDomain(domain.time.low, domain.time.high) if domain.time else None
    if not low:
        return time
    bounds = (low[0], high[0]) if len(low) == 1 else (low, high)
    space = shapes.get(len(low), dde.geometry.Hypercube)(*bounds)
    return space if time is None else dde.geometry.GeometryXTime(space, time)


def _data(dde: Any, problem: PDE, settings: DeepXDE, conditions: list[Any]) -> Any:
    """Points, residual and conditions; points on walls only where a condition needs them."""

    def pde(inputs: Any, outputs: Any) -> list[Any]:
        fields = fields_of(dde, problem, inputs, outputs)
        entries = problem.residual(*fields, problem.params)
        return [torch.as_tensor(entry).expand(len(inputs))[:, None] for entry in entries.values()]

    domain = problem.domain
    walls = any(not isinstance(condition, dde.icbc.IC) for condition in conditions)
    counts = {"num_domain": settings.points, "num_boundary": settings.condition_points if walls else 0}
    geometry = _geometry(dde, domain)
    if domain.time is None or not domain.space:
        counts["num_boundary"] = 2 if len(domain.axes) == 1 else counts["num_boundary"]
        return dde.data.PDE(geometry, pde, conditions, **counts)
    starts = any(c.axis == "t" for c in problem.conditions) and not use_hard(problem, settings)
    initial = settings.condition_points if starts else 0
    return dde.data.TimePDE(geometry, pde, conditions, num_initial=initial, **counts)


# -- conditions --------------------------------------------------------------------------------------------------------


def _conditions(dde: Any, problem: PDE, settings: DeepXDE) -> dict[str, Any]:
    """DeepXDE's conditions by our names; those that are built into the network are left out."""
    geometry, hard = _geometry(dde, problem.domain), use_hard(problem, settings)
    count = settings.condition_points
    soft = [c for c in problem.conditions if not (hard and _is_start(problem.domain, c))]
    found = {c.name: _condition(dde, problem, c, geometry, count) for c in soft}
    if settings.periodic == "conditions":
        for axis in (axis for axis in problem.domain.space if axis.periodic):
            found |= _periodic(dde, problem, axis, geometry)
    return found


def _condition(dde: Any, problem: PDE, condition: Condition, geometry: Any, count: int) -> Any:
    """A condition as DeepXDE's kind for it: initial, Dirichlet, or an operator on walls or on points of a face."""
    domain, component = problem.domain, prescribed_component(problem, condition)
    faces = [(column_names(domain).index(name), at) for name, at in condition.faces(domain)]

    def on_face(x: np.ndarray, _: Any) -> Any:
        return any(dde.utils.isclose(x[column], at) for column, at in faces)

    def values(x: np.ndarray) -> np.ndarray:
        points = points_of(domain, torch.as_tensor(x, device="cpu"))
        return target_values(condition, points, problem.params)[:, None].numpy()

    def operator(inputs: Any, outputs: Any, _: Any) -> Any:
        fields = fields_of(dde, problem, inputs, outputs)
        target = target_values(condition, fields[0].points, problem.params)
        return (condition.quantity(*fields) - target.detach())[:, None]

    if component is not None and _is_start(domain, condition):
        return dde.icbc.IC(geometry, values, lambda _, on_initial: on_initial, component=component)
    walls = all(axis != "t" and at in (domain[axis].low, domain[axis].high) for axis, at in condition.faces(domain))
    if component is not None and walls:
        return dde.icbc.DirichletBC(geometry, values, on_face, component=component)
    if walls or _is_start(domain, condition):
        return dde.icbc.OperatorBC(geometry, operator, on_face)
    points = np.array(geometry.random_points(count, random="Hammersley"))
    points[:, faces[0][0]] = faces[0][1]
    return dde.icbc.PointSetOperatorBC(points, 0.0, operator)


def _is_start(domain: Domain, condition: Condition) -> bool:
    return domain.time is not None and (condition.axis, condition.at) == ("t", domain.time.low)


def _periodic(dde: Any, problem: PDE, axis: Axis, geometry: Any) -> dict[str, Any]:
    """Value and slope of every unknown agree at both ends of an axis."""
    column = column_names(problem.domain).index(axis.name)

    def on_low(x: np.ndarray, on_boundary: Any) -> Any:
        return on_boundary and dde.utils.isclose(x[column], axis.low)

    return {
        f"{name}{'.' + axis.name if order else ''} periodic in {axis.name}": dde.icbc.PeriodicBC(
            geometry, column, on_low, derivative_order=order, component=component
        )
        for component, name in enumerate(problem.fields)
        for order in (0, 1)
    }


# -- network -----------------------------------------------------------------------------------------------------------


def build_network(dde: Any, problem: PDE, settings: DeepXDE) -> Any:
    """DeepXDE's network on our scaled and periodic features, with a hard start where the settings have it."""
    embedding = embedding_of(problem, settings)
    sizes = [embedding.size, *[settings.width] * settings.depth, len(problem.fields)]
    network = dde.nn.FNN(sizes, settings.activation, "Glorot normal")
    network.apply_feature_transform(lambda inputs: embedding(reordered(problem.domain, inputs)))
    if use_hard(problem, settings):
        network.apply_output_transform(_ramp(problem))
    return network


def embedding_of(problem: PDE, settings: DeepXDE) -> Embedding:
    """Scaled coordinates, and Fourier features of periodic axes unless conditions take care of them."""
    axes = problem.domain.axes
    if settings.periodic == "conditions":
        axes = tuple(dataclasses.replace(axis, periodic=False, even=False) for axis in axes)
    return Embedding(axes, settings.modes)


def use_hard(problem: PDE, settings: DeepXDE) -> bool:
    """Whether the start is built into the network.

    Raises:
        ProblemError: ``initial="hard"`` where it cannot be had.
    """
    possible = _can_be_hard(problem)
    if settings.initial == "hard" and not possible:
        raise ProblemError(
            f"{problem.name}: initial='hard' is not possible: DeepXDE needs one differentiable start value for each "
            f"field and nothing else at the start; choose initial='soft'"
        )
    return settings.initial != "soft" and possible


def _can_be_hard(problem: PDE) -> bool:
    time = problem.domain.time
    starts = [c for c in problem.conditions if c.axis == "t"]
    if time is None or any(c.at != time.low for c in starts):
        return False
    prescribed = {prescribed_component(problem, c) for c in starts}
    one_each = len(starts) == len(problem.fields) and prescribed == set(range(len(problem.fields)))
    return one_each and all(_differentiable(problem, c) for c in starts)


def _differentiable(problem: PDE, condition: Condition) -> bool:
    """Whether autograd goes through a target; one that does not change needs no derivative."""
    points = sample_points(problem, fixed={"t": condition.at})
    try:
        points.tensor.requires_grad_()
        values = target_values(condition, points, problem.params)
    except RuntimeError:  # NumPy inside refuses tensors that are differentiated
        return False
    return values.requires_grad or bool((values == values[0]).all())


def _ramp(problem: PDE) -> Callable[[Tensor, Tensor], Tensor]:
    """The output transform :math:`u_0(x) + (t - t_0) / T \\, N(t, x)`."""
    time, domain = problem.domain.time, problem.domain
    assert time is not None
    starts = sorted(
        (c for c in problem.conditions if c.axis == "t"), key=lambda c: prescribed_component(problem, c) or 0
    )

    def transform(inputs: Tensor, outputs: Tensor) -> Tensor:
        points = points_of(domain, inputs)
        columns = {name: getattr(points, name) for name in domain.names}
        columns["t"] = torch.full_like(points.t, time.low)
        start = Points(torch.stack(list(columns.values()), -1), domain.names)
        values = torch.stack([target_values(c, start, problem.params) for c in starts], -1)
        return values + (points.t[..., None] - time.low) / time.length * outputs

    return transform
