"""From computed spectra to data and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from physml.koopman.metrics import wasserstein1_circle
from physml.koopman.rational import Resolvent
from physml.koopman.solution import PseudospectrumSolution
from physml.result import Findings

if TYPE_CHECKING:
    from physml.koopman.process import SpectralProcess
    from physml.problem import DynamicalSystem

_CELLS = 4096  # of the circle, for what is known there
_UNITARY = 1e-8
_BY_LEAD = {"forecast error": "forecast", "climatology": "climatology", "persistence": "persistence"}


def collect(process: SpectralProcess) -> Findings:
    """Points with residuals, levels in the plane and on the circle, measures; and how far from what is known."""
    solution = PseudospectrumSolution(process.compression())
    return Findings(_dataset(process), _metrics(process), solution.weights(), solution)


def _metrics(process: SpectralProcess) -> dict[str, float]:
    problem, found = process.problem, {name: _numpy(value) for name, value in process.found.items()}
    metrics = {"functions": float(len(found["matrix"]))}
    if len(bounds := found.get("bounds", np.empty(0))):
        metrics["worst residual"], metrics["mean residual"] = float(bounds.max()), float(bounds.mean())
    if "bounds" in found:
        metrics["points"] = float(len(bounds))
        metrics["spurious"] = float((bounds > problem.tolerance).sum())
    if problem.distance is not None and len(found.get("points", ())):
        metrics["distance from spectrum"] = float(problem.distance(problem.params, found["points"]).max())
    if problem.spectrum is not None and len(found.get("points", ())):
        truth = problem.spectrum(problem.params)
        metrics["missed spectrum"] = float(np.abs(truth[:, None] - found["points"]).min(1).max())
    levels = _plane(process)
    if problem.levels is not None and levels is not None:
        z = process.settings.plane.points().numpy()
        exact = problem.levels(problem.params, z, len(found["matrix"]))
        metrics["level error"] = float(np.abs(levels - exact).max())
    forecasts = {name: found[f"{key} by lead"].mean() for name, key in _BY_LEAD.items() if f"{key} by lead" in found}
    return metrics | {name: float(value) for name, value in forecasts.items()} | _on_circle(process, found)


def _on_circle(process: SpectralProcess, found: dict[str, np.ndarray]) -> dict[str, float]:
    """Levels on the circle, and the spectral measure."""
    problem, metrics = process.problem, {}
    if "circle levels" in found:
        metrics["mean level"] = float(found["circle levels"].mean())
        metrics["largest level"] = float(found["circle levels"].max())
    if problem.density is not None and "density" in found:
        exact = problem.density(problem.params, found["angles"])
        metrics["density error"] = float(np.abs(found["density"] - exact).max() / exact.max())
        metrics |= _wasserstein(process)
    if problem.moments is not None and "moments" in found:
        exact = problem.moments(problem.params, len(found["moments"]))
        metrics["moment error"] = float(np.abs(found["moments"][: len(exact)] - exact).max() / abs(exact[0]))
        if problem.test_function is not None:
            metrics["weak error"] = _weak_error(problem, found["angles"], found["density"])
    return metrics


def _weak_error(problem: DynamicalSystem, theta: np.ndarray, density: np.ndarray) -> float:
    """The relative one of the test function's integral, which is known by its Fourier coefficients and the moments."""
    assert problem.test_function is not None and problem.moments is not None
    values = problem.test_function(theta)
    if theta[0] == 0:  # the upper half of a symmetric measure
        values = values + problem.test_function(-theta)
    computed = np.trapezoid(values * density, theta)
    coefficients = np.fft.rfft(problem.test_function(2 * np.pi * np.arange(_CELLS) / _CELLS))[:-1] / _CELLS
    terms = (coefficients * problem.moments(problem.params, len(coefficients))).real
    exact = 2 * terms.sum() - terms[0]
    return float(abs(computed - exact) / abs(exact))


def _wasserstein(process: SpectralProcess) -> dict[str, float]:
    """W1 of the point masses of a unitary matrix from the known density, both of mass 1.

    Other matrices than those of measure-preserving EDMD have no such masses: their eigenvalues are off the circle.
    """
    matrix, g = process.found["matrix"], process.found["observable"]
    identity = torch.eye(len(matrix)).to(matrix)
    if float((matrix.mH @ matrix - identity).abs().max()) > _UNITARY:
        return {}
    schur = Resolvent(matrix)  # whose vectors are orthonormal where eigenvalues coincide, too
    weights = (schur.basis.mH @ g.to(schur.basis)).abs().square().cpu()
    theta = -np.pi + 2 * np.pi * (np.arange(_CELLS) + 0.5) / _CELLS
    assert process.problem.density is not None
    density = process.problem.density(process.problem.params, theta)
    angles = schur.triangle.diagonal().angle().cpu()
    return {"W1": wasserstein1_circle(angles, weights / weights.sum(), theta, density / density.sum())}


def _plane(process: SpectralProcess) -> np.ndarray | None:
    """The levels over (imaginary, real); None before all are computed."""
    parts = [value for name, value in process.found.items() if name.startswith("levels ")]
    count = sum(len(part) for part in parts)
    x, y = process.settings.plane.axes()
    return torch.cat(parts).reshape(len(y), len(x)).cpu().numpy() if count == len(x) * len(y) else None


def _dataset(process: SpectralProcess) -> xr.Dataset:
    problem, found = process.problem, {name: _numpy(value) for name, value in process.found.items()}
    data = xr.Dataset({
        **_complex("eigenvalue", found["eigenvalues"], "eigenvalue_number"),
        "residual": ("eigenvalue_number", found["residuals"]),
    })  # fmt: skip
    if "points" in found:
        data = data.assign(_complex("point", found["points"], "point_number"))
        data["error_bound"] = ("point_number", found["bounds"])
    levels = _plane(process)
    if levels is not None:
        x, y = process.settings.plane.axes()
        data = data.assign_coords(real=x.numpy(), imaginary=y.numpy())
        data["level"] = (("imaginary", "real"), levels)
    if "angles" in found:
        data = data.assign_coords(angle=found["angles"])
        data["circle_level"] = ("angle", found["circle levels"])
    if "density" in found:
        data["density"] = ("angle", found["density"])
        if problem.density is not None:
            data["true_density"] = ("angle", problem.density(problem.params, found["angles"]))
    if "forecast by lead" in found:
        data = data.assign_coords(lead=np.arange(1, len(found["forecast by lead"]) + 1))
        for name, key in _BY_LEAD.items():
            data[name.replace(" ", "_")] = ("lead", found[f"{key} by lead"])
    return data


def _complex(name: str, values: np.ndarray, dimension: str) -> dict[str, Any]:
    """Real and imaginary parts, for netCDF has no complex numbers."""
    return {f"{name}_real": (dimension, np.real(values)), f"{name}_imaginary": (dimension, np.imag(values))}


def _numpy(value: Tensor) -> np.ndarray:
    return value.detach().resolve_conj().cpu().numpy()
