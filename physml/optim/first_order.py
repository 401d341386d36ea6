"""What the methods of first order share: a rate that warms up and decays, and the step along a gradient."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from physml.optim.least_squares import Block, present_loss_and_gradient, trainable, unflatten


@dataclass(frozen=True)
class DecayingRate:
    r"""Settings of a phase whose learning rate in step i = 0, 1, ... is

    .. math:: \eta_i = \eta \, \min(1, (i + 1) / \text{warm-up}) \, \text{decay}^{i / \text{decay steps}}.

    Args:
        steps: how many.
        learning_rate: :math:`\eta`.
        decay: the rate is multiplied by this every ``decay_steps`` steps, continuously.
        decay_steps: see ``decay``.
        warm_up: steps in which the rate grows linearly at the start.

    Raises:
        ValueError: a setting outside its range.
    """

    steps: int = 10_000
    learning_rate: float = 1e-3
    decay: float = 0.9
    decay_steps: int = 5_000
    warm_up: int = 0

    log_every = 100
    first_order = True  # a step takes the gradient at the present parameters, once
    needs_jacobian = False  # of the residuals

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.learning_rate > 0 or not 0 < self.decay <= 1 or self.decay_steps < 1:
            raise ValueError(f"needs steps >= 1, learning_rate > 0, 0 < decay <= 1, decay_steps >= 1; given {self}")
        if self.warm_up < 0:
            raise ValueError(f"needs warm_up >= 0; given {self}")

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        return self.learning_rate * (warm * self.decay ** (step / self.decay_steps))


class FirstOrderOptimizer:
    """Steps on the parameters of a module, in place, by an optimiser of torch."""

    def __init__(self, settings: DecayingRate, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.settings, self.module, self.optimizer = settings, module, optimizer
        self.done = 0

    def step(self, blocks: Sequence[Block]) -> dict[str, float]:
        """One step.

        Returns:
            ``learning_rate`` used and ``loss`` before the step; NaN, and no step, if loss or gradient is not finite.
        """
        loss, gradient = present_loss_and_gradient(blocks, self.module)
        rate = self.settings.rate(self.done)
        if not (loss.isfinite() & gradient.isfinite().all()):
            return {"learning_rate": rate, "loss": float("nan")}
        self._move(gradient, rate)
        self.done += 1
        return {"learning_rate": rate, "loss": float(loss)}

    def _move(self, gradient: Tensor, rate: float) -> None:
        parameters = trainable(self.module)
        for name, piece in unflatten(gradient, parameters).items():
            parameters[name].grad = piece
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer.state_dict(), "done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.optimizer.load_state_dict(state["optimizer"])
        self.done = state["done"]
