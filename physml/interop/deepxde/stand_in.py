"""Stand-ins for DeepXDE's outputs: functions written for ``dde.grad`` read the derivatives of our fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from physml.diff import Field
from physml.diff.field import canonical


class StandIn:
    """A tensor (n, 1) or (n, fields) that knows which derivative of which fields it is.

    In arithmetic and in torch functions it is its tensor. A column of it is a stand-in again; what else is indexed is
    a plain tensor, which has no derivatives.

    Args:
        fields: one for each column.
        letters: the derivative, such as ``"xx"``; empty for the value.
        shape: of the points.
    """

    def __init__(self, fields: Sequence[Field], letters: str, shape: torch.Size) -> None:
        self.fields, self.letters, self.points_shape = tuple(fields), letters, shape

    @property
    def tensor(self) -> Tensor:
        columns = [field.derivative(self.letters).expand(self.points_shape).reshape(-1) for field in self.fields]
        return torch.stack(columns, -1)

    def differentiate(self, component: int, letter: str) -> StandIn:
        field = self.fields[component]
        name = canonical(self.letters + letter, field.name, field.points.axes)
        return StandIn([field], name, self.points_shape)

    def __getitem__(self, index: Any) -> Any:
        whole = slice(None)
        if isinstance(index, tuple) and len(index) == 2 and index[0] == whole and isinstance(index[1], slice):
            return StandIn(self.fields[index[1]], self.letters, self.points_shape)
        return self.tensor[index]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tensor, name)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*_plain(args), **{k: _plain(v) for k, v in (kwargs or {}).items()})


def _plain(argument: Any) -> Any:
    if isinstance(argument, StandIn):
        return argument.tensor
    if isinstance(argument, tuple | list):
        return type(argument)(_plain(item) for item in argument)
    return argument


def _operator(name: str) -> Callable[..., Any]:
    return lambda self, *others: getattr(self.tensor, name)(*_plain(others))


for _name in ("add", "sub", "mul", "truediv", "pow"):
    setattr(StandIn, f"__{_name}__", _operator(f"__{_name}__"))
    setattr(StandIn, f"__r{_name}__", _operator(f"__r{_name}__"))
for _name in ("__neg__", "__pos__", "__abs__", "__len__"):
    setattr(StandIn, _name, _operator(_name))


@contextmanager
def answering(dde: Any, columns: Sequence[str]) -> Iterator[None]:
    """Inside the block, ``dde.grad`` answers for stand-ins.

    Args:
        dde: the module.
        columns: the axis of each input column.
    """

    def jacobian(ys: Any, xs: Any, i: int | None = None, j: int | None = None) -> Any:
        outputs = _known(ys)
        if i is None and len(outputs.fields) > 1:
            raise ValueError(f"dde.grad.jacobian needs i: the output has {len(outputs.fields)} columns")
        row = [outputs.differentiate(i or 0, letter) for letter in (columns if j is None else [columns[j]])]
        return row[0] if len(row) == 1 else torch.cat([column.tensor for column in row], -1)

    def hessian(ys: Any, xs: Any, component: int = 0, i: int = 0, j: int = 0) -> Any:
        return _known(ys).differentiate(component, columns[i]).differentiate(0, columns[j])

    before = dde.grad.jacobian, dde.grad.hessian
    dde.grad.jacobian, dde.grad.hessian = jacobian, hessian
    try:
        yield
    finally:
        dde.grad.jacobian, dde.grad.hessian = before


def _known(ys: Any) -> StandIn:
    if not isinstance(ys, StandIn):
        raise TypeError(
            "dde.grad was asked to differentiate an expression; physml knows derivatives of the outputs, of their "
            "columns y[:, i:i+1], and of such derivatives. Apply the product rule by hand"
        )
    return ys
