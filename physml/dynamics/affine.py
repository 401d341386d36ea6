"""The affine drift, whose transitions are Gaussian in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics.family import LinearFamily


@dataclass(frozen=True)
class AffineDrift(LinearFamily):
    """The drift A x + c: an Ornstein-Uhlenbeck process where A is stable.

    Args:
        dimension: of the state.

    Example:
        >>> AffineDrift(1).coefficients(torch.tensor([-2.0, 0.5]))
        (tensor([[-2.]]), tensor([0.5000]))
    """

    dimension: int

    @property
    def parameters(self) -> tuple[str, ...]:
        numbers = range(1, self.dimension + 1)
        return (*(f"A{i}{j}" for i in numbers for j in numbers), *(f"c{i}" for i in numbers))

    def features(self, x: Tensor, t: Tensor | float) -> Tensor:
        eye = torch.eye(self.dimension, dtype=x.dtype, device=x.device)
        by_matrix = (eye[..., None] * x[..., None, None, :]).flatten(-2)
        return torch.cat([by_matrix, eye.expand(*x.shape[:-1], *eye.shape)], -1)

    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        matrix, offset = self.coefficients(theta)
        return x @ matrix.T + offset

    def coefficients(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """The matrix A of shape (d, d) and the vector c of shape (d,)."""
        d = self.dimension
        return theta[: d * d].reshape(d, d), theta[d * d :]
