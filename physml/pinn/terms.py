"""Loss terms: a problem's residual and soft conditions as functions of network parameters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from physml.diff import Bundle, Engine, Field, Jet, Points, autograd_derivatives, make_plan, trace
from physml.nets import Ansatz
from physml.nets.ansatz import VALUE_ONLY
from physml.problem import PDE, Condition
from physml.problem.checks import sample_points, target_values

Data = dict[str, Any]
Expression = Callable[..., Mapping[str, Tensor]]


class Term:
    """Pointwise residuals of one residual function or one condition.

    Args:
        name: of the term.
        problem: gives the axes and the fields.
        expression: ``expression(*fields)`` to named entries, each one number a point.
        ansatz: the candidate solution.
        engine: how derivatives are computed.
    """

    def __init__(self, name: str, problem: PDE, expression: Expression, ansatz: Ansatz, engine: Engine) -> None:
        self.name = name
        self.problem = problem
        self.expression = expression
        self.ansatz = ansatz
        self.engine: Engine = engine
        entries, needed = trace(expression, problem.fields, sample_points(problem))
        self.entries = tuple(entries)
        self.derivatives = set().union(*needed.values()) - {""}
        self.plan = make_plan(self.derivatives, problem.domain.names)

    def prepare(self, points: Tensor) -> Data:
        """Everything that depends on the points (n, d) only; each tensor has n along its first dimension."""
        data: Data = {"points": points, "target": torch.zeros_like(points[:, :1])}
        if self.engine == "jets":
            with torch.no_grad():
                encoded = self.ansatz.encode(points, self.plan)
            data["encoded"] = {name: pack(jet) for name, jet in encoded.items()}
        return data

    def fields(self, parameters: Mapping[str, Tensor], data: Data) -> list[Field]:
        """The unknowns with the derivatives that the expression needs."""
        if self.engine == "jets":
            values = self._by_jets(parameters, data["encoded"])
        else:
            values = self._by_autograd(parameters, data["points"])
        points = Points(data["points"], self.problem.domain.names)
        return [
            Field(name, {key: value[..., column] for key, value in values.items()}, points)
            for column, name in enumerate(self.problem.fields)
        ]

    def _by_jets(self, parameters: Mapping[str, Tensor], encoded: dict[str, Any]) -> dict[str, Tensor]:
        jets = {name: unpack(coefficients, self.plan.bundles) for name, coefficients in encoded.items()}
        return torch.func.functional_call(self.ansatz, dict(parameters), (jets, self.plan))

    def _by_autograd(self, parameters: Mapping[str, Tensor], points: Tensor) -> dict[str, Tensor]:
        def solution(point: Tensor) -> Tensor:
            encoded = self.ansatz.encode(point, VALUE_ONLY)
            return torch.func.functional_call(self.ansatz, dict(parameters), (encoded, VALUE_ONLY))[""]

        return autograd_derivatives(solution, points, self.derivatives, self.problem.domain.names)

    def __call__(self, parameters: Mapping[str, Tensor], data: Data) -> Tensor:
        """Residuals (..., entries), for a batch of points or for a single one."""
        entries = self.expression(*self.fields(parameters, data))
        shape = data["points"].shape[:-1]
        columns = [torch.as_tensor(entries[name]).expand(shape) for name in self.entries]
        return torch.stack(columns, -1) - data["target"]


def pack(jet: Jet | Tensor) -> Any:
    """The tensors of a jet over n points, with n first in each, so that rows can be taken out of all of them alike."""
    if isinstance(jet, Tensor):
        return jet
    return {"primal": jet.primal, "series": [[c.movedim(0, 1) for c in series] for series in jet.series]}


def unpack(packed: Any, bundles: Sequence[Bundle]) -> Jet | Tensor:
    """What :func:`pack` was given, over n points or over one of them."""
    if isinstance(packed, Tensor):
        return packed
    points_first = packed["primal"].ndim > 1
    series = [tuple(c.movedim(1, 0) if points_first else c for c in inner) for inner in packed["series"]]
    return Jet(packed["primal"], series, bundles)


def residual_term(problem: PDE, ansatz: Ansatz, engine: Engine) -> Term:
    """The equation itself."""
    return Term("residual", problem, lambda *fields: problem.residual(*fields, problem.params), ansatz, engine)


def condition_term(problem: PDE, condition: Condition, ansatz: Ansatz, engine: Engine) -> Term:
    """A soft condition; its target is added by :func:`prepare_condition`."""
    return Term(condition.name, problem, lambda *f: {condition.name: condition.quantity(*f)}, ansatz, engine)


def prepare_condition(term: Term, condition: Condition, points: Tensor, before: Ansatz | None) -> Data:
    """Data of a condition at points (n, d); the target comes from the solution ``before``, where there is one."""
    data = term.prepare(points)
    with torch.no_grad():
        if before is None:
            target = target_values(condition, Points(points, term.problem.domain.names), term.problem.params)
        else:
            earlier = Term(term.name, term.problem, term.expression, before, term.engine)
            target = earlier(dict(before.named_parameters()), earlier.prepare(points))[..., 0]
    return {**data, "target": target[..., None]}
