"""Plain and modified multilayer perceptrons: frozen settings that build ``nn.Module`` networks."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional

from physml.nets.factorisation import RandomWeightFactorisation
from physml.nets.features import FourierFeatures

Activation = Literal["tanh", "sin", "silu"]

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"tanh": torch.tanh, "sin": torch.sin, "silu": functional.silu}


@dataclass(frozen=True)
class MLP:
    """Settings of a multilayer perceptron.

    Args:
        width: units a hidden layer.
        depth: hidden layers.
        activation: must be smooth, since residuals differentiate it.
        features: random Fourier features of the inputs, which the layers then take instead.
        factorisation: of the weights into scales and directions.

    Example:
        >>> network = MLP(width=20, depth=3).build(2, 1, torch.Generator().manual_seed(0))
        >>> network(torch.zeros(5, 2)).shape
        torch.Size([5, 1])
    """

    width: int = 20
    depth: int = 3
    activation: Activation = "tanh"
    features: FourierFeatures = FourierFeatures()
    factorisation: RandomWeightFactorisation = RandomWeightFactorisation()

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise ValueError(f"a network needs width >= 1 and depth >= 1, given {self.width} and {self.depth}")

    def build(self, inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
        """A network (..., inputs) to (..., outputs), in torch's default dtype, initialised by the generator."""
        return self.factorisation.apply(self.layers(inputs, outputs, generator), generator)

    def layers(self, inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
        """The network before its weights are factorised."""
        return MLPModule(self, inputs, outputs, generator)


@dataclass(frozen=True)
class ModifiedMLP(MLP):
    """Settings of the modified MLP: two encoders gate every hidden layer (eq. 4.2-4.5, wang2024causal)."""

    def layers(self, inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
        return ModifiedMLPModule(self, inputs, outputs, generator)


class MLPModule(nn.Module):
    """:math:`h_{l+1} = s(W_l h_l + b_l)`, with a linear output layer."""

    def __init__(self, settings: MLP, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[settings.activation]
        self.features = settings.features.build(inputs, generator)
        sizes = [settings.features.size(inputs), *[settings.width] * settings.depth]
        self.hidden = nn.ModuleList(glorot(a, b, generator) for a, b in pairwise(sizes))
        self.output = glorot(settings.width, outputs, generator)

    def forward(self, inputs: Any) -> Any:
        inputs = self.features(inputs)
        for layer in self.hidden:
            inputs = self.activation(layer(inputs))
        return self.output(inputs)


class ModifiedMLPModule(MLPModule):
    """:math:`h_{l+1} = Z_l \\odot U + (1 - Z_l) \\odot V`, :math:`Z_l = s(W_l h_l + b_l)`; U, V encode the input."""

    def __init__(self, settings: MLP, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__(settings, inputs, outputs, generator)
        size = settings.features.size(inputs)
        self.first_gate = glorot(size, settings.width, generator)
        self.second_gate = glorot(size, settings.width, generator)

    def forward(self, inputs: Any) -> Any:
        inputs = self.features(inputs)
        first, second = self.activation(self.first_gate(inputs)), self.activation(self.second_gate(inputs))
        difference = first - second
        for layer in self.hidden:
            inputs = second + self.activation(layer(inputs)) * difference
        return self.output(inputs)


def glorot(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer with Glorot normal weights and zero bias; the generator must be a CPU one."""
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    scale = (2.0 / (inputs + outputs)) ** 0.5
    with torch.no_grad():
        weight = torch.randn(outputs, inputs, generator=generator, dtype=torch.float64)
        layer.weight.copy_(scale * weight)
        layer.bias.zero_()
    return layer


def count_parameters(network: nn.Module) -> int:
    """How many numbers training changes."""
    return sum(parameter.numel() for parameter in network.parameters())
