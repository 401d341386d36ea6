"""What a refinement of one's own snapshots gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from physml.bridge.law import PathLaw, Trajectories


@dataclass(frozen=True)
class RefinedBridge:
    """The law of paths under the fitted reference, and how the fit went.

    Args:
        law: of the paths.
        history: a row for each iteration: ``losses`` has V, ``values`` the parameters and the distance to held-out
            snapshots.
        outcome: ``finished``, ``budget spent``, or what went wrong.
    """

    law: PathLaw
    history: list[dict[str, Any]]
    outcome: str

    @property
    def theta(self) -> Tensor | None:
        """The parameters as the family computes with them; None for Brownian motion."""
        return self.law.reference.theta

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {} if self.theta is None else self.law.reference.family.named(self.theta)

    def sample_trajectories(self, count: int, generator: torch.Generator | None = None) -> Trajectories:
        """Whole trajectories: see :meth:`PathLaw.sample_trajectories`."""
        return self.law.sample_trajectories(count, generator)

    def marginal(self, time: float, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws of the state at a time: see :meth:`PathLaw.marginal`."""
        return self.law.marginal(time, count, generator)

    def forward_drift(self, x: Tensor, t: float) -> Tensor:
        """The drift of the bridge: see :meth:`PathLaw.forward_drift`."""
        return self.law.forward_drift(x, t)

    def forecast(self, times: Sequence[float], count: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws of the state after the last snapshot: see :meth:`PathLaw.forecast`."""
        return self.law.forecast(times, count, generator)
