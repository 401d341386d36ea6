"""Random weight factorisation: each neuron has a trained scale of its own."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class RandomWeightFactorisation:
    r"""Settings of :math:`W = \mathrm{diag}(s) V` with :math:`s = e^{N(\mu, \sigma^2)}`, s and V trained
    (wang2022random; wang2023expert).

    The network starts as the one it factorises. Gradient descent then moves a row w of W as if its learning rate were
    :math:`s^2 + |v|^2` times as large. For second-order optimisers it adds parameters and no freedom.

    Args:
        used: whether layers are factorised.
        mean: :math:`\mu`, of the logarithms of the scales.
        std: :math:`\sigma`, of the logarithms of the scales.

    Raises:
        ValueError: a mean that is no number, or a negative standard deviation.
    """

    used: bool = False
    mean: float = 0.5
    std: float = 0.1

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean) or not 0 <= self.std < math.inf:
            raise ValueError(f"needs a finite mean and std >= 0, given mean={self.mean} and std={self.std}")

    def apply(self, network: nn.Module, generator: torch.Generator) -> nn.Module:
        """The network with all its linear layers factorised, in place; unchanged if not ``used``."""
        if self.used:
            for module in list(network.modules()):
                for name, layer in list(module.named_children()):
                    if isinstance(layer, nn.Linear):
                        logs = torch.randn(layer.out_features, generator=generator, dtype=torch.float64)
                        setattr(module, name, FactorisedLinear(layer, torch.exp(self.mean + self.std * logs)))
        return network


class FactorisedLinear(nn.Module):
    """A linear layer whose weight is a scale a row times a matrix.

    Args:
        layer: what it equals at first.
        scales: s, shape (outputs,).
    """

    def __init__(self, layer: nn.Linear, scales: torch.Tensor) -> None:
        super().__init__()
        weight = layer.weight.detach()
        self.scales = nn.Parameter(scales.to(weight))
        self.directions = nn.Parameter((weight / scales[:, None]).to(weight))
        self.bias = layer.bias

    def forward(self, inputs: Any) -> Any:
        return functional.linear(inputs, self.scales[:, None] * self.directions, self.bias)
