r"""Rational kernels: spectral measures smoothed to high order by resolvents, with an error bound.

For an isometry K and the spectral measure :math:`\mu_g` on the circle (colbrook2024rigorous, their section 4; the
form is that of colbrook2024rigged),

.. math:: \rho^\epsilon(\theta) = -\frac{1}{2\pi} \sum_{j=1}^m \operatorname{Re}
          \left[\alpha_j \langle (K + \lambda_j)(K - \lambda_j)^{-1} g, g \rangle\right],
          \qquad \lambda_j = e^{i\theta - i\epsilon a_j},

is of order m in :math:`\epsilon` where the density of :math:`\mu_g` is smooth.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float, Num
from torch import Tensor

from physml.koopman.compression import Compression

Poles = Literal["equispaced", "chebyshev", "roots", "geometric"]

_MANY_POLES = 10
_NUMBERS = 2**24  # entries of all matrices that are in memory at once


class Expansion(NamedTuple):
    r"""A smoothed measure in terms of resolvents at m points for each angle.

    .. math:: \rho^\epsilon(\theta) = -\frac{1}{2\pi} \sum_{j=1}^m \operatorname{Re}
              \left[p_j \|g\|^2 + q_j \lambda_j \langle (K - \lambda_j)^{-1} g, g \rangle\right]

    Args:
        points: :math:`\lambda_j`, outside the unit circle, (n, m).
        constants: :math:`p_j`, (m,).
        factors: :math:`q_j`, (m,).
    """

    points: Tensor
    constants: Tensor
    factors: Tensor


@runtime_checkable
class SmoothingKernel(Protocol):
    """What smooths spectral measures: :func:`rational_kernel`, or :class:`physml.koopman.ResDMDKernel`."""

    def expansion(self, theta: Float[Tensor, " n"], eps: float) -> Expansion:
        """The resolvents at angles theta for the width eps."""
        ...


@dataclass(frozen=True)
class RationalKernel:
    r"""A kernel with vanishing moments 1 to m - 1, of poles :math:`a_j` in the upper half plane.

    .. math:: K(x) = \frac{1}{2\pi i} \sum_{j=1}^m
              \left[\frac{\alpha_j}{x - a_j} - \frac{\bar\alpha_j}{x - \bar a_j}\right]

    Args:
        poles: :math:`a_j`, (m,).
        residues: :math:`\alpha_j`, (m,).

    Example:
        >>> kernel = rational_kernel(1)  # Poisson's
        >>> round(float(kernel(torch.tensor([0.0]))[0]) * math.pi, 12)
        1.0
    """

    poles: Num[Tensor, " m"]
    residues: Num[Tensor, " m"]

    def __call__(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """K(x)."""
        return (self.residues / (x[..., None] - self.poles)).sum(-1).imag / math.pi

    def expansion(self, theta: Float[Tensor, " n"], eps: float) -> Expansion:
        """The resolvents at angles theta for the width eps.

        Raises:
            ValueError: eps <= 0.
        """
        residues = self.residues.to(theta.device)
        return Expansion(resolvent_points(theta, eps, self), residues, 2 * residues)


class Measure(NamedTuple):
    """A smoothed spectral measure.

    Args:
        density: at each angle.
        bound: of what the density is from that of the operator itself, smoothed the same way.
    """

    density: Any
    bound: Any


def rational_kernel(order: int, poles: Poles = "equispaced") -> RationalKernel:
    r"""The kernel of that order.

    Args:
        order: m.
        poles: "equispaced" :math:`i + 2j/(m+1) - 1`, "chebyshev" points above the real axis, "roots"
            :math:`e^{i\pi(j-1/2)/m}`, or "geometric" :math:`2^{1-j} i`.

    Raises:
        ValueError: order < 1, or an unknown choice of poles.

    Example:
        >>> rational_kernel(2).residues
        tensor([0.5000+1.5000j, 0.5000-1.5000j], dtype=torch.complex128)
    """
    if order < 1:
        raise ValueError(f"a rational kernel of order {order}; expected 1 or more, 6 is a good choice")
    if order > _MANY_POLES:
        warnings.warn(f"the residues of order {order} cancel more than 4 digits; 6 is a good choice", stacklevel=2)
    j = torch.arange(1, order + 1, dtype=torch.float64)
    places = {
        "equispaced": 1j + 2 * j / (order + 1) - 1,
        "chebyshev": 1j + torch.cos(math.pi * (j - 0.5) / order),
        "roots": torch.exp(1j * math.pi * (j - 0.5) / order),
        "geometric": 1j * 2 ** (1 - j),
    }
    if poles not in places:
        raise ValueError(f"no poles {poles!r}; there are {', '.join(places)}")
    a = places[poles].to(torch.complex128)
    return RationalKernel(a, unit_moments(a))


def unit_moments(nodes: Num[Tensor, " m"]) -> Num[Tensor, " m"]:
    r"""The weights :math:`w_j` with :math:`\sum_j w_j x_j^k = \delta_{k0}` for k < m."""
    vandermonde = nodes[None, :] ** torch.arange(len(nodes), dtype=torch.float64)[:, None]
    return torch.linalg.solve(vandermonde, torch.eye(len(nodes)).to(nodes)[0])


class Resolvent:
    r""":math:`u = (M - \lambda)^{-1} g` for many :math:`\lambda`, by one Schur form of M.

    Args:
        matrix: M, (r, r).
    """

    def __init__(self, matrix: Num[Tensor, "r r"]) -> None:
        T, Z = scipy.linalg.schur(matrix.cpu().numpy().astype(np.complex128), output="complex")[:2]
        self.triangle = torch.from_numpy(T).to(matrix.device)
        self.basis = torch.from_numpy(Z).to(matrix.device)

    def __call__(self, points: Num[Tensor, " n"], g: Num[Tensor, " r"]) -> Num[Tensor, "n r"]:
        """u for each lambda."""
        right = self.basis.mH @ g.to(self.basis)
        batches = points.split(max(1, _NUMBERS // self.triangle.numel()))
        return torch.cat([self._solved(batch, right) for batch in batches]) @ self.basis.mT

    def _solved(self, points: Tensor, right: Tensor) -> Tensor:
        shifted = self.triangle.repeat(len(points), 1, 1)
        shifted.diagonal(dim1=1, dim2=2).sub_(points[:, None])
        return torch.linalg.solve_triangular(shifted, right.expand(len(points), -1)[..., None], upper=True)[..., 0]


def smoothed_measure(
    compression: Compression,
    g: Num[Tensor, " r"],
    theta: Float[Tensor, " n"],
    eps: float,
    kernel: SmoothingKernel,
    resolvent: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Measure:
    r""":math:`\rho^\epsilon(\theta)` of a function of the span, and how far a larger dictionary can move it.

    With :math:`u_j` for :math:`(K - \lambda_j)^{-1} g` and the residual :math:`r_j = \|(K - \lambda_j) u_j - g\|`
    (computed exactly) the density is off by at most

    .. math:: \frac{1}{2\pi} \sum_j \frac{|q_j| |\lambda_j| r_j \|g\|}{|\lambda_j| - 1} .

    Args:
        compression: of an isometry.
        g: frame coordinates.
        theta: angles; they are taken modulo 2 pi.
        eps: width of the kernel.
        kernel: of the :class:`Expansion`; see :func:`rational_kernel`.
        resolvent: what solves for u, of points (n,) and g; None for a :class:`Resolvent` of the compression's matrix.

    Raises:
        ValueError: eps <= 0.

    Example:
        >>> shift = torch.diag(torch.ones(41, dtype=torch.float64), -1)[:, :41]
        >>> g = torch.eye(41, dtype=torch.float64)[0]
        >>> section, angle = Compression.of_section(shift), torch.zeros(1, dtype=torch.float64)
        >>> measure = smoothed_measure(section, g, angle, 0.5, rational_kernel(2))
        >>> round(float(measure.density[0]) * 2 * math.pi, 6)  # Lebesgue measure
        1.0
    """
    points, constants, factors = kernel.expansion(theta, eps)
    resolvent = resolvent or Resolvent(compression.matrix)
    u, flat = resolvent(points.flatten(), g), points.flatten()
    g = g.to(u)
    inner = (u @ g.conj()).reshape(points.shape)
    density = -(constants * g.norm() ** 2 + factors * points * inner).real.sum(1) / (2 * math.pi)
    inside = u @ compression.matrix.to(u).mT - flat[:, None] * u - g
    outside = u @ compression.remainder.to(u).mT
    r = torch.hypot(inside.norm(dim=1), outside.norm(dim=1)).reshape(points.shape)
    size = points.abs()
    bound = (factors.abs() * size * r / (size - 1)).sum(1) * g.norm() / (2 * math.pi)
    return Measure(density, bound)


def resolvent_points(theta: Float[Tensor, " n"], eps: float, kernel: RationalKernel) -> Num[Tensor, "n m"]:
    r""":math:`\lambda_j = e^{i\theta - i\epsilon a_j}`, outside the unit circle.

    Raises:
        ValueError: eps <= 0.
    """
    if not eps > 0:
        raise ValueError(f"eps is {eps}; expected a positive width, such as 0.1")
    theta = theta.to(torch.float64)
    return torch.exp(1j * theta[:, None] - 1j * eps * kernel.poles.to(theta.device))
