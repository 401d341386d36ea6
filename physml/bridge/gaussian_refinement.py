"""Refinement of a linear reference between Gaussian snapshots: both of its steps in closed form."""

import itertools
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from physml.bridge.aliasing import warn_of_aliasing
from physml.bridge.gaussian import GaussianSchrodingerBridge
from physml.numerics.anderson import Anderson
from physml.numerics.convergence import ConvergenceWarning

_NODES = 24  # of Gauss quadrature, in each interval
_ROUND_OFF = 1e-12  # of a divergence


@dataclass(frozen=True)
class GaussianRefinement:
    r"""What the iterations have found.

    Args:
        theta: A and c, side by side, before each iteration and after the last, shape (iterations + 1, d, d + 1).
        kl_before: of the path law from the reference before each refit, :math:`KL(q^m | p_{\theta^{m-1}})`.
        kl_after: after it, :math:`KL(q^m | p_{\theta^m})` or, if the next reference is an accelerated one, that of the
            refit which it was made from.
        bridges: of the last reference, one for each interval.
        converged: the last iteration has changed theta by no more than the tolerance.
    """

    theta: Float[Tensor, "iterations d _"]
    kl_before: Float[Tensor, " _"]
    kl_after: Float[Tensor, " _"]
    bridges: tuple[GaussianSchrodingerBridge, ...]
    converged: bool

    @property
    def A(self) -> Float[Tensor, "d d"]:
        """Of the last reference."""
        return self.theta[-1, :, :-1]

    @property
    def c(self) -> Float[Tensor, " d"]:
        """Of the last reference."""
        return self.theta[-1, :, -1]


def refine_gaussian(
    times: Sequence[float] | Float[Tensor, " _"],
    means: Float[Tensor, "_ _"],
    covariances: Float[Tensor, "_ _ _"],
    *,
    Q: Float[Tensor, "_ _"],
    A: Float[Tensor, "_ _"] | None = None,
    c: Float[Tensor, " _"] | None = None,
    iterations: int = 100,
    tolerance: float = 1e-10,
    memory: int = 5,
) -> GaussianRefinement:
    r"""The linear reference :math:`dX = (A X + c)\,dt + dN` nearest to path laws with Gaussian marginals.

    An iteration (shen2025multimarginal) takes the bridges for the present reference, interval by interval, and then the
    reference whose drift is nearest to theirs: with :math:`\tilde x = (x, 1)` and the drift b of the bridges,

    .. math:: (A\ c) = \int E[b \tilde x^T]\,dt \left(\int E[\tilde x \tilde x^T]\,dt\right)^{-1}.

    The divergence of the one from the other never rises. The plain iteration converges linearly; Anderson acceleration
    proposes further steps, of which only those are made that lower the divergence as much as the plain one must.

    Args:
        times: of the snapshots, increasing; three or more.
        means: shape (k, d).
        covariances: shape (k, d, d), positive definite.
        Q: the noise's covariance a time, shape (d, d), positive definite.
        A, c: of the first reference; Brownian motion if None.
        iterations: how many at most.
        tolerance: of the change of theta, relative to its norm or one.
        memory: of Anderson acceleration; 0 for the plain iteration.

    Warns:
        AliasingWarning: :math:`|\mathrm{Im}\,\lambda(A)| \Delta > \pi / 2` for the shortest interval
            :math:`\Delta`: a slower or faster rotation may fit as well.
        ConvergenceWarning: the tolerance is not reached.

    Raises:
        ValueError: times that do not increase, fewer than three, shapes that do not fit, matrices that are not positive
            definite.
    """
    times = torch.as_tensor(times, dtype=torch.float64)
    means, covariances, Q = means.double(), covariances.double(), Q.double()
    _check(times, means, covariances, Q)
    d = means.shape[1]
    theta = torch.cat([means.new_zeros(d, d) if A is None else A, (means.new_zeros(d) if c is None else c)[:, None]], 1)
    intervals = list(itertools.pairwise(zip(times.tolist(), means, covariances, strict=True)))

    def bridges_for(theta: Tensor) -> tuple[GaussianSchrodingerBridge, ...]:
        return tuple(
            GaussianSchrodingerBridge(m0, S0, m1, S1, Q=Q, A=theta[:, :-1], c=theta[:, -1], T=end - start)
            for (start, m0, S0), (end, m1, S1) in intervals
        )

    anderson, thetas, before, after, change = Anderson(memory), [theta], [], [], math.inf
    bridges = bridges_for(theta)
    while len(after) < iterations and not change <= tolerance:
        before.append(_divergence(bridges))
        plain, divergence = refit(bridges, Q)
        after.append(divergence)
        change = float((plain - theta).norm() / theta.norm().clamp_min(1))
        proposed = anderson.propose(theta.flatten(), plain.flatten()).reshape(d, d + 1)
        bridges = bridges_for(proposed)
        if not _divergence(bridges) <= divergence + _ROUND_OFF:
            anderson.forget()
            proposed, bridges = plain, bridges_for(plain)
        theta = proposed
        thetas.append(theta)
    history = torch.stack(before), torch.stack(after)
    found = GaussianRefinement(torch.stack(thetas), *history, bridges, change <= tolerance)
    _warn(found, float(times.diff().min()), change, tolerance)
    return found


