"""Eigenvalues and eigenvectors of a matrix that may be far from normal."""

import torch
from jaxtyping import Num
from torch import Tensor


def eigenpairs(matrix: Num[Tensor, "r r"]) -> tuple[Num[Tensor, " r"], Num[Tensor, "r r"]]:
    """Eigenvalues, and unit eigenvectors as columns.

    LAPACK scales rows and columns of what it is given. Where part of a matrix is nilpotent, as for maps that double,
    that takes rounding errors for entries, and costs the other eigenvectors half of their digits. After a random
    rotation there is nothing to scale.

    Example:
        >>> values, vectors = eigenpairs(torch.tensor([[1.0, 1.0], [0.0, 0.5]], dtype=torch.float64))
        >>> values.real.sort().values
        tensor([0.5000, 1.0000], dtype=torch.float64)
    """
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(matrix.shape, generator=generator, dtype=torch.float64)
    Q = torch.linalg.qr(draws.to(matrix.device)).Q.to(matrix.dtype)
    values, vectors = torch.linalg.eig(Q.mT @ matrix @ Q)
    return values, Q.to(vectors) @ vectors
