"""Parts of the spectral methods: where spectrum is looked for, and how measures are smoothed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from physml.koopman.compression import Compression
from physml.koopman.moments import moment_measure
from physml.koopman.rational import Resolvent, rational_kernel, smoothed_measure
from physml.koopman.spectrum import certified_arcs


@dataclass(frozen=True)
class Eigenvalues:
    """Candidates for points of the spectrum: the eigenvalues that EDMD finds."""

    def candidates(self, compression: Compression, eigenvalues: Tensor) -> Tensor:
        """Complex, (n,)."""
        return eigenvalues


@dataclass(frozen=True)
class Plane:
    """Candidates on a grid of a rectangle.

    Args:
        left, right: bounds of the real part.
        bottom, top: bounds of the imaginary part.
        step: of the grid.
    """

    left: float = -1.5
    right: float = 1.5
    bottom: float = -1.5
    top: float = 1.5
    step: float = 0.1

    def __post_init__(self) -> None:
        if not (self.left < self.right and self.bottom < self.top and self.step > 0):
            raise ValueError(f"expected left < right, bottom < top and step > 0; given {self}")

    def axes(self) -> tuple[Tensor, Tensor]:
        """Real and imaginary parts."""
        counts = (round((b - a) / self.step) + 1 for a, b in ((self.left, self.right), (self.bottom, self.top)))
        nx, ny = counts
        return (
            torch.linspace(self.left, self.right, nx, dtype=torch.float64),
            torch.linspace(self.bottom, self.top, ny, dtype=torch.float64),
        )

    def points(self) -> Tensor:
        """Complex, (imaginary, real)."""
        x, y = self.axes()
        return torch.complex(*(part.contiguous() for part in (x.expand(len(y), -1), y[:, None].expand(-1, len(x)))))

    def candidates(self, compression: Compression, eigenvalues: Tensor) -> Tensor:
        """Complex, (n,)."""
        return self.points().flatten()


@dataclass(frozen=True)
class Circle:
    """Candidates on the unit circle, finer where residuals are small: for measure-preserving systems.

    Args:
        resolution: least distance of angles.
    """

    resolution: float = 1e-3

    def candidates(self, compression: Compression, eigenvalues: Tensor) -> Tensor:
        """Complex, (n,)."""
        angles = certified_arcs(compression, resolution=self.resolution).centers
        return torch.polar(torch.ones_like(angles), angles)


@dataclass(frozen=True)
class RationalMeasure:
    """Spectral measures smoothed by a rational kernel; see :func:`physml.koopman.rational_kernel`.

    Args:
        eps: width.
        order: of the kernel.
    """

    eps: float = 0.1
    order: int = 6

    def density(self, compression: Compression, matrix: Tensor, g: Tensor, theta: Tensor) -> Tensor:
        """At each angle, of the function with frame coordinates g."""
        kernel = rational_kernel(self.order)
        return smoothed_measure(compression, g, theta, self.eps, kernel, Resolvent(matrix)).density


@dataclass(frozen=True)
class MomentMeasure:
    """Spectral measures from moments and a filter; see :func:`physml.koopman.moment_measure`.

    Args:
        count: of moments.
        filter: of them.
    """

    count: int = 100
    filter: Literal["fejer", "cosine", "vandeven", "sharp_cosine", "bump"] = "bump"

    def density(self, compression: Compression, matrix: Tensor, g: Tensor, theta: Tensor) -> Tensor:
        """At each angle, of the function with frame coordinates g."""
        return torch.as_tensor(moment_measure(moments(matrix, g, self.count + 1), theta, self.filter))


def moments(matrix: Tensor, g: Tensor, count: int) -> Tensor:
    r""":math:`\langle A^n g, g\rangle` for n < count."""
    power = g.to(torch.promote_types(matrix.dtype, g.dtype))
    step, start, found = matrix.to(power), power, []
    for _ in range(count):
        found.append((power * start.conj()).sum())
        power = step @ power
    return torch.stack(found)


def circle(count: int, real: bool) -> Tensor:
    """Equispaced angles of the circle, of its upper half where the spectrum is symmetric."""
    low = 0.0 if real else -math.pi
    return torch.linspace(low, math.pi, count, dtype=torch.float64)
