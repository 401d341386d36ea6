"""The reference process: a member of a family, or Brownian motion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics import AffineDrift, DriftFamily


@dataclass(frozen=True)
class Reference:
    r"""The law of :math:`dX = b_\theta(X, t)\,dt + dW` with noise of covariance rate Q.

    Args:
        family: of the drift.
        theta: its parameters, shape (p,); None for Brownian motion, the reference of the first iteration.
        rate: Q, shape (d, d).
    """

    family: DriftFamily
    theta: Tensor | None
    rate: Tensor

    def drift(self, x: Tensor, t: Tensor | float) -> Tensor:
        """At states of shape (..., d) and times that broadcast to (...); shape (..., d)."""
        return torch.zeros_like(x) if self.theta is None else self.family.drift(x, t, self.theta)

    def jacobian(self, x: Tensor, t: Tensor | float) -> Tensor:
        """The derivative of the drift with respect to the state; shape (..., d, d)."""
        if self.theta is None:
            return x.new_zeros(*x.shape, x.shape[-1])
        return self.family.jacobian(x, t, self.theta)

    @property
    def affine(self) -> tuple[Tensor, Tensor] | None:
        """The matrix A and the vector c where the drift is A x + c, else None."""
        if self.theta is None:
            return torch.zeros_like(self.rate), torch.zeros_like(self.rate[0])
        return self.family.coefficients(self.theta) if isinstance(self.family, AffineDrift) else None
