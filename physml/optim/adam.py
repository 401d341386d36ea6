"""Adam with an exponentially decaying learning rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from physml.optim.least_squares import Block, total_loss


@dataclass(frozen=True)
class Adam:
    """Settings of an Adam phase.

    Args:
        steps: how many.
        learning_rate: at the start.
        decay: the rate is multiplied by this every ``decay_steps`` steps, continuously.
        decay_steps: see ``decay``.
    """

    steps: int = 10_000
    learning_rate: float = 1e-3
    decay: float = 0.9
    decay_steps: int = 5_000

    log_every = 100

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.learning_rate > 0 or not 0 < self.decay <= 1 or self.decay_steps < 1:
            raise ValueError(f"needs steps >= 1, learning_rate > 0, 0 < decay <= 1, decay_steps >= 1; given {self}")

    def start(self, module: nn.Module) -> "AdamOptimizer":
        return AdamOptimizer(self, module)


class AdamOptimizer:
    """Steps on the parameters of a module, in place."""

    def __init__(self, settings: Adam, module: nn.Module) -> None:
        self.module = module
        self.optimizer = torch.optim.Adam(module.parameters(), lr=settings.learning_rate)
        rate = settings.decay ** (1 / settings.decay_steps)
        self.schedule = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, rate)

    def step(self, blocks: Sequence[Block]) -> dict[str, float]:
        """One step.

        Returns:
            ``learning_rate`` used and ``loss`` before the step.
        """
        self.optimizer.zero_grad()
        loss = total_loss(blocks, dict(self.module.named_parameters()))
        loss.backward()
        rate = float(self.schedule.get_last_lr()[0])
        self.optimizer.step()
        self.schedule.step()
        return {"learning_rate": rate, "loss": loss.item()}

    def state_dict(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
