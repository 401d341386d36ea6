"""A bridge that can be evaluated at any time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from physml.bridge.law import PathLaw
from physml.result import Coordinates

_PARTICLES = 500


@dataclass(frozen=True)
class BridgeSolution:
    """The law of paths that a run has found.

    Args:
        law: with trajectories, marginals, the drift and forecasts.
        states: names of the components of the state.
        seed: of the draws of :meth:`predict`.
    """

    law: PathLaw
    states: tuple[str, ...]
    seed: int = 0

    def predict(self, **coordinates: Coordinates) -> xr.Dataset:
        """Draws of the state at times between the first and the last snapshot, of the same particles at all times.

        Args:
            coordinates: ``t``, a number or an array of times; ``particle``, an array that is as long as draws are
                wanted (500 by default).

        Returns:
            ``state`` over (t, particle, component).

        Raises:
            ValueError: no times, times outside, or other coordinates.

        Example:
            >>> result.predict(t=[0.5, 1.5]).state.mean("particle")                          # doctest: +SKIP
        """
        unknown = set(coordinates) - {"t", "particle"}
        if unknown or "t" not in coordinates:
            raise ValueError(f"expected the coordinate t, and particle if wanted; given {sorted(coordinates)}")
        times = np.atleast_1d(np.asarray(coordinates["t"], dtype=float))
        particles = np.atleast_1d(coordinates.get("particle", np.arange(_PARTICLES)))
        generator = torch.Generator().manual_seed(self.seed)
        trajectories = self.law.sample_trajectories(len(particles), generator)
        states = torch.stack([trajectories.at(float(t), generator) for t in times])
        coords = {"t": times, "particle": particles, "component": list(self.states)}
        return xr.Dataset({"state": (tuple(coords), states.cpu().numpy())}, coords)

    def weights(self) -> dict[str, Tensor]:
        """The parameters of the reference; none for Brownian motion."""
        theta = self.law.reference.theta
        return {} if theta is None else {"theta": theta}
