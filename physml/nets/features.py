"""Random Fourier features: a fixed or trained frequency matrix between the embedding and the network."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class FourierFeatures:
    r"""Settings of random Fourier features :math:`(\cos Bx, \sin Bx)`, :math:`B_{ij} \sim N(0, \sigma^2)`
    (tancik2020; wang2023expert).

    Args:
        count: how many features, half cosines, half sines; 0 leaves the inputs as they are.
        scale: :math:`\sigma`: larger ones let the network learn higher frequencies.
        trained: whether training changes B.

    Raises:
        ValueError: an odd or negative count, a scale that is not positive.
    """

    count: int = 0
    scale: float = 1.0
    trained: bool = True

    def __post_init__(self) -> None:
        if self.count < 0 or self.count % 2:
            raise ValueError(f"count must be even and >= 0, half cosines, half sines; given {self.count}")
        if not 0 < self.scale < math.inf:
            raise ValueError(f"scale must be a number > 0, given {self.scale}")

    def size(self, inputs: int) -> int:
        """How many numbers the features of so many inputs are."""
        return self.count or inputs

    def build(self, inputs: int, generator: torch.Generator) -> nn.Module:
        """A module (..., inputs) to (..., size); it draws nothing where there are no features."""
        if not self.count:
            return nn.Identity()
        frequencies = self.scale * torch.randn(self.count // 2, inputs, generator=generator, dtype=torch.float64)
        return FourierModule(frequencies.to(torch.get_default_dtype()), trained=self.trained)


class FourierModule(nn.Module):
    """Inputs (..., d) to their cosines and sines (..., 2 m).

    Args:
        frequencies: the matrix B.
        trained: a parameter, or a buffer.
    """

    frequencies: Tensor

    def __init__(self, frequencies: Float[Tensor, "m d"], *, trained: bool) -> None:
        super().__init__()
        if trained:
            self.frequencies = nn.Parameter(frequencies)
        else:
            self.register_buffer("frequencies", frequencies)

    def forward(self, inputs: Any) -> Any:
        angles = functional.linear(inputs, self.frequencies)
        return torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)
