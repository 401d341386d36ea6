"""Spectra of Koopman operators as methods: frozen settings that :func:`physml.solve` takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from physml.koopman.bases import POD, Delays, Fourier, FourierTimes, Legendre, Monomials, Radial
from physml.koopman.compression import Compression
from physml.koopman.dictionaries import Dictionary
from physml.koopman.edmd import EDMD
from physml.koopman.estimator import Eigenpairs
from physml.koopman.galerkin import GalerkinEstimator
from physml.koopman.levels import levels
from physml.koopman.measure_preserving import MeasurePreservingEDMD
from physml.koopman.parts import Circle, Eigenvalues, MomentMeasure, Plane, RationalMeasure
from physml.koopman.process import SpectralProcess
from physml.koopman.spectrum import Spectrum, local_minima
from physml.problem import DynamicalSystem


@dataclass(frozen=True)
class EDMDSpectrum:
    """All eigenvalues of extended DMD (williams2015edmd), however large their residuals are.

    Args:
        dictionary: what functions the operator is compressed to.
        plane: where the pseudospectrum is computed.
        angles: of the circle at which residuals and spectral measures are computed.
        measure: how a spectral measure is smoothed.

    Example:
        >>> import physml
        >>> from physml.train import Quiet
        >>> method = EDMDSpectrum(Fourier(8), Plane(step=0.5))
        >>> physml.solve("doubling_map", method, tracker=Quiet()).metrics["spurious"]
        16.0
    """

    dictionary: Fourier | Monomials | Legendre | Radial | FourierTimes | Delays | POD = Radial()
    plane: Plane = Plane()
    angles: int = 201
    measure: RationalMeasure | MomentMeasure = RationalMeasure()

    solves: ClassVar = DynamicalSystem
    citations: ClassVar = ("williams2015edmd", "colbrook2024rigorous")

    def __post_init__(self) -> None:
        if self.angles < 2:
            raise ValueError(f"angles is {self.angles}; expected 2 or more")

    def start(
        self, problem: DynamicalSystem, *, seed: int, device: torch.device, dtype: torch.dtype
    ) -> SpectralProcess:
        """The process that :func:`physml.solve` steps: the fit, points of the spectrum, the pseudospectrum.

        Raises:
            ValueError: another precision than float64, which certificates need.
        """
        if dtype != torch.float64:
            raise ValueError(f"residuals are computed in float64, given {dtype}; leave dtype out")
        return SpectralProcess(problem, self, seed, device)

    def estimator(self, dictionary: Dictionary | None) -> GalerkinEstimator:
        """What is fitted."""
        return EDMD(dictionary)

    def points(
        self, problem: DynamicalSystem, compression: Compression, eigenvalues: Tensor, residuals: Tensor
    ) -> Spectrum:
        """What is returned as spectrum: here all eigenvalues."""
        return Spectrum(eigenvalues, residuals)

    def forecasting(self, estimator: GalerkinEstimator) -> Eigenpairs:
        """The eigenpairs that forecasts are made of: here all."""
        return estimator.verified(math.inf)


@dataclass(frozen=True)
class MeasurePreservingSpectrum(EDMDSpectrum):
    """All eigenvalues of measure-preserving EDMD (colbrook2023mpedmd), which are on the unit circle.

    Args:
        dictionary, plane, angles, measure: as of :class:`EDMDSpectrum`.

    Example:
        >>> import physml
        >>> from physml.train import Quiet
        >>> method = MeasurePreservingSpectrum(Fourier(8), Plane(step=0.5))
        >>> physml.solve("circle_rotation", method, tracker=Quiet()).metrics["worst residual"] < 1e-12
        True
    """

    citations: ClassVar = ("colbrook2023mpedmd", "colbrook2024rigged")

    def estimator(self, dictionary: Dictionary | None) -> GalerkinEstimator:
        """What is fitted."""
        return MeasurePreservingEDMD(dictionary)


@dataclass(frozen=True)
class ResDMDSpectrum(EDMDSpectrum):
    r"""Points of the spectrum by local minimisation of residuals (colbrook2024rigorous, colbrook2026adversarial).

    Of the candidates :math:`z_j` with levels :math:`\tau_j` it returns, for each j, the one of least level in the
    disc of radius :math:`\kappa \tau_j`, and of these the ones whose level is within the tolerance.

    Args:
        dictionary, plane, angles, measure: as of :class:`EDMDSpectrum`.
        search: the candidates.
        kappa: factor of the radius.
        tolerance: largest level that is returned; 1 for all.

    Example:
        >>> import physml
        >>> from physml.train import Quiet
        >>> method = ResDMDSpectrum(Fourier(8), Plane(step=0.5))
        >>> physml.solve("doubling_map", method, tracker=Quiet()).metrics["spurious"]
        0.0
    """

    search: Eigenvalues | Plane | Circle = Eigenvalues()
    kappa: float = 1.0
    tolerance: float = 0.1

    citations: ClassVar = ("colbrook2024rigorous", "colbrook2026adversarial")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.kappa > 0 and self.tolerance > 0):
            raise ValueError(f"expected kappa > 0 and tolerance > 0; given {self.kappa}, {self.tolerance}")

    def points(
        self, problem: DynamicalSystem, compression: Compression, eigenvalues: Tensor, residuals: Tensor
    ) -> Spectrum:
        """What is returned as spectrum: here what has small levels."""
        z = self.search.candidates(compression, eigenvalues)
        tau = levels(compression, z)
        if problem.measure_preserving:  # the spectrum of an isometry is no nearer than the circle
            tau = torch.maximum(tau, (1 - z.abs()).abs())
        found = local_minima(z, tau, self.kappa)
        good = found.error_bounds <= self.tolerance
        return Spectrum(found.points[good], found.error_bounds[good])

    def forecasting(self, estimator: GalerkinEstimator) -> Eigenpairs:
        """The eigenpairs that forecasts are made of: here those whose residual is within the tolerance."""
        return estimator.verified(self.tolerance)
