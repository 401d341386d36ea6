"""Polynomials up to a total degree: monomials, normalised Legendre polynomials, Hermite polynomials and functions."""

import math
from abc import abstractmethod
from itertools import combinations_with_replacement
from typing import Any, Literal

import torch
from torch import Tensor

from physml.koopman.dictionaries.dictionary import Univariate


class Polynomials(Univariate):
    """Products of one polynomial of each coordinate, with degrees that sum to at most ``degree``."""

    degree: int
    exponents_: Tensor

    def degrees(self) -> Tensor:
        """0 to ``degree``."""
        return torch.arange(self.degree + 1)

    def evaluate(self, x: Tensor) -> Tensor:
        """The products, lowest total degree first."""
        table = torch.stack(self._table(x), dim=-1)  # (n, d, degree + 1)
        factors = [table[:, j, self.exponents_[:, j]] for j in range(table.shape[1])]
        return math.prod(factors[1:], start=factors[0])

    def _learn(self, states: Tensor, successors: Any) -> None:
        if not isinstance(self.degree, int) or self.degree < 0:
            raise ValueError(f"degree is {self.degree}; expected an integer >= 0")
        d, rows = states.shape[1], []
        for total in range(self.degree + 1):
            for axes in combinations_with_replacement(range(d), total):
                rows.append([axes.count(j) for j in range(d)])
        self.exponents_ = torch.tensor(rows)

    @abstractmethod
    def _table(self, x: Tensor) -> list[Tensor]:
        """The polynomials of degree 0, 1, ... of each entry."""


class MonomialDictionary(Polynomials):
    r""":math:`x_1^{k_1} \cdots x_d^{k_d}` with :math:`k_1 + \dots + k_d \le` ``degree``.

    Args:
        degree: 1 for the constant and the coordinates.

    Example:
        >>> import numpy as np
        >>> MonomialDictionary(degree=2).fit_transform(np.array([[2.0, 3.0]]))
        array([[1., 2., 3., 4., 6., 9.]])
    """

    def __init__(self, degree: int = 2) -> None:
        self.degree = degree

    def _table(self, x: Tensor) -> list[Tensor]:
        powers = [torch.ones_like(x)]
        for _ in range(self.degree):
            powers.append(powers[-1] * x)
        return powers


class LegendreDictionary(Polynomials):
    r"""Legendre polynomials, orthonormal in :math:`L^2([\text{low}, \text{high}]^d)`.

    Args:
        degree: largest total degree.
        low: of every coordinate.
        high: of every coordinate.

    Example:
        >>> import numpy as np
        >>> LegendreDictionary(degree=1, low=0.0, high=1.0).fit_transform(np.array([[1.0]])).round(6)
        array([[1.      , 1.732051]])
    """

    def __init__(self, degree: int = 10, low: float = -1.0, high: float = 1.0) -> None:
        self.degree, self.low, self.high = degree, low, high

    def _learn(self, states: Tensor, successors: Any) -> None:
        if not self.low < self.high:
            raise ValueError(f"low is {self.low} and high {self.high}; expected low < high")
        super()._learn(states, successors)

    def _table(self, x: Tensor) -> list[Tensor]:
        t = (2 * x - self.low - self.high) / (self.high - self.low)
        values = [torch.ones_like(t), t]
        for k in range(1, self.degree):
            values.append(((2 * k + 1) * t * values[k] - k * values[k - 1]) / (k + 1))
        return [((2 * k + 1) / (self.high - self.low)) ** 0.5 * v for k, v in enumerate(values[: self.degree + 1])]


class HermiteDictionary(Polynomials):
    r"""Hermite functions, orthonormal in :math:`L^2(R^d)`, or polynomials, orthonormal under a normal distribution.

    Functions are :math:`h_k(s)\, e^{-s^2/2}` with :math:`s = x / \text{scale}`, polynomials those of N(0, scale^2).

    Args:
        degree: largest total degree.
        kind: "functions" or "polynomials".
        scale: length in which the coordinates are measured.

    Example:
        >>> import numpy as np
        >>> HermiteDictionary(degree=2, kind="polynomials").fit_transform(np.array([[2.0]])).round(6)
        array([[1.     , 2.     , 2.12132]])
    """

    def __init__(
        self, degree: int = 10, kind: Literal["functions", "polynomials"] = "functions", scale: float = 1.0
    ) -> None:
        self.degree, self.kind, self.scale = degree, kind, scale

    def _learn(self, states: Tensor, successors: Any) -> None:
        if self.kind not in ("functions", "polynomials") or not self.scale > 0:
            raise ValueError(
                f"kind is {self.kind!r} and scale {self.scale}; expected 'functions' or 'polynomials', and scale > 0"
            )
        super()._learn(states, successors)

    def _table(self, x: Tensor) -> list[Tensor]:
        s = x / self.scale
        if self.kind == "functions":
            start, t = math.pi**-0.25 * self.scale**-0.5 * torch.exp(-(s**2) / 2), 2**0.5 * s
        else:
            start, t = torch.ones_like(s), s
        values = [start, t * start]
        for k in range(1, self.degree):
            values.append((t * values[k] - k**0.5 * values[k - 1]) / (k + 1) ** 0.5)
        return values[: self.degree + 1]
