"""The split of a signal into discrete and continuous spectrum, as a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from physml.koopman.rage import rage_average
from physml.problem import DynamicalSystem, FlowData
from physml.result import Coordinates, Findings
from physml.train import Step

_KEPT = 400  # times of each curve


@dataclass(frozen=True)
class RAGESplit:
    """How much of an observable is in the span of eigenfunctions (colbrook2026adversarial), from one trajectory.

    Args:
        delays: the largest number n of functions.
        stride: samples between delays.
        horizon: L; 0 for as long as the data last.

    Example:
        >>> import physml
        >>> from physml.train import Quiet
        >>> metrics = physml.solve("skew_product", RAGESplit(delays=80), tracker=Quiet()).metrics
        >>> abs(metrics["discrete part"] - 0.5) < 0.01
        True
    """

    delays: int = 20
    stride: int = 1
    horizon: int = 0

    solves: ClassVar = DynamicalSystem
    citations: ClassVar = ("colbrook2026adversarial",)

    def start(self, problem: DynamicalSystem, *, seed: int, device: torch.device, dtype: torch.dtype) -> RAGEProcess:
        """The process that :func:`physml.solve` steps: one step.

        Raises:
            ValueError: a problem without trajectories or without an observable.
        """
        if problem.observable is None or not isinstance(problem.data(seed), FlowData):
            raise ValueError(f"{problem.name} has no observable along a trajectory, which the split is of")
        return RAGEProcess(problem, self, seed)


class RAGEProcess:
    """One step: all running averages.

    Args:
        problem: with a trajectory and an observable.
        settings: of the split.
        seed: of the data.
    """

    def __init__(self, problem: DynamicalSystem, settings: RAGESplit, seed: int) -> None:
        self.problem, self.settings, self.seed = problem, settings, seed
        self.averages: Tensor | None = None

    @property
    def finished(self) -> bool:
        return self.averages is not None

    def step(self) -> Step:
        """The averages."""
        data = self.problem.data(self.seed)
        assert isinstance(data, FlowData) and self.problem.observable is not None
        series = self.problem.observable(data.trajectories[0])
        settings = self.settings
        averages = rage_average(series, settings.delays, settings.stride, horizon=settings.horizon or None)
        self.averages = torch.as_tensor(averages)
        return Step("running averages", 1, 1, {}, {"discrete part": float(self.averages[-1, -1])})

    def findings(self) -> Findings:
        """The averages of all numbers of functions at some times, and the last one as the discrete part."""
        averages = torch.zeros(1, 1) if self.averages is None else self.averages
        times = np.unique(np.geomspace(1, averages.shape[1], _KEPT).astype(int)) - 1
        data = xr.Dataset(
            {"average": (("functions", "time"), averages[:, times].numpy())},
            {"functions": np.arange(1, len(averages) + 1), "time": times},
        )
        metrics = {"discrete part": float(averages[-1, -1])}
        if self.problem.discrete_part is not None:
            known = self.problem.discrete_part(self.problem.params)
            metrics["discrete part error"] = abs(metrics["discrete part"] - known)
        weights = {"averages": averages[:, times].contiguous()}
        return Findings(data, metrics, weights, RAGESolution(data))

    def restore(self, weights: dict[str, Tensor]) -> RAGESolution:
        """The solution from what a run folder keeps."""
        kept = weights["averages"]
        dims = {"functions": np.arange(1, len(kept) + 1), "time": np.arange(kept.shape[1])}
        return RAGESolution(xr.Dataset({"average": (tuple(dims), kept.numpy())}, dims))

    def state_dict(self) -> dict[str, Any]:
        return {"averages": self.averages}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.averages = state["averages"]


@dataclass(frozen=True)
class RAGESolution:
    """The running averages.

    Args:
        data: ``average`` over (functions, time).
    """

    data: xr.Dataset

    def predict(self, **coordinates: Coordinates) -> xr.Dataset:
        """The averages at some numbers of functions and times, the nearest that are kept."""
        return self.data.sel({name: np.atleast_1d(value) for name, value in coordinates.items()}, method="nearest")
