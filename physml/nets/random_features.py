"""Random features: a hidden layer that stays as it was drawn, and an output layer that is trained."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from physml.diff import Bundle, Jet
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
        samples = 2 * torch.rand(_SAMPLES * (settings.width + 1), inputs, **draw) - 1
        self.register_buffer("mixing", _orthonormalising(self._features(samples)))
        self.weight = nn.Parameter(torch.zeros(settings.width + 1, outputs, dtype=torch.float64))

    def forward(self, inputs: Any) -> Any:
        return self._features(inputs) @ self.mixing @ self.weight

    def ramp(self) -> None:
        """Make the derivatives of (1 + z) N(z) orthonormal instead, for one input z.

        An ansatz that starts exactly multiplies N by the time since the start, and its residual holds the derivative.
        """
        count = _SAMPLES * len(self.mixing)
        z = -torch.cos(math.pi * (torch.arange(count).to(self.mixing) + 0.5) / count)[:, None]
        jet = self._features(Jet.seed(z, [Bundle(((1.0,),), 1)]))
        self.mixing = _orthonormalising(jet.primal + (1 + z) * jet.derivative(order=1))

    def _features(self, inputs: Any) -> Any:
        hidden = self.activation(inputs @ self.slopes + self.shifts)
        return torch.cat([hidden[..., :1] * 0 + 1, hidden], dim=-1)


def _orthonormalising(samples: Tensor) -> Tensor:
    """The matrix that makes the columns of samples (n, features) orthonormal in the mean over n."""
    triangle = torch.linalg.qr(samples / len(samples) ** 0.5).R
    return torch.linalg.solve_triangular(triangle, torch.eye(len(triangle)).to(triangle), upper=True)
