"""Causal weights: a time slice counts only when all earlier slices are solved (wang2024causal)."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

_LARGEST_EXPONENT = 80.0  # exp(-80) is zero for training, and float32 still holds it
_CLOSED = 1e-6  # a weight that is as good as zero
_CLOSED_TOO_LONG = 300  # steps
_STATE = ("level", "steps_in_level", "solved", "steps", "closed_steps")


@dataclass(frozen=True)
class CausalWeights:
    r"""Settings of causal training.

    Args:
        epsilons: tolerances :math:`\epsilon`, annealed in this order (algorithm 1). Since
            :math:`\min_i w_i > \delta` means :math:`\epsilon \sum_i L_i < -\ln \delta`, the last one sets the accuracy
            at which training stops. The paper, whose optimiser is Adam, ends at 100.
        delta: a level is solved when every weight is above it (eq. 3.6).
        slices: in how many slices of time the points are sorted.
        level_steps: a level is left after so many steps in any case; 0 waits for ever.
        gate_initial: soft initial conditions join the exponent as :math:`L_0`, as the text of the paper wants.

    Raises:
        ValueError: fewer than two slices; epsilons empty, negative, NaN or not increasing; delta outside (0, 1).
    """

    epsilons: tuple[float, ...] = (1e-2, 1.0, 1e2, 1e4, 1e6, 1e8)
    delta: float = 0.99
    slices: int = 32
    level_steps: int = 0
    gate_initial: bool = True

    def __post_init__(self) -> None:
        if not self.epsilons:
            raise ValueError("epsilons is empty; give at least one, such as (1.0,)")
        if not all(0 <= epsilon < math.inf for epsilon in self.epsilons):
            raise ValueError(f"epsilons must be finite numbers >= 0, given {self.epsilons}")
        if sorted(self.epsilons) != list(self.epsilons):
            raise ValueError(f"epsilons must increase, given {self.epsilons}")
        if not 0 < self.delta < 1:
            raise ValueError(f"delta must lie in (0, 1), given {self.delta}")
        if self.slices < 2:
            raise ValueError(f"slices must be at least 2, given {self.slices}")


def causal_weights(
    losses: Float[Tensor, "slices *equations"], epsilon: float, initial_loss: float = 0.0
) -> Float[Tensor, "slices"]:
    r""":math:`w_i = \exp(-\epsilon (L_0 + \sum_{k<i} L_k))` (eq. 3.4-3.5), without a gradient.

    Args:
        losses: slice losses in order of time, shape (slices,), or (slices, equations): each equation gates for itself
            and the strictest one counts.
        epsilon: the causality tolerance.
        initial_loss: L_0.

    Returns:
        Weights (slices,): they never increase, and no weight depends on its own slice or later ones.

    Example:
        >>> causal_weights(torch.tensor([1.0, 2.0, 3.0]), epsilon=0.0)
        tensor([1., 1., 1.])
    """
    losses = losses.detach()
    earlier = losses.cumsum(0) - losses
    weights = torch.exp(-(epsilon * (initial_loss + earlier)).clamp(max=_LARGEST_EXPONENT))
    return weights if weights.ndim == 1 else weights.amin(dim=1)


class EpsilonSchedule:
    """Anneals epsilon, and says when training may stop.

    Args:
        settings: the levels and delta.
    """

    def __init__(self, settings: CausalWeights) -> None:
        self.settings = settings
        self.level = 0
        self.steps_in_level = 0
        self.solved = False
        self.steps = 0
        self.closed_steps = 0

    @property
    def epsilon(self) -> float:
        return self.settings.epsilons[self.level]

    def update(self, smallest_weight: float, fresh: bool = True) -> None:
        """After a step: leave all levels whose smallest weight is above delta, and one whose steps are spent.

        The last level counts as solved on ``fresh`` points only: on those just trained on, losses are small anyway.
        """
        self.steps_in_level += 1
        weight = smallest_weight
        if 0 < self.settings.level_steps <= self.steps_in_level and not self._is_last:
            weight = self._next_level(weight)
        while weight > self.settings.delta and not self._is_last:
            weight = self._next_level(weight)
        self.solved = self.solved or (weight > self.settings.delta and fresh)

    @property
    def _is_last(self) -> bool:
        return self.level == len(self.settings.epsilons) - 1

    def _next_level(self, weight: float) -> float:
        """Move on; what the smallest weight is at the next epsilon, 0 where this one does not tell."""
        before = self.epsilon
        self.level += 1
        self.steps_in_level = 0
        return weight ** (self.epsilon / before) if before else 0.0

    def trouble(self, weights: Float[Tensor, "slices"]) -> str:
        """What is wrong with the gate at this step, said once; empty if nothing is."""
        first = self.steps == 0
        self.steps += 1
        self.closed_steps = self.closed_steps + 1 if float(weights[1]) < _CLOSED else 0
        strictest = self.settings.epsilons[-1] / self.epsilon if self.epsilon else 0.0
        if first and float(weights.min()) ** strictest > self.settings.delta:
            return (
                f"the causal weights never gate: epsilon = {self.settings.epsilons[-1]:g} is too small for these losses"
            )
        if self.closed_steps == _CLOSED_TOO_LONG:
            return (
                f"all causal weights but the first have been zero for {_CLOSED_TOO_LONG} steps: epsilon = "
                f"{self.epsilon:g} times the losses is too large; anneal from smaller epsilons, scale the residual "
                f"or widen the network"
            )
        return ""

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _STATE}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in _STATE:
            setattr(self, name, state[name])
