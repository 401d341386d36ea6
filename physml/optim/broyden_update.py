"""The self-scaled Broyden family of updates of an inverse Hessian (urban2025unveiling)."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Variant = Literal["ssbroyden", "ssbfgs", "bfgs"]


@dataclass(frozen=True)
class Pair:
    r"""A step s and the change y of the gradient along it, seen by the inverse Hessian H of before.

    Args:
        step: s.
        change: y, with :math:`y \cdot s > 0`.
        image: :math:`H y`.
        stiffness: :math:`s \cdot H^{-1} s`.
    """

    step: Float[Tensor, "n"]
    change: Float[Tensor, "n"]
    image: Float[Tensor, "n"]
    stiffness: float


def update(inverse: Float[Tensor, "n n"], pair: Pair, variant: Variant) -> None:
    r"""Replace H in place by

    .. math::

        \frac{1}{\tau} \Big[H - \frac{H y y^T H}{y \cdot H y} + \varphi \, (y \cdot H y) \, v v^T \Big]
        + \frac{s s^T}{y \cdot s}, \qquad v = \frac{s}{y \cdot s} - \frac{H y}{y \cdot H y},

    so that :math:`H y = s`. BFGS has :math:`\varphi = \tau = 1`.
    """
    product, squared = float(pair.change @ pair.step), float(pair.change @ pair.image)
    phi, tau = coefficients(variant, len(inverse), squared / product, pair.stiffness / product)
    mixed = -phi / (product * tau)
    entries = [[(phi - 1) / (squared * tau), mixed], [mixed, (phi * squared / (product * tau) + 1) / product]]
    columns = torch.stack([pair.image, pair.step], 1)
    inverse.addmm_(columns @ columns.new_tensor(entries), columns.mT, beta=1 / tau)


def coefficients(variant: Variant, size: int, h: float, b: float) -> tuple[float, float]:
    r""":math:`\varphi` and :math:`\tau` from :math:`h = y \cdot H y / y \cdot s` and
    :math:`b = s \cdot H^{-1} s / y \cdot s`."""
    shrink = min(1.0, 1 / b)
    if variant == "bfgs":
        return 1.0, 1.0
    if variant == "ssbfgs":
        return 1.0, shrink
    a = max(h * b - 1, 1e-14)  # zero if H y is along s: all members of the family are then the same
    lowest = min(1.0, h * (1 - (a / (1 + a)) ** 0.5))
    theta = max((lowest - 1) / a, min(1 / lowest, (1 - b) / b))
    sigma = 1 + a * theta
    root = sigma ** (1 / (1 - size)) if size > 1 else 1.0
    tau = min(shrink * root, sigma) if theta <= 0 else shrink * min(root, 1 / theta)
    return (1 - theta) / sigma, tau
