"""Random features: a hidden layer that stays as it was drawn, and an output layer that is trained."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from physml.nets.perceptron import ACTIVATIONS, Activation

_SAMPLES = 32  # per feature, where the features are orthonormalised


@dataclass(frozen=True)
class RandomFeatures:
    r"""Settings of a network that is linear in what is trained: an extreme learning machine (dong2021local).

    .. math:: N(z) = W\, Q\, (1, s(w_1 \cdot z + b_1), \dots, s(w_m \cdot z + b_m))

    with :math:`w` normal and :math:`b` uniform, both fixed; the matrix Q makes the features orthonormal over the cube
    :math:`[-1, 1]^d`, so that the least-squares problem for W is well conditioned. W starts at zero.

    Args:
        width: m.
        spread: standard deviation of :math:`w` and largest :math:`|b|`: how fast the features vary.
        activation: s.

    Example:
        >>> network = RandomFeatures(width=8).build(1, 3, torch.Generator().manual_seed(0))
        >>> network(torch.zeros(5, 1, dtype=torch.float64)).shape
        torch.Size([5, 3])
    """

    width: int = 12
    spread: float = 1.0
    activation: Activation = "tanh"

    def __post_init__(self) -> None:
        if self.width < 1 or not self.spread > 0:
            raise ValueError(f"random features need width >= 1 and spread > 0, given {self.width} and {self.spread}")

    def build(self, inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
        """A network (..., inputs) to (..., outputs), in float64 so that Q keeps its digits."""
        return RandomFeaturesModule(self, inputs, outputs, generator)


class RandomFeaturesModule(nn.Module):
    """What :class:`RandomFeatures` describes."""

    slopes: torch.Tensor
    shifts: torch.Tensor
    mixing: torch.Tensor

    def __init__(self, settings: RandomFeatures, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[settings.activation]
        draw = {"generator": generator, "dtype": torch.float64}
        self.register_buffer("slopes", settings.spread * torch.randn(inputs, settings.width, **draw))
        self.register_buffer("shifts", settings.spread * (2 * torch.rand(settings.width, **draw) - 1))
        samples = self._features(2 * torch.rand(_SAMPLES * (settings.width + 1), inputs, **draw) - 1)
        triangle = torch.linalg.qr(samples / len(samples) ** 0.5).R
        eye = torch.eye(len(triangle), dtype=torch.float64)
        self.register_buffer("mixing", torch.linalg.solve_triangular(triangle, eye, upper=True))
        self.weight = nn.Parameter(torch.zeros(settings.width + 1, outputs, dtype=torch.float64))

    def forward(self, inputs: Any) -> Any:
        return self._features(inputs) @ self.mixing @ self.weight

    def _features(self, inputs: Any) -> Any:
        hidden = self.activation(inputs @ self.slopes + self.shifts)
        return torch.cat([hidden[..., :1] * 0 + 1, hidden], dim=-1)
