"""Coordinates as networks like them: scaled, and exactly periodic."""

import math
from typing import Any

import torch
from torch import nn

from physml.problem import Axis


class Embedding(nn.Module):
    r"""Inputs of a network: scaled coordinates, and Fourier features of periodic axes.

    A plain axis becomes :math:`2 (x - a)/(b - a) - 1`. A periodic axis becomes
    :math:`\cos(k \omega (x - c)), \sin(k \omega (x - c))`, k = 1..modes, with :math:`\omega = 2\pi/P` and c the
    centre, so that every derivative is periodic too (sec. 4, wang2024causal); an even axis has the cosines only.
    Over several periodic axes all products of single-axis features join them.

    Args:
        axes: the axes, with the bounds of the region that is scaled to [-1, 1].
        modes: Fourier modes per periodic axis.

    Example:
        >>> Embedding((Axis("x", -1, 1, periodic=True),), modes=2)(torch.zeros(3, 1)).shape
        torch.Size([3, 4])
    """

    def __init__(self, axes: tuple[Axis, ...], modes: int) -> None:
        super().__init__()
        if modes < 1:
            raise ValueError(f"a periodic embedding needs modes >= 1, given {modes}")
        self.axes = axes
        self.modes = modes

    @property
    def size(self) -> int:
        """How many features."""
        plain = sum(not axis.periodic for axis in self.axes)
        combinations = math.prod(1 + self._features(axis) for axis in self.axes if axis.periodic)
        return plain + combinations - 1

    def _features(self, axis: Axis) -> int:
        return self.modes * (1 if axis.even else 2)

    def forward(self, points: Any) -> Any:
        """Points (..., d) to features (..., size)."""
        plain: list[Any] = []
        products: list[Any] = []
        for column, axis in enumerate(self.axes):
            x = points[..., column : column + 1]
            if axis.periodic:
                waves = self._waves(x, axis)
                products = products + waves + [p * w for p in products for w in waves]
            else:
                plain.append((x - axis.low) * (2 / axis.length) - 1)
        return torch.cat(plain + products, dim=-1)

    def _waves(self, x: Any, axis: Axis) -> list[Any]:
        waves = []
        for k in range(1, self.modes + 1):
            angle = (x - (axis.low + axis.high) / 2) * (2 * math.pi * k / axis.length)
            waves.append(torch.cos(angle))
            if not axis.even:
                waves.append(torch.sin(angle))
        return waves
