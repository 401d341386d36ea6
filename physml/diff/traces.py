r"""The divergence :math:`\mathrm{tr}\, \partial s / \partial x` of a vector field, exact or estimated."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from physml.diff.directions import Bundle
from physml.diff.jet import Jet

VectorField = Callable[[Any], Any]


def exact_trace(field: VectorField, points: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
    """The divergence, from one forward pass along all d axes: d + 1 times the cost of the field.

    Args:
        field: (..., d) to (..., d), made of operations with a jet rule.
        points: shape (..., d).

    Example:
        >>> exact_trace(lambda x: x * x, torch.tensor([[1.0, 2.0]]))
        tensor([6.])
    """
    size = points.shape[-1]
    axes = tuple(tuple(row) for row in torch.eye(size).tolist())
    slopes = field(Jet.seed(points, [Bundle(axes, 1)])).series[0][0]
    return slopes.diagonal(dim1=0, dim2=-1).sum(-1)


def hutchinson_trace(
    field: VectorField, points: Float[Tensor, "*batch d"], generator: torch.Generator, probes: int = 1
) -> Float[Tensor, "*batch"]:
    r"""An unbiased estimate, the mean of :math:`e^T \frac{\partial s}{\partial x} e` over Rademacher probes e.

    One forward pass at probes + 1 times the cost of the field. With S the symmetric part of the Jacobian, one probe has
    the variance :math:`2 (|S|_F^2 - \sum_i S_{ii}^2)`, so that a diagonal Jacobian is exact (hutchinson1990).

    Args:
        field: (..., d) to (..., d), made of operations with a jet rule.
        points: shape (..., d).
        generator: of the probes; on the CPU.
        probes: how many, for each point anew.

    Raises:
        ValueError: no probe.
    """
    if probes < 1:
        raise ValueError(f"probes must be at least 1, given {probes}")
    signs = torch.randint(0, 2, (probes, *points.shape), generator=generator)
    vectors = (2 * signs - 1).to(points)
    unused = ((0.0,) * points.shape[-1],) * probes  # the directions differ from point to point
    slopes = field(Jet(points, [(vectors,)], [Bundle(unused, 1)])).series[0][0]
    return (vectors * slopes).sum(-1).mean(0)


def weak_trace(
    field: VectorField, points: Float[Tensor, "*batch d"], generator: torch.Generator, scale: float = 1e-4
) -> tuple[Float[Tensor, "*batch"], Float[Tensor, "*batch d"]]:
    r"""An estimate without derivatives (plainer2025consistent), by Stein's identity:

    .. math:: \mathrm{tr}\, \frac{\partial s}{\partial x} \approx
              \frac{v}{\sigma} \cdot \frac{s(x + v) - s(x - v)}{2 \sigma}, \quad v \sim N(0, \sigma^2 I).

    It is unbiased for the divergence of s smoothed by a Gaussian of width :math:`\sigma`, with the variance of
    :func:`hutchinson_trace` for Gaussian probes. Works with any field.

    Args:
        field: (..., d) to (..., d).
        points: shape (..., d).
        generator: of v; on the CPU.
        scale: :math:`\sigma`.

    Returns:
        The estimate, and the points x + v at which the other terms of a residual belong.
    """
    vectors = (scale * torch.randn(points.shape, generator=generator, dtype=torch.float64)).to(points)
    ahead = points + vectors
    difference = field(ahead) - field(points - vectors)
    return (vectors * difference).sum(-1) / (2 * scale**2), ahead
