r"""Compressions from products: :math:`\Psi_X^* W \Psi_X`, :math:`\Psi_X^* W \Psi_Y` and :math:`\Psi_Y^* W \Psi_Y`.

They take less than two thirds of the operations of a factorisation, at the speed of matrix products. The price is
half of the digits of small residuals, and more where functions are nearly dependent.
"""

import math
import warnings
from collections.abc import Iterable

import torch
from jaxtyping import Num
from torch import Tensor

from physml.koopman.compression import Compression, check_samples

_BLOCKS = 5  # of the rows of a Hermitian product, of which then 15 / 25 are computed
_DOUBTFUL = 1e-3  # a residual that is no longer certain


def compress_products(lifted: Iterable[tuple[Tensor, Tensor, Tensor]], weights: Num[Tensor, " pairs"]) -> Compression:
    """The compression of K from samples, by products; see :func:`physml.koopman.compress`.

    Args:
        lifted: Psi_X, Psi_Y (rows, N) and states (rows, d), some rows at a time.
        weights: of all rows, nonnegative.

    Warns:
        UserWarning: the functions are so dependent that residuals below 1e-3 are not certain.

    Raises:
        ValueError: not more rows than functions, or functions that are dependent.

    Example:
        >>> x = torch.linspace(0, 1, 20, dtype=torch.float64)[:, None]
        >>> section = compress_products([(x, x / 2, x)], torch.ones(20).double() / 20)
        >>> round(float(section.matrix), 12)
        0.5
    """
    sums: list[Tensor] = []
    size = done = 0
    equal = bool((weights == weights[0]).all())  # then they are put in at the end, which saves copies
    for samples in lifted:
        here = weights[done : done + len(samples[2]), None]
        x, y, o = samples if equal else (part * here.sqrt() for part in samples)
        done, size, o = done + len(o), x.shape[1], o.to(torch.promote_types(x.dtype, o.dtype))
        sums = sums or [*(x.new_zeros(size, size) for _ in range(3)), o.new_zeros(size, o.shape[1]), o[0].abs() * 0]
        G, A, L, inner, squares = sums
        _add_upper_square(G, x)
        A.addmm_(x.mH, y)
        _add_upper_square(L, y)
        inner.addmm_(x.mH.to(o), o)
        squares.add_(o.abs().square().sum(0))
    check_samples(done, size)
    G, A, L, inner, squares = (part * weights[0] for part in sums) if equal else sums
    compression = Compression.from_gram(_hermitian(G), A, _hermitian(L), (inner, squares))
    _warn_of_doubt(compression)
    return compression


def _add_upper_square(total: Tensor, columns: Tensor) -> None:
    """Adds C* C in blocks of rows, each from the diagonal on."""
    start = 0
    for block in columns.tensor_split(_BLOCKS, dim=1):
        stop = start + block.shape[1]
        total[start:stop, start:].addmm_(block.mH, columns[:, start:])
        start = stop


def _hermitian(upper: Tensor) -> Tensor:
    return upper.triu() + upper.triu(1).mH


def _warn_of_doubt(compression: Compression) -> None:
    doubt = math.sqrt(torch.finfo(torch.float64).eps * compression.condition)
    if doubt > _DOUBTFUL:
        warnings.warn(
            f"residuals below {doubt:.1g} are not certain: the condition of the Gram matrix is "
            f"{compression.condition:.0e}, and products square it; use assembly='qr'",
            stacklevel=4,
        )