def _divergence(bridges: Sequence[GaussianSchrodingerBridge]) -> Tensor:
    return torch.stack([bridge.kl() for bridge in bridges]).sum()


def refit(bridges: Sequence[GaussianSchrodingerBridge], Q: Tensor) -> tuple[Tensor, Tensor]:
    """A and c side by side, and the divergence of the bridges from that reference."""
    nodes, weights = (torch.from_numpy(values).to(Q) for values in np.polynomial.legendre.leggauss(_NODES))
    drifts, moments = [], []
    for bridge in bridges:
        t = bridge.T * (nodes + 1) / 2
        M, n = bridge.drift_coefficients(t)
        mean, covariance = bridge.marginal(t)
        extended = torch.cat([mean, torch.ones_like(mean[:, :1])], 1)
        moment = extended[:, :, None] * extended[:, None, :]
        moment[:, :-1, :-1] += covariance
        drifts.append(torch.cat([M, n[..., None]], -1))
        moments.append((bridge.T * weights / 2)[:, None, None] * moment)
    drift, moment = torch.cat(drifts), torch.cat(moments)
    theta = torch.linalg.solve(moment.sum(0), (drift @ moment).sum(0), left=False)
    left_over = drift - theta
    return theta, (left_over @ moment @ left_over.mT * torch.linalg.inv(Q)).sum() / 2


def _check(times: Tensor, means: Tensor, covariances: Tensor, Q: Tensor) -> None:
    k = len(times)
    if k < 3:
        raise ValueError(f"needs three snapshots or more, given {k}: two do not tell one reference from another")
    if not (times.diff() > 0).all() or not times.isfinite().all():
        wrong = int((~(times.diff() > 0)).nonzero()[0]) + 1 if not (times.diff() > 0).all() else k - 1
        raise ValueError(f"needs times that increase, given {times.tolist()}: look at the index {wrong}")
    d = means.shape[-1]
    if means.shape != (k, d) or covariances.shape != (k, d, d):
        shapes = tuple(means.shape), tuple(covariances.shape)
        raise ValueError(f"needs {k} means (k, d) and covariances (k, d, d), given shapes {shapes[0]} and {shapes[1]}")
    if Q.shape != (d, d) or torch.linalg.cholesky_ex(Q)[1]:
        raise ValueError(f"needs a positive definite Q of shape {(d, d)}, given {Q.tolist()}")


def _warn(found: GaussianRefinement, interval: float, change: float, tolerance: float) -> None:
    warn_of_aliasing(found.A, interval)
    if not found.converged:
        warnings.warn(
            f"the last of {len(found.kl_after)} iterations changed the reference by {change:.1e}, with a tolerance of "
            f"{tolerance:.1e}; allow more iterations",
            ConvergenceWarning,
            stacklevel=3,
        )
