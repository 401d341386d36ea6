"""Newton's direction for the dual of entropic transport, from a kernel and its scalings."""

import torch
from torch import Tensor

_RIDGE = 1e-13  # relative to the diagonal: plans of nearly one point a row are nearly disconnected
_TINY = 1e-300


def newton_direction(kernel: Tensor, u: Tensor, v: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    r"""The change of log u; that of log v is left to the round that makes the columns exact.

    The semi-dual, with v eliminated, has the gradient :math:`a - r` for the row sums r of the plan
    :math:`P = u K v`, and the Hessian :math:`P\,\mathrm{diag}(1/b)\,P^T - \mathrm{diag}(r)` (peyre2019computational,
    section 4.4). A constant changes nothing and is left out.

    Args:
        kernel: shape (k, n, m).
        u, v: scalings, shapes (k, n, 1) and (k, m, 1), with exact columns.
        a, b: weights, shapes (k, n, 1) and (k, m, 1); rows and columns of weight zero do not move.

    Returns:
        The direction (k, n, 1), and for each problem whether it was found, (k,).
    """
    r = u * torch.bmm(kernel, v)
    inverse_root = r.clamp_min(_TINY).rsqrt()
    half = (inverse_root * u) * kernel * (v * b.clamp_min(_TINY).rsqrt()).mT
    constant = (r / r.sum(1, keepdim=True)).sqrt()
    system = torch.baddbmm(constant * constant.mT, half, half.mT, alpha=-1)
    system.diagonal(dim1=1, dim2=2).add_(1 + _RIDGE)
    factor, info = torch.linalg.cholesky_ex(system)
    direction = inverse_root * torch.cholesky_solve(inverse_root * (a - r), factor)
    found = (info == 0) & direction.isfinite().all(1)[:, 0]
    return torch.where(found[:, None, None] & (a > 0), direction, 0.0), found
