r"""Points of the spectrum by local minimisation of residuals, and arcs of the circle that certainly hold some.

For an isometry :math:`\|(K - z) g\| \ge \operatorname{dist}(z, \operatorname{Sp}_{ap}(K)) \|g\|`, so that tau(z)
bounds the distance from z to the spectrum: the ball around z of this radius holds a point of it
(colbrook2026adversarial).
"""

import math
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Num
from torch import Tensor

from physml.koopman.compression import Compression
from physml.koopman.pseudospectra import pseudospectrum

_ROWS = 2**12
_ROUNDING = 1e-9  # the balls are closed


class Spectrum(NamedTuple):
    """Points close to the spectrum.

    Args:
        points: complex.
        error_bounds: tau of each.
        certificate: what the bounds say in words. For an isometry they bound the distance to the spectrum; else a point
            is in the pseudospectrum of this level, which says nothing of the distance.
    """

    points: Any
    error_bounds: Any
    certificate: str = "each point is contained in the pseudospectrum of its level"


class Arcs(NamedTuple):
    r"""Arcs :math:`[\theta - w, \theta + w]` of the unit circle, each of which holds a point of the spectrum.

    Args:
        centers: :math:`\theta`.
        half_widths: :math:`w = 2 \arcsin(\tau/2)`.
        levels: :math:`\tau(e^{i\theta})`.
    """

    centers: Any
    half_widths: Any
    levels: Any


def local_minima(points: Num[Tensor, " n"], levels: Float[Tensor, " n"], kappa: float = 1.0) -> Spectrum:
    r"""For each candidate with :math:`\tau_j < 1`, the one of least tau in the ball of radius :math:`\kappa\tau_j`.

    Args:
        points: candidates.
        levels: tau of each.
        kappa: factor of the radius; 1 is what the theory needs, larger ones leave fewer points.

    Raises:
        ValueError: kappa <= 0.

    Example:
        >>> z = torch.linspace(-1, 1, 5).to(torch.complex128)
        >>> local_minima(z, (z - 0.4).abs(), kappa=1.5).points.real
        tensor([0.5000], dtype=torch.float64)
    """
    if not kappa > 0:
        raise ValueError(f"kappa is {kappa}; expected a positive factor of the radius, such as 1")
    chosen = torch.zeros(len(points), dtype=torch.bool, device=points.device)
    for rows in torch.nonzero(levels < 1)[:, 0].split(_ROWS):
        inside = (points[rows, None] - points).abs() <= (1 + _ROUNDING) * kappa * levels[rows, None]
        chosen[torch.where(inside, levels, torch.inf).argmin(1)] = True
    return Spectrum(points[chosen], levels[chosen])


def certified_arcs(compression: Compression, kappa: float = 1.0, start: int = 64, resolution: float = 1e-3) -> Arcs:
    r"""Arcs that hold a point of the spectrum each, for a unitary K and exact quadrature.

    :math:`\tau` changes at most as fast as z. So the circle is halved until neighbours are a quarter of their tau
    apart, or ``resolution``; then :func:`local_minima` chooses.

    Args:
        compression: of K.
        kappa: see :func:`local_minima`.
        start: equispaced angles at first.
        resolution: least distance of angles.

    Raises:
        ValueError: start < 2 or resolution <= 0.

    Example:
        >>> turn = torch.diag(torch.tensor([1.0, 1.0j, -1.0])).to(torch.complex128)
        >>> arcs = certified_arcs(Compression.of_section(turn))
        >>> len(arcs.centers), float(arcs.half_widths.max()) < 1e-7
        (3, True)
    """
    if start < 2 or not resolution > 0:
        raise ValueError(
            f"start is {start} and resolution {resolution}; expected at least 2 angles and a positive distance"
        )
    theta = -math.pi + 2 * math.pi * torch.arange(start, dtype=torch.float64) / start
    levels = _on_circle(compression, theta)
    while True:
        theta, order = theta.sort()
        levels = levels[order]
        gaps = torch.cat([theta[1:], theta[:1] + 2 * math.pi]) - theta
        wide = gaps > torch.maximum(torch.minimum(levels, levels.roll(-1)) / 4, gaps.new_tensor(resolution))
        if not bool(wide.any()):
            break
        middle = theta[wide] + gaps[wide] / 2
        middle = torch.where(middle >= math.pi, middle - 2 * math.pi, middle)
        theta, levels = torch.cat([theta, middle]), torch.cat([levels, _on_circle(compression, middle)])
    found = local_minima(torch.polar(torch.ones_like(theta), theta), levels, kappa)
    half_widths = 2 * torch.asin(found.error_bounds.clamp(max=2.0) / 2)
    return Arcs(found.points.angle(), half_widths, found.error_bounds)


def _on_circle(compression: Compression, theta: Tensor) -> Tensor:
    return pseudospectrum(compression, torch.polar(torch.ones_like(theta), theta)).cpu()
