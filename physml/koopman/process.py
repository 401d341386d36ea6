"""A spectrum, step by step: fit, points, pseudospectrum, circle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from physml.koopman.compression import Compression
from physml.koopman.findings import collect
from physml.koopman.forecast_errors import forecast_errors
from physml.koopman.galerkin import GalerkinEstimator
from physml.koopman.levels import levels
from physml.koopman.parts import circle, moments
from physml.koopman.sampling import fit
from physml.koopman.solution import PseudospectrumSolution
from physml.problem import DynamicalSystem, FlowData, OperatorSection
from physml.result import Findings
from physml.train import Step

if TYPE_CHECKING:
    from physml.koopman.spectral_methods import EDMDSpectrum

_PARTS = 8  # of the plane, each a step
_MOMENTS = 20  # at most, that are compared with known ones

Found = dict[str, Tensor]


class SpectralProcess:
    """Tasks in turn; each adds tensors to what is found, and the next need no more than those.

    Args:
        problem: with the data.
        settings: of the method.
        seed: of the data.
        device: of all tensors.
    """

    def __init__(self, problem: DynamicalSystem, settings: EDMDSpectrum, seed: int, device: torch.device) -> None:
        self.problem, self.settings, self.seed, self.device = problem, settings, seed, device
        self.done, self.found = 0, Found()
        _, y = settings.plane.axes()
        self._z = settings.plane.points().flatten().to(device)
        rows = self._z.tensor_split(min(_PARTS, len(y)))
        self.tasks: list[tuple[str, Callable[[], Found]]] = [
            ("fit", self._fit),
            ("points of the spectrum", self._points),
            *(("pseudospectrum", lambda i=i, z=z: self._levels(i, z)) for i, z in enumerate(rows)),
            ("circle", self._circle),
        ]

    @property
    def finished(self) -> bool:
        return self.done >= len(self.tasks)

    def step(self) -> Step:
        """The next task."""
        stage, task = self.tasks[self.done]
        self.found |= task()
        self.done += 1
        values = {"functions": float(len(self.found["matrix"]))}
        if "bounds" in self.found and len(self.found["bounds"]):
            values["worst residual"] = float(self.found["bounds"].max())
        return Step(stage, self.done, len(self.tasks), {}, values)

    def compression(self) -> Compression:
        """What certificates come from."""
        return Compression.of_section(torch.cat([self.found["compressed"], self.found["remainder"]]))

    def findings(self) -> Findings:
        """Metrics, points, levels and measures, as far as they are computed."""
        return collect(self)

    def restore(self, weights: Found) -> PseudospectrumSolution:
        """The solution from what a run folder keeps."""
        return PseudospectrumSolution.restored(weights)

    def state_dict(self) -> dict[str, Any]:
        return {"done": self.done, "found": dict(self.found)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.done, self.found = state["done"], dict(state["found"])

    def _fit(self) -> Found:
        data = self.problem.data(self.seed).to(self.device)
        estimator, g = fit(self.settings.estimator, self.settings.dictionary, self.problem, data)
        compression = estimator.compression_
        found = {
            "matrix": estimator.frame_matrix_,
            "compressed": compression.matrix,
            "remainder": compression.remainder,
            "eigenvalues": torch.as_tensor(estimator.eigenvalues_),
            "residuals": torch.as_tensor(estimator.residuals_),
        }
        if g is not None:
            found["observable"] = g
        return found | self._forecasts(estimator, data)

    def _forecasts(self, estimator: GalerkinEstimator, data: FlowData | OperatorSection) -> Found:
        held_out = self.problem.held_out
        if held_out is None:
            return {}
        assert isinstance(data, FlowData)
        later = held_out.samples(self.problem.params, self.seed).to(data.blocks[0])
        pairs, past = self.settings.forecasting(estimator), data.trajectories[0]
        errors = forecast_errors(pairs, estimator.dictionary_, past, later, held_out.leads, held_out.season)
        return {f"{name} by lead": values for name, values in errors.items()}

    def _points(self) -> Found:
        found = self.found
        spectrum = self.settings.points(self.problem, self.compression(), found["eigenvalues"], found["residuals"])
        return {"points": spectrum.points, "bounds": spectrum.error_bounds}

    def _levels(self, part: int, z: Tensor) -> Found:
        return {f"levels {part}": levels(self.compression(), z)}

    def _circle(self) -> Found:
        """Residuals on the circle, and the spectral measure of the observable, for isometries only."""
        if not self.problem.measure_preserving:
            return {}
        compression, g = self.compression(), self.found.get("observable")
        real = compression.is_real and (g is None or not g.is_complex())
        theta = circle(self.settings.angles, real).to(self.device)
        found = {"angles": theta, "circle levels": levels(compression, torch.polar(torch.ones_like(theta), theta))}
        if g is not None:
            found["density"] = self.settings.measure.density(compression, self.found["matrix"], g, theta)
            found["moments"] = moments(self.found["compressed"], g, min(_MOMENTS, compression.rank + 1))
        return found
