r"""Residuals and pseudospectra of a compression: certificates that hold in the infinite-dimensional space.

For a function :math:`g = \psi R^{-1} u` of the dictionary (colbrook2024rigorous, their Algorithms 1 to 3),

.. math:: \tau(z, u) = \frac{\|(K - z) g\|}{\|g\|} = \frac{\|[\hat A - z;\; B]\,u\|}{\|u\|}, \qquad
          \tau(z) = \min_u \tau(z, u) = \sigma_{\min} [\hat A - z;\; B] .
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Float, Num
from torch import Tensor

from physml.koopman.compression import Compression

Method = Literal["svd", "eig", "cholesky", "sweep"]

_NUMBERS = 2**21  # entries of all matrices that are worked on at once
_LANCZOS_STEPS = 100  # at most
_CONVERGED = 1e-6  # of a vector; the error of its eigenvalue is of the order of the square
_TINY = torch.finfo(torch.float64).tiny
_TRUSTED = 1e-4  # below, the inverse iteration on the squared operator has lost half of its digits


class PseudoEigenfunctions(NamedTuple):
    """Functions that K almost multiplies by z.

    Args:
        residuals: tau(z), with the shape of z.
        coefficients: of the functions, z's shape and then (N,) in the dictionary, or (r,) in the frame.
    """

    residuals: Any
    coefficients: Any


def residuals(compression: Compression, values: Num[Tensor, " n"], frame: Num[Tensor, "r n"]) -> Float[Tensor, " n"]:
    r"""The residual :math:`\|(K - \lambda) g\| / \|g\|` of each pair.

    Args:
        compression: of K.
        values: the :math:`\lambda`.
        frame: frame coordinates of the g, one column each.

    Example:
        >>> rotation = Compression.of_section(torch.diag(torch.tensor([1.0, 1.0j])).to(torch.complex128))
        >>> residuals(rotation, torch.tensor([1.0, 1.0]).to(torch.complex128), torch.eye(2).to(torch.complex128))
        tensor([0.0000, 1.4142], dtype=torch.float64)
    """
    frame = frame.to(torch.complex128)
    inside = compression.matrix.to(frame) @ frame - frame * values
    outside = compression.remainder.to(frame) @ frame
    return torch.hypot(inside.norm(dim=0), outside.norm(dim=0)) / frame.norm(dim=0)


def pseudospectrum(
    compression: Compression, z: Num[Tensor, "*shape"], method: Method = "svd"
) -> Float[Tensor, "*shape"]:
    r""":math:`\tau(z)`, for all z in batches.

    Args:
        compression: of K.
        z: complex numbers.
        method: "svd", of the stack: exact to rounding. "eig", the eigenvalue of
            :math:`\hat L - z \hat A^* - \bar z \hat A + |z|^2`: stops near 1e-8. "cholesky": the same by inverse
            Lanczos iteration, the fastest for large dictionaries; what is below 1e-4 is computed again by "svd".
            "sweep": for measure-preserving systems, :math:`\tau(z)^2 = 1 + |z|^2 - 2 |z| h(\arg z)` with the support
            function :math:`h(\theta) = \lambda_{\max}(\operatorname{Re} e^{-i\theta} \hat A)`; one eigenvalue for
            each angle.

    Raises:
        ValueError: z holds NaN or inf, or an unknown method.
    """
    if method not in _METHODS:
        raise ValueError(f"no method {method!r} for pseudospectra; there are {', '.join(_METHODS)}")
    points = _points(compression, z)
    if compression.is_real:  # tau is symmetric about the real axis
        points = torch.complex(points.real, points.imag.abs())
    if not len(points):
        return points.real.reshape(z.shape)
    pairs, inverse = torch.view_as_real(points).unique(dim=0, return_inverse=True)
    return _METHODS[method](compression, torch.view_as_complex(pairs))[inverse].reshape(z.shape)


def pseudoeigenfunctions(compression: Compression, z: Num[Tensor, "*shape"]) -> PseudoEigenfunctions:
    """The minimisers u of tau(z, u) in frame coordinates, (\\*shape, r), and tau(z).

    Raises:
        ValueError: z holds NaN or inf.
    """

    def minimisers(points: Tensor) -> Tensor:
        _, values, Vh = torch.linalg.svd(_stacks(compression, points), full_matrices=False)
        return torch.cat([values[:, -1:].to(Vh), Vh[:, -1].conj()], 1)

    both = _in_batches(minimisers, _points(compression, z), _stack_numbers(compression))
    frame = both[:, 1:].reshape(*z.shape, compression.rank)
    return PseudoEigenfunctions(both[:, 0].real.reshape(z.shape), frame)


def support_function(compression: Compression, angles: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    r""":math:`h(\theta) = \lambda_{\max}((e^{-i\theta}\hat A + e^{i\theta}\hat A^*)/2)`, of A's numerical range."""
    matrix = compression.matrix.to(torch.complex128)

    def largest(theta: Tensor) -> Tensor:
        turned = torch.polar(torch.ones_like(theta), -theta)[:, None, None] * matrix
        return torch.linalg.eigvalsh((turned + turned.mH) / 2)[:, -1]

    return _in_batches(largest, angles, compression.rank**2)


