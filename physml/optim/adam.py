"""Adam with a decaying learning rate."""

from dataclasses import dataclass

import torch
from torch import nn

from physml.optim.first_order import DecayingRate, FirstOrderOptimizer
from physml.optim.least_squares import trainable


@dataclass(frozen=True)
class Adam(DecayingRate):
    """Settings of an Adam phase.

    Args:
        steps: how many.
        learning_rate: at the start.
        decay: the rate is multiplied by this every ``decay_steps`` steps, continuously.
        decay_steps: see ``decay``.
        warm_up: steps in which the rate grows linearly at the start.

    Raises:
        ValueError: a setting outside its range.
    """

    def start(self, module: nn.Module) -> FirstOrderOptimizer:
        return FirstOrderOptimizer(self, module, torch.optim.Adam(trainable(module).values(), lr=self.learning_rate))
