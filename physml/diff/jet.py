"""Jets: truncated Taylor series that go through an unchanged ``nn.Module``."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}


class JetError(TypeError):
    """An operation has no jet rule."""


class Jet:
    r"""The Taylor coefficients of a value along a few directions that share one primal.

    Along direction d, with orders[d] = K: :math:`z(x + h v_d) = z_0 + z_1 h + \dots + z_K h^K + O(h^{K+1})`,
    and the k-th directional derivative is :math:`k!\,z_k`.

    Args:
        coefficients: the primal, then the coefficients 1..K of each direction in turn; all of one shape.
        orders: K of each direction.

    Any torch function with a rule (see :mod:`physml.diff.rules`) takes a jet where it takes a tensor. Others raise
    :class:`JetError`.

    Example:
        >>> x = Jet.seed(torch.tensor([0.5]), directions=[[1.0]], orders=[2])
        >>> torch.allclose(torch.sin(x).derivative(0, 2), -torch.sin(torch.tensor([0.5])))
        True
    """

    def __init__(self, coefficients: Sequence[Tensor], orders: Sequence[int]) -> None:
        self.coefficients = tuple(coefficients)
        self.orders = tuple(orders)

    @classmethod
    def seed(cls, points: Tensor, directions: Sequence[Sequence[float]], orders: Sequence[int]) -> "Jet":
        """The jet of the identity at ``points`` (..., d), along ``directions`` (each of length d)."""
        coefficients = [points]
        for direction, order in zip(directions, orders, strict=True):
            coefficients.append(points.new_tensor(direction).expand_as(points))
            coefficients.extend([torch.zeros_like(points)] * (order - 1))
        return cls(coefficients, orders)

    @property
    def primal(self) -> Tensor:
        return self.coefficients[0]

    def direction(self, index: int) -> tuple[Tensor, ...]:
        """Coefficients 1..K along one direction."""
        start = 1 + sum(self.orders[:index])
        return self.coefficients[start : start + self.orders[index]]

    def derivative(self, direction: int, order: int) -> Tensor:
        """The directional derivative of the given order; order 0 is the value."""
        if order == 0:
            return self.primal
        return math.factorial(order) * self.direction(direction)[order - 1]

    def map(self, function: Callable[[Tensor], Tensor]) -> "Jet":
        """Apply a linear map to every coefficient."""
        return Jet([function(coefficient) for coefficient in self.coefficients], self.orders)

    @property
    def shape(self) -> torch.Size:
        return self.primal.shape

    @property
    def dtype(self) -> torch.dtype:
        return self.primal.dtype

    @property
    def device(self) -> torch.device:
        return self.primal.device

    @property
    def ndim(self) -> int:
        return self.primal.ndim

    def dim(self) -> int:
        return self.primal.dim()

    def size(self, dim: int | None = None) -> Any:
        return self.primal.size() if dim is None else self.primal.size(dim)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _apply(func.__name__, *args, **(kwargs or {}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not callable(getattr(Tensor, name, None)):
            raise AttributeError(f"a jet has no {name!r}")

        def method(*args: Any, **kwargs: Any) -> Any:
            return _apply(name, self, *args, **kwargs)

        return method

    def __add__(self, other: Any) -> "Jet":
        return _apply("add", self, other)

    def __sub__(self, other: Any) -> "Jet":
        return _apply("sub", self, other)

    def __rsub__(self, other: Any) -> "Jet":
        return _apply("sub", other, self)

    def __mul__(self, other: Any) -> "Jet":
        return _apply("mul", self, other)

    def __truediv__(self, other: Any) -> "Jet":
        return _apply("div", self, other)

    def __rtruediv__(self, other: Any) -> "Jet":
        return _apply("div", other, self)

    def __pow__(self, exponent: float) -> "Jet":
        return _apply("pow", self, exponent)

    def __neg__(self) -> "Jet":
        return _apply("neg", self)

    def __matmul__(self, other: Any) -> "Jet":
        return _apply("matmul", self, other)

    def __getitem__(self, index: Any) -> "Jet":
        return self.map(lambda coefficient: coefficient[index])

    __radd__ = __add__
    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"Jet(shape={tuple(self.shape)}, orders={self.orders}, dtype={self.dtype})"


def _apply(name: str, *args: Any, **kwargs: Any) -> Any:
    import physml.diff.rules  # noqa: F401  (fills RULES)

    rule = RULES.get(name)
    if rule is None:
        raise JetError(
            f"no jet rule for torch operation {name!r}: register one with physml.diff.elementwise or physml.diff.rule, "
            f"or choose engine='autograd'"
        )
    return rule(*args, **kwargs)


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a function as the jet rule of the torch operations with these names."""

    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register
