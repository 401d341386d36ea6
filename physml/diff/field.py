"""What a residual sees: fields whose derivatives are read by name, and the points."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor


class Points:
    """Coordinates by axis name: ``points.x`` has shape (...), one entry a point.

    Args:
        tensor: shape (..., d).
        axes: the d axis names.

    Raises:
        AttributeError: a name that is not an axis.
    """

    def __init__(self, tensor: Tensor, axes: tuple[str, ...]) -> None:
        self.tensor = tensor
        self.axes = axes

    def __getattr__(self, name: str) -> Tensor:
        if name.startswith("__") or name not in self.axes:
            raise AttributeError(f"the points have no axis {name!r}; axes: {', '.join(self.axes)}")
        return self.tensor[..., self.axes.index(name)]


class Field:
    """An unknown of the equation at a set of points.

    ``u.t``, ``u.xx``, ``u.xy`` are derivatives (letters in any order), ``u.value`` the field, ``u.points.x`` a
    coordinate. ``u.laplacian`` and ``u.biharmonic`` are over the axes other than ``t``. A field takes part in
    arithmetic and in torch functions as its value: ``u.t + u * u.x``.

    Args:
        name: the name of the unknown, for messages.
        values: derivative name, letters in axis order, to tensor (...); ``""`` is the value.
        points: where.

    Raises:
        AttributeError: a derivative along an axis that the domain lacks.
        ValueError: an operator over space where there is no space axis.
    """

    def __init__(self, name: str, values: Mapping[str, Tensor], points: Points) -> None:
        self.name = name
        self.values = values
        self.points = points

    @property
    def value(self) -> Tensor:
        return self.derivative("")

    @property
    def laplacian(self) -> Tensor:
        return self._over_space("laplacian")

    @property
    def biharmonic(self) -> Tensor:
        return self._over_space("biharmonic")

    def _over_space(self, operator: str) -> Tensor:
        if not space_axes(self.points.axes):
            raise ValueError(f"{self.name}.{operator}: the domain has no space axis, only {self.points.axes[0]}")
        return self.derivative(operator)

    def derivative(self, name: str) -> Tensor:
        return self.values[name]

    def __getattr__(self, name: str) -> Tensor:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.derivative(canonical(name, self.name, self.points.axes))

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*_values(args), **{k: _values(v) for k, v in (kwargs or {}).items()})

    def __add__(self, other: Any) -> Tensor:
        return self.value + _values(other)

    def __sub__(self, other: Any) -> Tensor:
        return self.value - _values(other)

    def __rsub__(self, other: Any) -> Tensor:
        return _values(other) - self.value

    def __mul__(self, other: Any) -> Tensor:
        return self.value * _values(other)

    def __truediv__(self, other: Any) -> Tensor:
        return self.value / _values(other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return _values(other) / self.value

    def __pow__(self, exponent: Any) -> Tensor:
        return self.value ** _values(exponent)

    def __neg__(self) -> Tensor:
        return -self.value

    __radd__ = __add__
    __rmul__ = __mul__


def space_axes(axes: tuple[str, ...]) -> tuple[str, ...]:
    """All axes but time."""
    return tuple(axis for axis in axes if axis != "t")


def divergence(*components: Field) -> Tensor:
    r""":math:`\sum_i \partial_i v_i` of a vector field, one component for each space axis in their order.

    Raises:
        ValueError: another number of components than of space axes.

    Example:
        >>> def incompressible(u, v, p):
        ...     return {"continuity": divergence(u, v)}
    """
    axes = space_axes(components[0].points.axes)
    if len(axes) != len(components):
        raise ValueError(f"a divergence over {', '.join(axes)} takes {len(axes)} components, given {len(components)}")
    return sum(
        (v.derivative(a) for v, a in zip(components[1:], axes[1:], strict=True)), components[0].derivative(axes[0])
    )


def canonical(name: str, field: str, axes: tuple[str, ...]) -> str:
    """A derivative's name with its letters in axis order: ``"xtx"`` becomes ``"txx"``.

    Raises:
        AttributeError: a letter that is not an axis.
    """
    unknown = sorted(set(name) - set(axes))
    if unknown:
        raise AttributeError(
            f"{field}.{name}: the domain has no axis {unknown[0]!r}; axes: {', '.join(axes)}. "
            f"Derivatives are named by axis letters, as in {field}.{axes[-1] * 2}"
        )
    return "".join(sorted(name, key=axes.index))


def _values(argument: Any) -> Any:
    if isinstance(argument, Field):
        return argument.value
    if isinstance(argument, tuple | list):
        return type(argument)(_values(item) for item in argument)
    return argument