def _points(compression: Compression, z: Tensor) -> Num[Tensor, " n"]:
    if not bool(z.isfinite().all()):
        raise ValueError("z holds NaN or inf; give the complex points at which residuals are wanted")
    return z.flatten().to(compression.matrix.device, torch.complex128)


def _svd(compression: Compression, points: Tensor) -> Tensor:
    return _in_batches(
        lambda z: torch.linalg.svdvals(_stacks(compression, z))[:, -1], points, _stack_numbers(compression)
    )


def _eig(compression: Compression, points: Tensor) -> Tensor:
    squares = _squares(compression)
    return _in_batches(
        lambda z: torch.linalg.eigvalsh(squares(z))[:, 0].clamp(min=0).sqrt(), points, compression.rank**2
    )


def _cholesky(compression: Compression, points: Tensor) -> Tensor:
    squares = _squares(compression)
    levels = _in_batches(lambda z: _inverse_lanczos(squares(z)), points, 2 * compression.rank**2)
    doubtful = ~(levels > _TRUSTED)
    if bool(doubtful.any()):
        levels[doubtful] = _svd(compression, points[doubtful])
    return levels


def _sweep(compression: Compression, points: Tensor) -> Tensor:
    angles, inverse = points.angle().unique(return_inverse=True)
    h, size = support_function(compression, angles)[inverse], points.abs()
    return (1 + size**2 - 2 * size * h).clamp(min=0).sqrt()


_METHODS: dict[str, Callable[[Compression, Tensor], Tensor]] = {
    "svd": _svd,
    "eig": _eig,
    "cholesky": _cholesky,
    "sweep": _sweep,
}


def _stacks(compression: Compression, z: Tensor) -> Tensor:
    """[A - z; B] for each z, (n, r + k, r)."""
    stack = compression.stacked().to(z.dtype).repeat(len(z), 1, 1)
    stack.diagonal(dim1=1, dim2=2).sub_(z[:, None])
    return stack


def _stack_numbers(compression: Compression) -> int:
    return compression.rank * (compression.rank + len(compression.remainder))


def _squares(compression: Compression) -> Callable[[Tensor], Tensor]:
    """The function from z = x + iy to L - 2x Re A - 2y Im A + |z|^2, with the Hermitian parts A = Re A + i Im A."""
    stacked, A = compression.stacked().to(torch.complex128), compression.matrix.to(torch.complex128)
    parts = torch.stack([stacked.mH @ stacked, -(A + A.mH), 1j * (A - A.mH), torch.eye(compression.rank).to(A)])

    def squares(z: Tensor) -> Tensor:
        factors = torch.stack([torch.ones_like(z.real), z.real, z.imag, z.abs() ** 2], 1).to(parts)
        return (factors @ parts.flatten(1)).unflatten(1, parts.shape[1:])

    return squares


def _inverse_lanczos(H: Num[Tensor, "n r r"]) -> Float[Tensor, " n"]:
    """The root of the least eigenvalue of positive definite matrices, from above; NaN where Cholesky fails."""
    triangle, failed = torch.linalg.cholesky_ex(H)
    size, steps = H.shape[-1], min(_LANCZOS_STEPS, H.shape[-1])
    start = torch.randn(size, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(H)
    basis = H.new_zeros(len(H), steps + 1, size)
    basis[:, 0] = start / start.norm()
    diagonal, beside = torch.zeros(2, len(H), steps, dtype=torch.float64, device=H.device)
    largest = diagonal[:, 0]
    for k in range(steps):
        image = torch.linalg.solve_triangular(triangle, basis[:, k, :, None], upper=False)
        image = torch.linalg.solve_triangular(triangle.mH, image, upper=True).mT
        kept = basis[:, : k + 1]
        for repeat in range(2):  # against all earlier vectors, twice: rounding undoes it otherwise
            overlaps = image @ kept.mH
            image = image - overlaps @ kept
            if not repeat:
                diagonal[:, k] = overlaps[:, 0, k].real
        beside[:, k] = image.norm(dim=-1)[:, 0]
        basis[:, k + 1] = image[:, 0] / beside[:, k, None].clamp(min=_TINY)
        if (k + 1) % 5 == 0 or k + 1 == steps:
            largest, error = _largest_ritz_value(diagonal[:, : k + 1], beside[:, : k + 1])
            if bool((error <= _CONVERGED * largest)[failed == 0].all()):
                break
    return torch.where(failed == 0, largest.clamp(min=_TINY).rsqrt(), torch.nan)


def _largest_ritz_value(diagonal: Float[Tensor, "n k"], beside: Float[Tensor, "n k"]) -> tuple[Tensor, Tensor]:
    """Of Lanczos matrices, and how far an eigenvalue is from it at most."""
    T = torch.diag_embed(diagonal) + torch.diag_embed(beside[:, :-1], -1)
    values, vectors = torch.linalg.eigh(torch.where(T.isfinite(), T, 0.0))
    return values[:, -1], beside[:, -1] * vectors[:, -1, -1].abs()


def _in_batches(function: Callable[[Tensor], Tensor], points: Tensor, numbers: int) -> Tensor:
    """The function of all points, so many at once that their matrices, with as many numbers each, fit in memory."""
    return torch.cat([function(batch) for batch in points.split(max(1, _NUMBERS // max(numbers, 1)))])
