r"""What a dictionary sees of a Koopman operator: its compression to the span, and what of it leaves the span.

With :math:`\sqrt{W}\,\Psi_X = Q R` the columns of :math:`\psi R^{-1}` are an orthonormal frame of the dictionary. In it

.. math:: K \psi R^{-1} = \psi R^{-1} \hat A + (\text{orthogonal to the span}), \qquad
          \|(K - z)\psi R^{-1} u\|^2 = \|(\hat A - z) u\|^2 + \|B u\|^2 .

Both come from one triangle, that of :math:`\sqrt{W}\,[\Psi_X, \Psi_Y]`. Nothing is squared, so that residuals are exact
to rounding, where Gram matrices stop at its square root (colbrook2024rigorous, their Algorithms 1 and 2).
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Num
from torch import Tensor

_ILL_CONDITIONED = 1e10  # from here on, directions of the dictionary are dropped
_RANK_TOLERANCE = 1e-12
_FEW_SAMPLES = 5  # times the number of functions; with fewer, residuals are optimistic

Square = Num[Tensor, "N N"]


@dataclass(frozen=True)
class Compression:
    r"""A Koopman operator in an orthonormal frame of r functions.

    Args:
        matrix: :math:`\hat A`, (r, r).
        remainder: B, (k, r) with :math:`B^* B = \hat L - \hat A^* \hat A`.
        to_frame: R, (r, N): frame coordinates u = R v of the function :math:`\psi v`.
        from_frame: (N, r), with ``to_frame @ from_frame`` the identity.
        observables: frame coordinates of the states' projections, (r, d).
        unresolved: norms of what of each state coordinate is outside the span, (d,).
        condition: condition number of the Gram matrix of the functions, each scaled to norm 1.

    Example:
        >>> shift = torch.diag(torch.ones(3, dtype=torch.float64), -1)
        >>> section = Compression.of_section(shift[:, :3])
        >>> section.matrix.shape, section.remainder.shape
        (torch.Size([3, 3]), torch.Size([1, 3]))
        >>> section
        Compression(rank=3, functions=3, condition=1.0e+00)
    """

    matrix: Num[Tensor, "r r"]
    remainder: Num[Tensor, "k r"]
    to_frame: Num[Tensor, "r N"]
    from_frame: Num[Tensor, "N r"]
    observables: Num[Tensor, "r d"]
    unresolved: Num[Tensor, " d"]
    condition: float = 1.0

    @classmethod
    def of_section(cls, columns: Num[Tensor, "n r"]) -> "Compression":
        """Of the first r columns (n, r) of a matrix in an orthonormal basis, with all rows that are not 0."""
        r = columns.shape[1]
        eye = torch.eye(r, dtype=columns.dtype, device=columns.device)
        none = columns.new_zeros(r, 0)
        return cls(columns[:r], _shortened(columns[r:]), eye, eye, none, none[0].abs())

    @classmethod
    def from_gram(
        cls, G: Square, A: Square, L: Square, states: tuple[Num[Tensor, "N d"], Num[Tensor, " d"]] | None = None
    ) -> "Compression":
        r"""Of Galerkin matrices.

        For exact symbols, autocorrelations, sparse grids, and products of many samples. Residuals stop near 1e-8, the
        root of the precision, and earlier where the condition of G is large.

        Args:
            G: :math:`\langle\psi,\psi\rangle`.
            A: :math:`\langle K\psi,\psi\rangle`.
            L: :math:`\langle K\psi,K\psi\rangle`.
            states: the inner products of coordinates and functions :math:`\langle x_j,\psi_i\rangle`, and the squares
                of the coordinates' norms; None if none are to be predicted.

        Raises:
            ValueError: G is not positive definite.
        """
        triangle, failed = torch.linalg.cholesky_ex(G.mH.contiguous(), upper=True)
        if int(failed):
            raise ValueError(
                f"G, given with shape {tuple(G.shape)}, is not positive definite; expected a Gram matrix of "
                "independent functions: leave out those that repeat others, or those that the quadrature does not "
                "resolve; assembly='qr' does so for samples"
            )
        n = len(G)
        inner, squares = (A.new_zeros(n, 0), A.new_zeros(0).abs()) if states is None else states
        left = torch.linalg.solve_triangular(triangle.mH, torch.cat([A, L], 1), upper=False)
        matrix = torch.linalg.solve_triangular(triangle, left[:, :n], upper=True, left=False)
        second = torch.linalg.solve_triangular(triangle, left[:, n:], upper=True, left=False)
        part = torch.linalg.solve_triangular(triangle.mH.to(inner), inner, upper=False)
        unresolved = (squares - part.abs().square().sum(0)).clamp(min=0).sqrt()
        values, vectors = torch.linalg.eigh(second - matrix.mH @ matrix)
        keep = values > torch.finfo(values.dtype).eps ** 2
        remainder = values[keep].sqrt()[:, None] * vectors[:, keep].mH
        inverse = torch.linalg.solve_triangular(triangle, torch.eye(n).to(G), upper=True)
        condition = float(torch.linalg.cond(triangle / triangle.norm(dim=0))) ** 2
        return cls(matrix, remainder, triangle, inverse, part, unresolved, condition)

    def __repr__(self) -> str:
        functions, condition = self.to_frame.shape[1], f"{self.condition:.1e}"
        return f"Compression(rank={self.rank}, functions={functions}, condition={condition})"

    @property
    def rank(self) -> int:
        """r, the number of independent functions."""
        return len(self.matrix)

    @property
    def is_real(self) -> bool:
        """Whether its spectrum is symmetric about the real axis."""
        return not (self.matrix.is_complex() or self.remainder.is_complex())

    def stacked(self) -> Num[Tensor, "rows r"]:
        """A over B, (r + k, r): K on the frame, in orthonormal coordinates."""
        return torch.cat([self.matrix, self.remainder])

    def norm(self) -> float:
        """The norm of K on the span, a lower bound of the norm of K."""
        return float(torch.linalg.matrix_norm(self.stacked(), 2))

    def invariance_defect(self) -> float:
        r"""The norm of :math:`\hat L - 1`: zero if K is an isometry on the span, as for an invariant measure."""
        stacked = self.stacked()
        identity = torch.eye(self.rank, dtype=stacked.dtype, device=stacked.device)
        return float(torch.linalg.matrix_norm(stacked.mH @ stacked - identity, 2))


def compress(lifted: Iterable[tuple[Tensor, Tensor, Tensor]], weights: Num[Tensor, " pairs"]) -> Compression:
    """The compression of K from samples, by QR factorisation.

    Args:
        lifted: Psi_X, Psi_Y (rows, N) and states (rows, d), some rows at a time.
        weights: of all rows, nonnegative.

    Raises:
        ValueError: not more rows than functions, or a dictionary that is zero on all samples.
    """
    triangle, size, done = None, 0, 0
    for psi_x, psi_y, states in lifted:
        size = psi_x.shape[1]
        rows = torch.cat([psi_x, psi_y, states], 1).mul_(weights[done : done + len(states), None].sqrt())
        triangle = torch.linalg.qr(rows if triangle is None else torch.cat([triangle, rows]), mode="r").R
        done += len(states)
    assert triangle is not None, "no rows"
    check_samples(done, size)
    return _of_triangle(triangle, size)


def _of_triangle(triangle: Num[Tensor, "rows columns"], size: int) -> Compression:
    """From the triangle of [Psi_X, Psi_Y, O], with N = size functions."""
    lift, image, observables = triangle.tensor_split([size, 2 * size], dim=1)
    scale = lift.norm(dim=0)
    if not bool(scale.any()):
        raise ValueError(
            "every function is zero on all samples; choose centres or scales of the dictionary near the data"
        )
    scale = torch.where(scale > 0, scale, 1.0)
    U, values, Vh = torch.linalg.svd(lift[:size] / scale)
    ratio = float(values[-1] / values[0])
    condition = ratio**-2 if ratio else float("inf")
    if ratio * _ILL_CONDITIONED > 1:
        to_frame, top = lift[:size], image[:size]
        matrix = torch.linalg.solve_triangular(to_frame, top, upper=True, left=False)
        outside = torch.linalg.solve_triangular(to_frame, image[size : 2 * size], upper=True, left=False)
        from_frame = torch.linalg.solve_triangular(to_frame, torch.eye(size).to(to_frame), upper=True)
        part, rest = observables[:size], observables[size:]
        unresolved = rest.norm(dim=0)
        return Compression(matrix, _shortened(outside), to_frame, from_frame, part, unresolved, condition)
    keep = values > _RANK_TOLERANCE * values[0]
    _warn_of_rank(int(keep.sum()), size, condition)
    kept, dropped = U[:, keep], U[:, ~keep]
    from_frame = Vh[keep].mH / values[keep] / scale[:, None]
    to_frame = values[keep, None] * Vh[keep] * scale
    image = image @ from_frame
    outside = torch.cat([dropped.mH @ image[:size], image[size:]])
    part = kept.mH @ observables[:size]
    unresolved = torch.cat([dropped.mH @ observables[:size], observables[size:]]).norm(dim=0)
    result = Compression(kept.mH @ image[:size], outside, to_frame, from_frame, part, unresolved, condition)
    return replace(result, remainder=_shortened(outside))


def _shortened(remainder: Num[Tensor, "rows r"]) -> Num[Tensor, "k r"]:
    """A matrix with the same B* B, without the rows that carry nothing."""
    if not len(remainder):
        return remainder
    _, values, Vh = torch.linalg.svd(remainder, full_matrices=False)
    keep = values > torch.finfo(values.dtype).eps * values[:1].clamp(min=1.0)
    return values[keep, None] * Vh[keep]


def _warn_of_rank(rank: int, size: int, condition: float) -> None:
    if rank < size:
        warnings.warn(
            f"only {rank} of {size} functions are independent on the samples (condition of the Gram matrix "
            f"{condition:.0e}); the others are dropped. Look for repeated centres, or delays of a constant",
            stacklevel=4,
        )


def check_samples(count: int, size: int) -> None:
    """Refuse no more pairs than functions, and warn of few.

    Raises:
        ValueError: count <= size.
    """
    if count <= size:
        raise ValueError(
            f"n_samples = {count} pairs for {size} functions; expected more pairs than functions, for residuals are "
            "zero otherwise: pass more data, use a smaller dictionary, or KernelEDMD"
        )
    if count < _FEW_SAMPLES * size:
        warnings.warn(
            f"{count} pairs for {size} functions: with less than {_FEW_SAMPLES} times as many, residuals are too "
            "small. Use more data, or residuals(X, Y) of data that were not used in fit",
            stacklevel=4,
        )
