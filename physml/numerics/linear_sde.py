r"""Transitions of linear stochastic differential equations :math:`dX = (A X + c)\,dt + dN`, with the noise N of rate Q.

Given X at a time, X a time T later is Gaussian with the mean :math:`\Phi X + \eta` and the covariance :math:`\Omega`.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

_TERMS = 20  # of the exponential's series, for norms up to one
_SINGULAR = 1e-14  # times the dimension: a correlation matrix with such a pivot is round-off


@dataclass(frozen=True)
class Transition:
    r"""A Gaussian transition, or a batch of them.

    Args:
        Phi: shape (..., d, d).
        eta: shape (..., d).
        Omega: shape (..., d, d).

    Example:
        >>> brownian = transition(torch.zeros(2, 2), torch.zeros(2), 0.5 * torch.eye(2), 2.0)
        >>> brownian.log_density(torch.zeros(3, 2), torch.zeros(4, 2)).exp().shape
        torch.Size([3, 4])
    """

    Phi: Tensor
    eta: Tensor
    Omega: Tensor

    def mean(self, x: Float[Tensor, "... n d"]) -> Float[Tensor, "... n d"]:
        r""":math:`\Phi x + \eta` for each point."""
        return x @ self.Phi.mT + self.eta[..., None, :]

    def then(self, following: "Transition") -> "Transition":
        """This one, and another after it."""
        Phi = following.Phi
        eta = (Phi @ self.eta[..., None])[..., 0] + following.eta
        return Transition(Phi @ self.Phi, eta, Phi @ self.Omega @ Phi.mT + following.Omega)

    def factor(self) -> Float[Tensor, "*k d d"]:
        r"""The lower triangular L with :math:`L L^T = \Omega`.

        Raises:
            ValueError: :math:`\Omega` is not positive definite.
        """
        scale = self.Omega.diagonal(dim1=-2, dim2=-1).clamp_min(1e-300).sqrt()
        lower, info = torch.linalg.cholesky_ex(self.Omega / (scale[..., :, None] * scale[..., None, :]))
        pivots = lower.diagonal(dim1=-2, dim2=-1).square()
        if info.any() or not (pivots > _SINGULAR * pivots.shape[-1]).all():
            raise ValueError(
                "the covariance of the transition is not positive definite: the noise Q must reach every direction, "
                "itself or by way of the drift (controllability of A and Q), in a time T > 0"
            )
        return scale[..., :, None] * lower

    def log_density(self, x: Float[Tensor, "... n _"], y: Float[Tensor, "... m _"]) -> Float[Tensor, "... n m"]:
        """The logarithm of the density at each y of the transition from each x.

        One product of an (n, d + 2) by a (d + 2, m) matrix; no other array is as large as the result.

        Raises:
            ValueError: the covariance is not positive definite; points of another dimension.
        """
        d = self.eta.shape[-1]
        if x.shape[-1] != d or y.shape[-1] != d:
            raise ValueError(f"needs points of dimension {d}, given shapes {tuple(x.shape)} and {tuple(y.shape)}")
        lower = self.factor()
        y = y.to(lower)
        centre = y.mean(-2, keepdim=True)  # nearness of large coordinates would cancel digits
        ahead = torch.linalg.solve_triangular(lower, (self.mean(x.to(lower)) - centre).mT, upper=False).mT
        there = torch.linalg.solve_triangular(lower, (y - centre).mT, upper=False).mT
        log_determinant = lower.diagonal(dim1=-2, dim2=-1).log().sum(-1)[..., None, None]
        constant = -log_determinant - d / 2 * math.log(2 * math.pi)
        one = torch.ones_like(ahead[..., :1]), torch.ones_like(there[..., :1])
        left = torch.cat([ahead, constant - ahead.square().sum(-1, keepdim=True) / 2, one[0]], -1)
        right = torch.cat([there, one[1], -there.square().sum(-1, keepdim=True) / 2], -1)
        return left @ right.mT


def transition(
    A: Float[Tensor, "... _ _"], c: Float[Tensor, "... _"], Q: Float[Tensor, "... _ _"], T: float | Tensor
) -> Transition:
    r"""The exact transition over a time T, for any A, singular ones too (vanloan1978).

    The exponentials of :math:`h \begin{pmatrix} -A & Q \\ 0 & A^T \end{pmatrix}` and
    :math:`h \begin{pmatrix} A & c \\ 0 & 0 \end{pmatrix}` over a fraction h of T that keeps :math:`|A| h` below one
    are composed by doubling, so that strong damping over a long time costs no digits.

    Args:
        A, c, Q: leading dimensions broadcast; Q is symmetric, positive semidefinite.
        T: a number, or a tensor that broadcasts against the leading dimensions; 0 is the identity.

    Returns:
        Of the leading dimensions of all together, in float64.

    Raises:
        ValueError: shapes that do not fit, numbers that are not finite, a negative T.
    """
    A, c, Q, T = _checked(A, c, Q, T)
    d = A.shape[-1]
    norm = float((torch.maximum(A.abs().sum(-1).amax(-1), A.abs().sum(-2).amax(-1)) * T).max())
    doublings = math.ceil(math.log2(norm)) if norm > 1 else 0
    h = (T / 2**doublings)[..., None, None]
    noise = _exponential(h * _blocks(-A, Q, A.mT))
    drift = _exponential(h * _blocks(A, c[..., None], torch.zeros_like(A[..., :1, :1])))
    Phi, Omega = drift[..., :d, :d], noise[..., d:, d:].mT @ noise[..., :d, d:]
    found = Transition(Phi, drift[..., :d, d], (Omega + Omega.mT) / 2)
    for _ in range(doublings):
        found = found.then(found)
    return found


def euler_transition(
    A: Float[Tensor, "... _ _"],
    c: Float[Tensor, "... _"],
    Q: Float[Tensor, "... _ _"],
    T: float | Tensor,
    steps: int,
) -> Transition:
    """The transition of ``steps`` Euler-Maruyama steps over a time T; its error falls as T / steps.

    Raises:
        ValueError: as :func:`transition`; steps < 1.
    """
    if steps < 1:
        raise ValueError(f"needs steps >= 1, given {steps}")
    A, c, Q, T = _checked(A, c, Q, T)
    h = T / steps
    h_matrix = h[..., None, None]
    power = Transition(torch.eye(A.shape[-1]).to(A) + h_matrix * A, h[..., None] * c, h_matrix * Q)
    found = None
    while steps:
        if steps % 2:
            found = power if found is None else found.then(power)
        power, steps = power.then(power), steps // 2
    assert found is not None
    return found


def _exponential(M: Tensor) -> Tensor:
    """By its series, for a drift of norm one at most; ``torch.matrix_exp`` of 2.13 errs by 1e-11 at norms near 0.04."""
    one = torch.eye(M.shape[-1], dtype=M.dtype, device=M.device)
    found = one
    for k in range(_TERMS, 0, -1):
        found = one + M @ found / k
    return found


def _blocks(first: Tensor, above: Tensor, last: Tensor) -> Tensor:
    """The upper triangular block matrix."""
    below = torch.zeros_like(above).mT
    return torch.cat([torch.cat([first, above], -1), torch.cat([below, last], -1)], -2)


def _checked(A: Tensor, c: Tensor, Q: Tensor, T: float | Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """All of them in float64, with the same leading dimensions."""
    A, c, Q = A.double(), c.double(), Q.double()
    T = torch.as_tensor(T, dtype=torch.float64, device=A.device)
    d = A.shape[-1]
    if A.shape[-2:] != (d, d) or Q.shape[-2:] != (d, d) or c.shape[-1:] != (d,):
        shapes = tuple(A.shape), tuple(c.shape), tuple(Q.shape)
        raise ValueError(f"needs A (d, d), c (d,) and Q (d, d), given shapes {shapes}")
    for name, value in (("A", A), ("c", c), ("Q", Q), ("T", T)):
        if not value.isfinite().all():
            raise ValueError(f"{name} has numbers that are not finite")
    if not (T >= 0).all():
        raise ValueError(f"needs T >= 0, given {float(T.min())}")
    lead = torch.broadcast_shapes(A.shape[:-2], c.shape[:-1], Q.shape[:-2], T.shape)
    return A.expand(*lead, d, d), c.expand(*lead, d), Q.expand(*lead, d, d), T.expand(lead)
