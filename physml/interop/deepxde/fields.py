"""Our residuals and conditions on DeepXDE's tensors."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from physml.diff import Field, Points
from physml.diff.field import space_axes
from physml.problem import PDE, Condition, Domain
from physml.problem.checks import prescribed_field

OPERATORS: dict[str, Callable[[tuple[str, ...]], list[str]]] = {
    "laplacian": lambda axes: [a * 2 for a in axes],
    "biharmonic": lambda axes: [a * 2 + b * 2 for a in axes for b in axes],
}


def column_names(domain: Domain) -> tuple[str, ...]:
    """The axes in the order of DeepXDE's columns: space first, time last."""
    return (*(axis.name for axis in domain.space), *(("t",) if domain.time else ()))


def reordered(domain: Domain, inputs: Any) -> Any:
    """DeepXDE's inputs (..., d) with their columns in the order of our axes."""
    names = column_names(domain)
    return inputs[..., [names.index(name) for name in domain.names]]


def points_of(domain: Domain, inputs: Any) -> Points:
    """DeepXDE's inputs (..., d) as points."""
    return Points(reordered(domain, inputs), domain.names)


class DeepXDEField(Field):
    """An unknown as a column of a DeepXDE output, whose derivatives come from ``dde.grad`` when they are read.

    Args:
        dde: the module.
        name: of the unknown.
        component: its column of ``outputs``.
        inputs: (n, d), in DeepXDE's order.
        outputs: (n, fields), computed from them.
        domain: the axes.
    """

    def __init__(self, dde: Any, name: str, component: int, inputs: Any, outputs: Any, domain: Domain) -> None:
        super().__init__(name, {}, points_of(domain, inputs))
        self.dde, self.component, self.inputs, self.outputs = dde, component, inputs, outputs
        self.columns = column_names(domain)

    def derivative(self, name: str) -> Tensor:
        return self._column(name)[:, 0]

    def _column(self, name: str) -> Any:
        """A derivative as DeepXDE has it, shape (n, 1); DeepXDE remembers those up to order two."""
        x, y, i = self.inputs, self.outputs, self.component
        if not name:
            return y[:, i : i + 1]
        if name in OPERATORS:
            return sum(self._column(term) for term in OPERATORS[name](space_axes(self.points.axes)))
        along = [self.columns.index(letter) for letter in name]
        if len(along) == 1:
            return self.dde.grad.jacobian(y, x, i=i, j=along[0])
        if len(along) == 2:
            return self.dde.grad.hessian(y, x, component=i, i=along[0], j=along[1])
        return self.dde.grad.jacobian(self._column(name[:-1]), x, i=0, j=along[-1])


def fields_of(dde: Any, problem: PDE, inputs: Any, outputs: Any) -> list[Field]:
    """The unknowns of a problem, read off DeepXDE's tensors."""
    return [
        DeepXDEField(dde, name, component, inputs, outputs, problem.domain)
        for component, name in enumerate(problem.fields)
    ]


def prescribed_component(problem: PDE, condition: Condition) -> int | None:
    """The column of the output whose value a condition prescribes; None if it prescribes anything else."""
    field = prescribed_field(problem, condition)
    return None if field is None else problem.fields.index(field)
