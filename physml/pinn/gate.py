"""The time slices of a window: weighed causally or all alike, and remembered from time to time."""

import math
import warnings
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from physml.pinn.causal_weights import CausalWeights, EpsilonSchedule, causal_weights

_SLICES = 32  # where no causal weights say how many
_REMEMBERED = frozenset({0} | {m * 10**k for m in (1, 3) for k in range(7)})


class Gate:
    """Turns squared residuals, sorted by time, into a weight for each point.

    Args:
        settings: the causal weighting, or None to weigh all times alike.
    """

    def __init__(self, settings: CausalWeights | None) -> None:
        self.settings = settings
        self.snapshots: list[dict[str, Any]] = []
        self.open_window(0)

    def open_window(self, index: int) -> None:
        """Begin with the first epsilon again."""
        self.window = index
        self.smallest = 0.0
        self.schedule = EpsilonSchedule(self.settings) if self.settings else None

    @property
    def solved(self) -> bool:
        """The causal weights say that training of the window may stop."""
        return self.schedule is not None and self.schedule.solved

    @property
    def why_not_certified(self) -> str:
        """What keeps the weights of the window below delta, and what to change."""
        assert self.schedule is not None
        settings, schedule, smallest = self.schedule.settings, self.schedule, self.smallest
        asked = -math.log(settings.delta) / settings.epsilons[-1]
        if schedule.closed_steps:
            return (
                f"the gate is stuck at epsilon = {schedule.epsilon:g}, all weights but the first are zero; anneal from "
                f"smaller epsilons, or take more steps or features"
            )
        return (
            f"at epsilon = {schedule.epsilon:g} the smallest weight is {smallest:.3g}, asked are {settings.delta} at "
            f"{settings.epsilons[-1]:g} (losses of all slices below {asked:.1e}); take more modes, times or "
            f"features, more steps, or a smaller last epsilon"
        )

    def slices(self, values: Float[Tensor, "n *k"]) -> tuple[Tensor, ...]:
        """What belongs to n points in order of time, by slices."""
        return values.tensor_split(self.settings.slices if self.settings else min(_SLICES, len(values)))

    def weights(self, squares: Float[Tensor, "n equations"], initial_loss: float) -> Float[Tensor, "slices"]:
        """The weight of each slice; ``initial_loss`` is L_0 where the settings let it gate."""
        losses = torch.stack([s.mean(0) for s in self.slices(squares)])
        if self.schedule is None:
            return torch.ones_like(losses[:, 0])
        start = initial_loss if self.schedule.settings.gate_initial else 0.0
        return causal_weights(losses, self.schedule.epsilon, start)

    def spread(self, weights: Float[Tensor, "slices"], count: int) -> Float[Tensor, "n"]:
        """The weight of each of ``count`` points."""
        sizes = [len(s) for s in self.slices(torch.empty(count))]
        return weights.repeat_interleave(torch.tensor(sizes, device=weights.device))

    def point_weights(self, squares: Float[Tensor, "n equations"]) -> Float[Tensor, "n"]:
        """The weights of points by their slices, relative to the first one, so that L_0 does not matter."""
        return self.spread(self.weights(squares, 0.0), len(squares))

    def update(self, weights: Float[Tensor, "slices"], *, fresh: bool) -> dict[str, float]:
        """After a step on ``fresh`` or known points: say what is wrong, anneal epsilon; returns what to log."""
        if self.schedule is None:
            return {}
        self.smallest = float(weights.min())
        values = {"epsilon": self.schedule.epsilon, "smallest weight": self.smallest}
        trouble = self.schedule.trouble(weights)
        if trouble and not self.window:
            warnings.warn(trouble, stacklevel=2)
        self.schedule.update(self.smallest, fresh=fresh)
        return values

    def is_remembered(self, step: int) -> bool:
        """Whether a snapshot belongs to this step of a phase: 0, 1, 3, 10, 30, ..."""
        return step in _REMEMBERED

    def remember(
        self,
        step: int,
        times: Tensor,
        squares: Float[Tensor, "n equations"],
        weights: Float[Tensor, "n"],
        rates: Tensor,
    ) -> None:
        """Keep the mean time, loss, weight and rate of each slice; of each time where that takes several slices."""
        _, sizes = times.unique_consecutive(return_counts=True)
        slices = [len(part) for part in self.slices(times)]
        parts = slices if len(sizes) > len(slices) else sizes.tolist()
        rows = torch.stack([times, squares.sum(1), weights, rates])
        table = torch.stack([part.mean(1) for part in rows.split(parts, dim=1)], 1).cpu()
        self.snapshots.append({"step": step, "window": self.window, "slices": table})

    def forget_window(self, index: int) -> None:
        """Drop the snapshots of a window that is solved again."""
        self.snapshots = [snapshot for snapshot in self.snapshots if snapshot["window"] != index]

    def state_dict(self) -> dict[str, Any]:
        schedule = self.schedule.state_dict() if self.schedule else {}
        return {"schedule": schedule, "snapshots": list(self.snapshots)}

    def load_state_dict(self, state: dict[str, Any], window: int) -> None:
        self.open_window(window)
        if self.schedule:
            self.schedule.load_state_dict(state["schedule"])
        self.snapshots = list(state["snapshots"])
