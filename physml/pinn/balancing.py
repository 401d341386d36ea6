"""Weights of the loss terms: fixed, or from time to time set so that no term drowns the others."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from physml.optim import Block, loss_and_gradient, squared_gradients, sum_over_processes

_FLOOR = 1e-5  # of the mean size: a term that is as good as solved gets no more than 1e5


@dataclass(frozen=True)
class Fixed:
    """The weights stay as they are: 1 for each equation, ``condition_weight`` for each condition."""

    period = 0


@dataclass(frozen=True)
class _Balanced:
    """What balancing schemes share.

    Args:
        period: steps between two updates.
        momentum: the share of the old weights in the new ones.

    Raises:
        ValueError: a period below 1, or a momentum outside [0, 1).
    """

    period: int = 1000
    momentum: float = 0.9

    def __post_init__(self) -> None:
        if self.period < 1 or not 0 <= self.momentum < 1:
            raise ValueError(f"needs period >= 1 and 0 <= momentum < 1, given {self}")


@dataclass(frozen=True)
class GradientNorm(_Balanced):
    r"""Weights such that all terms pull equally hard at the parameters (alg. 1, wang2023expert):

    .. math:: \lambda_k \leftarrow a\, \lambda_k + (1 - a)\, \frac{\bar s}{s_k + 10^{-5}\, \bar s}, \qquad
              s_k = |\nabla_\theta L_k|, \quad \bar s = \mathrm{mean}_j\, s_j.
    """

    def sizes(self, blocks: Mapping[str, Block], parameters: Mapping[str, Tensor]) -> dict[str, float]:
        """The norm of the gradient of each block's loss."""
        return {name: float(loss_and_gradient([block], parameters)[1].norm()) for name, block in blocks.items()}


@dataclass(frozen=True)
class NeuralTangentKernel(_Balanced):
    r"""Weights such that all terms converge equally fast (wang2022ntk; wang2023expert): as :class:`GradientNorm`, with
    :math:`s_k` the mean of the diagonal of the neural tangent kernel :math:`J_k J_k^T`, weighted causally.
    """

    def sizes(self, blocks: Mapping[str, Block], parameters: Mapping[str, Tensor]) -> dict[str, float]:
        """The weighted trace of each block's neural tangent kernel."""
        return {name: self._trace(block, parameters) for name, block in blocks.items()}

    @staticmethod
    def _trace(block: Block, parameters: Mapping[str, Tensor]) -> float:
        trace = block.weights.new_zeros(())
        if len(block.weights):  # few points leave some of several processes without any
            trace = squared_gradients(block, parameters).sum()
        sum_over_processes(trace)
        return float(trace)


Balancing = Fixed | GradientNorm | NeuralTangentKernel


class Balance:
    """The weights of the loss terms while training goes on.

    Args:
        settings: how they change.
        weights: those at the start, by the names of the terms.
    """

    def __init__(self, settings: Balancing, weights: Mapping[str, float]) -> None:
        self.settings = settings
        self.weights = dict(weights)

    def is_due(self, step: int) -> bool:
        """Whether the weights change before a step, counted from 0."""
        return self.settings.period > 0 and step % self.settings.period == 0

    def update(self, blocks: Mapping[str, Block], parameters: Mapping[str, Tensor]) -> None:
        """Move the weights towards balance; each block is the mean square of one term, by name."""
        assert not isinstance(self.settings, Fixed)
        sizes = self.settings.sizes(blocks, {name: value.detach() for name, value in parameters.items()})
        mean = sum(sizes.values()) / len(sizes)
        if not 0 < mean < math.inf:
            return  # nothing to balance, or a loss that is not a number, which ends the run
        momentum = self.settings.momentum
        for name, size in sizes.items():
            self.weights[name] = momentum * self.weights[name] + (1 - momentum) * mean / (size + _FLOOR * mean)

    @property
    def values(self) -> dict[str, float]:
        """What the history shows: nothing where weights are fixed."""
        return {f"weight of {name}": weight for name, weight in self.weights.items()} if self.settings.period else {}

    def state_dict(self) -> dict[str, Any]:
        return dict(self.weights)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.weights = dict(state)
