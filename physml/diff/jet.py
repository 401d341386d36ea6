"""Jets: truncated Taylor series that go through an unchanged ``nn.Module``."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from physml.diff.directions import Bundle

Rule = Callable[..., Any]
Series = tuple[Tensor, ...]
RULES: dict[str, Rule] = {}


class JetError(TypeError):
    """An operation has no jet rule."""


class Jet:
    r"""The Taylor coefficients of a value along bundles of directions that share one primal.

    Along direction d of a bundle of order K, :math:`z(x + h v_d) = z_0 + z_1^d h + \dots + z_K^d h^K + O(h^{K+1})`, and
    the k-th directional derivative is :math:`k!\,z_k^d`. Of a bundle with weights, only
    :math:`\sum_d w_d z_K^d` is carried at the highest order.

    Args:
        primal: :math:`z_0`, of any shape (...).
        series: for each bundle its coefficients 1..K, each of shape (directions, ...); the last one of a bundle with
            weights (1, ...).
        bundles: what they are expanded along.

    Any torch function with a rule (see :mod:`physml.diff.rules`) takes a jet where it takes a tensor. Others raise
    :class:`JetError`.

    Example:
        >>> x = Jet.seed(torch.tensor([0.5]), [Bundle(directions=((1.0,),), order=2)])
        >>> torch.allclose(torch.sin(x).derivative(order=2), -torch.sin(torch.tensor([0.5])))
        True
    """

    def __init__(self, primal: Tensor, series: Sequence[Series], bundles: Sequence[Bundle]) -> None:
        self.primal = primal
        self.series = tuple(series)
        self.bundles = tuple(bundles)

    @classmethod
    def seed(cls, points: Tensor, bundles: Sequence[Bundle]) -> "Jet":
        """The jet of the identity at ``points`` (..., d)."""
        series = []
        for bundle in bundles:
            slopes, ones = points.new_tensor(bundle.directions), [1] * (points.ndim - 1)
            rows = [slopes, *[torch.zeros_like(slopes)] * (bundle.order - 1)]
            if bundle.weights:
                rows[-1] = (points.new_tensor(bundle.weights) @ rows[-1])[None]
            series.append(tuple(r.reshape(len(r), *ones, -1).expand(-1, *points.shape) for r in rows))
        return cls(points, series, bundles)

    @property
    def highest_order(self) -> int:
        """The highest order of all bundles."""
        return max((bundle.order for bundle in self.bundles), default=0)

    @property
    def coefficients(self) -> list[Tensor]:
        """The primal and all coefficients, each with the directions along its first dimension."""
        return [self.primal[None], *(c for series in self.series for c in series)]

    def derivative(self, bundle: int = 0, direction: int = 0, order: int = 1) -> Tensor:
        """A directional derivative, shape (...); order 0 is the value.

        The highest order of a bundle with weights is the weighted sum over its directions, as direction 0.
        """
        if order == 0:
            return self.primal
        return math.factorial(order) * self.series[bundle][order - 1][direction]

    def map(self, function: Callable[[Tensor], Tensor]) -> "Jet":
        """Apply a linear map to every coefficient."""

        def each(coefficient: Tensor) -> Tensor:
            if len(coefficient) == 1:
                return function(coefficient[0])[None]
            return torch.vmap(function)(coefficient)

        series = [tuple(each(c) for c in series) for series in self.series]
        return Jet(function(self.primal), series, self.bundles)

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

    @property
    def mT(self) -> "Jet":
        return self.transpose(-2, -1)

    @property
    def T(self) -> "Jet":
        return self.map(lambda coefficient: coefficient.permute(*reversed(range(coefficient.ndim))))

    def dim(self) -> int:
        return self.primal.dim()

    def size(self, dim: int | None = None) -> Any:
        return self.primal.size() if dim is None else self.primal.size(dim)

    def __len__(self) -> int:
        return len(self.primal)

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

    def __rmatmul__(self, other: Any) -> "Jet":
        return _apply("matmul", other, self)

    def __getitem__(self, index: Any) -> "Jet":
        return self.map(lambda coefficient: coefficient[index])

    __radd__ = __add__
    __rmul__ = __mul__

    def __repr__(self) -> str:
        bundles = ", ".join(f"{len(b.directions)} to order {b.order}" for b in self.bundles)
        return f"Jet(shape={tuple(self.shape)}, directions: {bundles}, dtype={self.dtype})"


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
