r"""Bridges of a linear recursion with Gaussian noise between pairs of points.

.. math:: x_{k+1} = F_k x_k + c_k + \eta_k, \quad \eta_k \sim N(0, R_k)

has the means :math:`m_{k+1} = F_k m_k + c_k` and covariances :math:`\Omega_{k+1} = F_k \Omega_k F_k^T + R_k`. With the
multipliers :math:`\lambda_n = \Omega_n^{-1} (y - m_n)`, :math:`\lambda_k = F_k^T \lambda_{k+1}`, the mean of the bridge
to y is :math:`m_k + \Omega_k \lambda_k`; :math:`\lambda_0` is the gradient of the log density by the start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class GaussianPaths:
    """Bridges between B pairs of points on n steps.

    Args:
        start, end: shape (B, d), the pairs.
        factors: F, shape (n, B, d, d).
        offsets: c, shape (n, B, d).
        noise: R, shape (n or 1, B, d, d).
        covariances: Omega, shape (n + 1, B, d, d).
        log_density: shape (B,), of the transition from start to end; minus infinity where Omega is singular.
        mean: shape (n + 1, B, d), of the bridges.
        pull: lambda_0, shape (B, d).
    """

    start: Tensor
    end: Tensor
    factors: Tensor
    offsets: Tensor
    noise: Tensor
    covariances: Tensor
    log_density: Tensor
    mean: Tensor
    pull: Tensor

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """One bridge for each pair, shape (n + 1, B, d): a free path, bent so that it ends where it must."""
        normal = torch.randn(self.offsets.shape, generator=generator, dtype=self.start.dtype).to(self.start.device)
        kicks = apply(torch.linalg.cholesky(self.noise), normal)
        free = [self.start]
        for factor, offset, kick in zip(self.factors, self.offsets, kicks, strict=True):
            free.append(apply(factor, free[-1]) + offset + kick)
        multiplier = torch.linalg.solve(self.covariances[-1], self.end - free[-1])
        paths = torch.stack(free) + apply(self.covariances, multipliers(self.factors, multiplier))
        paths[-1] = self.end
        return paths

    def pulls(self, states: Tensor) -> Tensor:
        r"""The gradients of the log density of reaching the end with respect to where a path is, shape (n, B, d).

        At step k it is :math:`\Phi^T \Omega^{-1} (y - \Phi x_k - \eta)` of the transition from k to n: times Q, what
        the bridge adds to the drift (Doob's transform).

        Args:
            states: of paths, shape (n + 1, B, d).
        """
        ahead = torch.eye(states.shape[-1], dtype=states.dtype, device=states.device).expand_as(self.factors[0])
        spread, missing = torch.zeros_like(ahead), self.end
        found = []
        for k in reversed(range(len(self.factors))):
            spread = spread + ahead @ self.noise[k if len(self.noise) > 1 else 0] @ ahead.mT
            missing = missing - apply(ahead, self.offsets[k])
            ahead = ahead @ self.factors[k]
            found.append(apply(ahead.mT, torch.linalg.solve(spread, missing - apply(ahead, states[k]))))
        return torch.stack(found[::-1])


def gaussian_paths(start: Tensor, end: Tensor, factors: Tensor, offsets: Tensor, noise: Tensor) -> GaussianPaths:
    """The bridges of a linear recursion; arguments as the fields of :class:`GaussianPaths`."""
    means, covariances = [start], [torch.zeros_like(factors[0])]
    for k, (factor, offset) in enumerate(zip(factors, offsets, strict=True)):
        means.append(apply(factor, means[-1]) + offset)
        covariances.append(factor @ covariances[-1] @ factor.mT + noise[k if len(noise) > 1 else 0])
    mean, covariance = torch.stack(means), torch.stack(covariances)
    root, failed = torch.linalg.cholesky_ex(covariance[-1])
    whitened = torch.linalg.solve_triangular(root, (end - mean[-1])[..., None], upper=False)
    normaliser = root.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * start.shape[-1] * math.log(2 * math.pi)
    log_density = -0.5 * whitened[..., 0].square().sum(-1) - normaliser
    usable = (failed == 0) & torch.isfinite(log_density)
    last = torch.linalg.solve_triangular(root.mT, whitened, upper=True)[..., 0]
    pulls = multipliers(factors, last)
    return GaussianPaths(
        start, end, factors, offsets, noise, covariance, torch.where(usable, log_density, -math.inf),
        mean + apply(covariance, pulls), pulls[0],
    )  # fmt: skip


def multipliers(factors: Tensor, last: Tensor) -> Tensor:
    """The multipliers of all steps from the last one, shape (n + 1, B, d)."""
    found = [last]
    for factor in factors.flip(0):
        found.append(apply(factor.mT, found[-1]))
    return torch.stack(found[::-1])


def apply(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Matrices of shape (..., d, d) times vectors of shape (..., d)."""
    return (matrices @ vectors[..., None])[..., 0]


def step_times(begin: Tensor, duration: Tensor, steps: int) -> Tensor:
    """When each step begins, shape (n, B)."""
    counts = torch.arange(steps, dtype=begin.dtype, device=begin.device)[:, None]
    return begin + counts * (duration / steps)
