"""PirateNets: deep residual networks that begin as a linear map of their inputs (wang2024piratenets)."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from physml.nets.factorisation import FactorisedLinear
from physml.nets.perceptron import ACTIVATIONS, MLP, glorot


@dataclass(frozen=True)
class PirateNet(MLP):
    r"""Settings of a PirateNet: ``depth`` gated blocks of three layers, each with an adaptive residual connection.

    Args:
        alpha: the trained weight of every block at the start; with 0 the network begins linear in its inputs, and
            blocks come in as training needs them.

    The other fields are those of :class:`MLP`; ``depth`` counts blocks. The sizes of the inputs, or of their Fourier
    features, are those of what goes from block to block.

    Example:
        >>> network = PirateNet(width=16, depth=3).build(4, 1, torch.Generator().manual_seed(0))
        >>> network(torch.zeros(5, 4)).shape
        torch.Size([5, 1])
    """

    alpha: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.alpha):
            raise ValueError(f"alpha must be a number, such as 0.0, given {self.alpha}")

    def layers(self, inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
        return PirateModule(self, inputs, outputs, generator)


class PirateBlock(nn.Module):
    r"""One block (wang2024piratenets): with the gate :math:`z \mapsto z \odot U + (1 - z) \odot V`,

    .. math:: x \leftarrow \alpha\, s(W_3 z_2 + b_3) + (1 - \alpha)\, x, \qquad
              z_2 = \mathrm{gate}(s(W_2 z_1 + b_2)), \quad z_1 = \mathrm{gate}(s(W_1 x + b_1)).
    """

    def __init__(self, settings: PirateNet, size: int, generator: torch.Generator) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[settings.activation]
        self.first = glorot(size, settings.width, generator)
        self.second = glorot(settings.width, settings.width, generator)
        self.third = glorot(settings.width, size, generator)
        self.alpha = nn.Parameter(torch.tensor([settings.alpha]))

    def forward(self, inputs: Any, difference: Any, base: Any) -> Any:
        """Inputs (..., size), and the gates as U - V and V, (..., width)."""
        hidden = base + self.activation(self.first(inputs)) * difference
        hidden = base + self.activation(self.second(hidden)) * difference
        return inputs + (self.activation(self.third(hidden)) - inputs) * self.alpha


class PirateModule(nn.Module):
    """Features, two gates of them, blocks, and a linear output layer."""

    def __init__(self, settings: PirateNet, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[settings.activation]
        self.features = settings.features.build(inputs, generator)
        size = settings.features.size(inputs)
        self.first_gate = glorot(size, settings.width, generator)
        self.second_gate = glorot(size, settings.width, generator)
        self.blocks = nn.ModuleList(PirateBlock(settings, size, generator) for _ in range(settings.depth))
        self.output = glorot(size, outputs, generator)

    def forward(self, inputs: Any) -> Any:
        inputs = self.features(inputs)
        first, second = self.activation(self.first_gate(inputs)), self.activation(self.second_gate(inputs))
        for block in self.blocks:
            inputs = block(inputs, first - second, second)
        return self.output(inputs)


def fit_output(network: nn.Module, inputs: Float[Tensor, "n inputs"], targets: Float[Tensor, "n outputs"]) -> None:
    """Set the output layer so that the network is the least-squares fit of the targets (wang2024piratenets).

    At alpha = 0 a PirateNet thus begins as the best linear combination of its features, of an initial condition that is
    copied over time, say, or of a solution of the linear part of the equation.

    Args:
        network: with a linear layer ``output``, as all networks here; changed in place.
        inputs: of the network.
        targets: what it should give there.
    """
    layer, hidden = network.get_submodule("output"), []
    handle = layer.register_forward_pre_hook(lambda _, given: hidden.append(given[0]))
    with torch.no_grad():
        network(inputs)
        handle.remove()
        basis = torch.cat([hidden[0], torch.ones_like(hidden[0][:, :1])], 1)
        solution = torch.linalg.lstsq(basis, targets, driver="gelsd").solution
        weight, bias = solution[:-1].mT, solution[-1]
        if isinstance(layer, FactorisedLinear):
            layer.directions.copy_(weight / layer.scales[:, None])
        else:
            layer.get_parameter("weight").copy_(weight)
        layer.get_parameter("bias").copy_(bias)
