"""Polynomial drifts, with and without a potential."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from physml.dynamics.family import LinearFamily

Exponents = tuple[int, ...]


@dataclass(frozen=True)
class PolynomialDrift(LinearFamily):
    """Each component a polynomial of all states.

    Args:
        dimension: of the state.
        degree: the highest total degree.
    """

    dimension: int
    degree: int = 2

    @property
    def parameters(self) -> tuple[str, ...]:
        names = [monomial_name(powers) for powers in self._exponents]
        return tuple(f"b{i}[{name}]" for i in range(1, self.dimension + 1) for name in names)

    @cached_property
    def _exponents(self) -> list[Exponents]:
        return exponents(self.dimension, range(self.degree + 1))

    def features(self, x: Tensor, t: Tensor | float) -> Tensor:
        values = monomials(x, self._exponents)
        eye = torch.eye(self.dimension, dtype=x.dtype, device=x.device)
        return (eye[..., None] * values[..., None, None, :]).flatten(-2)


@dataclass(frozen=True)
class GradientField(LinearFamily):
    r"""The drift :math:`-\nabla V` of a polynomial potential: overdamped motion, which cannot rotate.

    Args:
        dimension: of the state.
        degree: of the potential.
    """

    dimension: int
    degree: int = 3

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(f"V[{monomial_name(powers)}]" for powers in self._exponents)

    @cached_property
    def _exponents(self) -> list[Exponents]:
        return exponents(self.dimension, range(1, self.degree + 1))

    def features(self, x: Tensor, t: Tensor | float) -> Tensor:
        rows = []
        for k in range(self.dimension):
            lowered = [tuple(p - (i == k) for i, p in enumerate(powers)) for powers in self._exponents]
            factors = x.new_tensor([float(powers[k]) for powers in self._exponents])
            rows.append(-factors * monomials(x, [tuple(max(p, 0) for p in powers) for powers in lowered]))
        return torch.stack(rows, -2)


def exponents(dimension: int, degrees: Iterable[int]) -> list[Exponents]:
    """The exponents of all monomials of these total degrees."""
    found = []
    for degree in degrees:
        for letters in itertools.combinations_with_replacement(range(dimension), degree):
            found.append(tuple(letters.count(i) for i in range(dimension)))
    return found


def monomials(x: Tensor, powers: list[Exponents]) -> Tensor:
    """Monomials at states of shape (..., d): shape (..., m)."""
    columns = []
    for exponent in powers:
        column = torch.ones_like(x[..., 0])
        for i, power in enumerate(exponent):
            column = column * x[..., i] ** power if power else column
        columns.append(column)
    return torch.stack(columns, -1)


def monomial_name(powers: Exponents) -> str:
    """Such as ``x1^2 x3``; ``1`` for the constant."""
    parts = [f"x{i}" + (f"^{p}" if p > 1 else "") for i, p in enumerate(powers, start=1) if p]
    return " ".join(parts) or "1"
