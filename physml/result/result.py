"""``Result``: the solution on a grid, how it was reached, and how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import xarray as xr
from torch import Tensor

from physml.problem import Problem
from physml.result.verdict import compare
from physml.result.views import view_of
from physml.viz.style import Picture

Coordinates = np.ndarray | Sequence[float] | float


@runtime_checkable
class Predictor(Protocol):
    """A solution that can be evaluated anywhere in the domain."""

    def predict(self, **coordinates: Coordinates) -> xr.Dataset: ...


@dataclass(frozen=True)
class Result:
    """What a run gave.

    Args:
        problem: what was solved.
        data: each field on the reference's grid, ``reference`` and ``residual``; with several fields
            ``reference_<field>``, with several equations ``residual_<equation>``. What a method records of itself joins
            them: ``slice_time``, ``slice_loss``, ``causal_weights`` and ``slice_rate`` over (step, slice).
        history: one row a logged step: step, stage, seconds, losses, values.
        config: method, settings, budget, seed, device, dtype.
        provenance: versions, commit, machine, wall time.
        metrics: ``relative_l2`` against the truth, ``relative_l2 (<name>)`` against other references, ``residual_rms``.
        weights: of the networks, by name.
        outcome: ``finished``, ``budget spent``, ``interrupted``, or ``not a number: ...``.
        solution: evaluates the networks anywhere.

    Example:
        >>> result = physml.solve("heat")                                    # doctest: +SKIP
        >>> result.data.u.sel(t=0.5, method="nearest")                       # doctest: +SKIP
        >>> result.predict(t=0.123, x=np.linspace(-1, 1, 1000))              # doctest: +SKIP
    """

    problem: Problem
    data: xr.Dataset
    history: list[dict[str, Any]]
    config: dict[str, Any]
    provenance: dict[str, Any]
    metrics: dict[str, float]
    weights: dict[str, Tensor]
    outcome: str
    solution: Predictor

    def predict(self, **coordinates: Coordinates) -> xr.Dataset:
        """The fields on the grid of the coordinates given, one array or number for each axis.

        Raises:
            ValueError: an axis without coordinates, or coordinates outside its bounds.
        """
        return self.solution.predict(**coordinates)

    def plot(self, name: str = "") -> Picture:
        """The picture of the solution: of a field beside its reference, the first by default; of paths over snapshots.

        Args:
            name: which of the problem's fields.
        """
        return view_of(self.problem).plot(self, name)

    def verdict(self) -> list[dict[str, Any]]:
        """The published numbers beside ours: see :func:`physml.result.verdict.compare`."""
        return compare(self.problem, self.metrics, str(self.config.get("method", "")))

    def save(self, folder: str | Path) -> Path:
        """Write the run folder: netCDF, weights, settings, provenance, history, report.

        Returns:
            The folder, which :func:`physml.open_run` reads.
        """
        from physml.result.store import write_result

        return write_result(Path(folder), self)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} = {value:.3g}" for name, value in self.metrics.items())
        method, seconds = self.config.get("method", ""), self.provenance.get("wall_time_s", 0.0)
        return f"Result({self.problem.name}, {method}, {self.outcome} after {seconds:.0f} s: {numbers})"

    def _repr_html_(self) -> str:
        from physml.result.report import result_html

        return result_html(self)
