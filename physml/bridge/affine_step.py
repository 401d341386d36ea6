r"""The M-step of the affine family in closed form, from the first two moments of a plan.

Under the reference :math:`dX = (A X + c)\,dt + dN`, the bridge between x and y is Gaussian, and its drift is affine in
the present state and y. So, with :math:`\tilde x = (X_t, 1)`, :math:`E[b\,\tilde x^T]` and
:math:`E[\tilde x \tilde x^T]` follow from the moments of the pairs (x, y), whatever their law; the time integrals are
Gauss quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from physml.numerics.linear_sde import transition

_NODES = 24


@dataclass(frozen=True)
class PairMoments:
    """Moments about zero of pairs (x, y) of an interval.

    Args:
        duration: of the interval.
        x, y: means, shape (d,).
        xx, xy, yy: shape (d, d), as ``xy`` = E[x y^T].
    """

    duration: float
    x: Tensor
    y: Tensor
    xx: Tensor
    xy: Tensor
    yy: Tensor

    @staticmethod
    def of(start: Tensor, end: Tensor, conditional: Tensor, duration: float) -> PairMoments:
        """Of points (n, d) of equal weight and (m, d), by the plan's conditional (n, m): each row has the sum one."""
        n = len(start)
        by_end, following = conditional.sum(0)[:, None], conditional @ end
        return PairMoments(
            duration,
            start.mean(0),
            following.mean(0),
            start.T @ start / n,
            start.T @ following / n,
            end.T @ (by_end * end) / n,
        )


def affine_step(moments: list[PairMoments], A: Tensor, c: Tensor, Q: Tensor) -> Tensor:
    """The parameters of the affine family nearest to the bridges under a reference; A row by row, then c.

    Args:
        moments: of each interval.
        A, c, Q: of the reference.
    """
    nodes, weights = (torch.from_numpy(v).to(Q) for v in np.polynomial.legendre.leggauss(_NODES))
    drifts, squares = torch.zeros_like(torch.cat([A, c[:, None]], 1)), Q.new_zeros(len(c) + 1, len(c) + 1)
    for pair in moments:
        t = pair.duration * (nodes + 1) / 2
        for_drift, for_state = _integrands(pair, t, A, c, Q)
        scale = (pair.duration * weights / 2)[:, None, None]
        drifts += (scale * for_drift).sum(0)
        squares += (scale * for_state).sum(0)
    theta = torch.linalg.solve(squares, drifts, left=False)
    return torch.cat([theta[:, :-1].flatten(), theta[:, -1]])


def _integrands(pair: PairMoments, t: Tensor, A: Tensor, c: Tensor, Q: Tensor) -> tuple[Tensor, Tensor]:
    """E[b (x, 1)^T] and E[(x, 1) (x, 1)^T] at times of shape (k,)."""
    before, after = transition(A, c, Q, t), transition(A, c, Q, pair.duration - t)
    whole = transition(A, c, Q, pair.duration)
    by_end = before.Omega @ after.Phi.mT @ torch.cholesky_inverse(whole.factor())
    by_start = before.Phi - by_end @ whole.Phi
    shift = before.eta - by_end @ whole.eta
    noise = before.Omega - by_end @ after.Phi @ before.Omega
    mean = by_start @ pair.x + by_end @ pair.y + shift
    end_state = pair.xy.T @ by_start.mT + pair.yy @ by_end.mT + pair.y[:, None] * shift[:, None]
    start_state = pair.xx @ by_start.mT + pair.xy @ by_end.mT + pair.x[:, None] * shift[:, None]
    state = by_start @ start_state + by_end @ end_state + shift[..., None] * mean[:, None] + noise
    gain = Q @ torch.linalg.solve(after.Omega, after.Phi).mT
    matrix, offset = A - gain @ after.Phi, c - (gain @ after.eta[..., None])[..., 0]
    drift_state = matrix @ state + gain @ end_state + offset[..., None] * mean[:, None]
    drift = (matrix @ mean[..., None])[..., 0] + gain @ pair.y + offset
    extended = torch.cat([state, mean[..., None]], -1)
    last = torch.cat([mean, torch.ones_like(mean[:, :1])], -1)[:, None]
    return torch.cat([drift_state, drift[..., None]], -1), torch.cat([extended, last], 1)
