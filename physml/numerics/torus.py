r"""Periodic functions of one or more variables, real or complex, one or several components, as spectra.

A spectrum holds the coefficients of :math:`u(x) = \sum_k c_k e^{ik\cdot(x - a)}` for the modes -(K-1)..K-1 of each
axis, in the order of an FFT. Of a real function the last axis keeps 0..K-1. No mode is without its mirror, so that odd
derivatives need no exception. Components come first: a spectrum has shape (..., modes), values (..., points).
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.fft
from jaxtyping import Complex, Inexact


@dataclass(frozen=True)
class Torus:
    """A box with periodic axes, and the modes that are kept on it.

    Args:
        lengths: the period of each axis.
        modes: K of each axis.
        real: the functions are real.

    Example:
        >>> circle = Torus((1.0,), (8,))
        >>> wave = circle.spectrum(np.cos(2 * np.pi * np.arange(32) / 32))
        >>> circle.values(1j * circle.wavenumbers[0] * wave, (4,)).round(6) + 0.0
        array([ 0.      , -6.283185,  0.      ,  6.283185])
    """

    lengths: tuple[float, ...]
    modes: tuple[int, ...]
    real: bool = True

    def __post_init__(self) -> None:
        if not 0 < len(self.modes) == len(self.lengths) or min(self.modes) < 1 or min(self.lengths) <= 0:
            raise ValueError(f"needs a length > 0 and modes >= 1 for each axis, given {self.lengths} and {self.modes}")

    @functools.cached_property
    def shape(self) -> tuple[int, ...]:
        """That of a spectrum."""
        whole = tuple(2 * k - 1 for k in self.modes)
        return (*whole[:-1], self.modes[-1]) if self.real else whole

    @functools.cached_property
    def wavenumbers(self) -> tuple[np.ndarray, ...]:
        """The angular wavenumbers along each axis, shaped to broadcast against a spectrum."""
        counted = [np.fft.ifftshift(np.arange(1 - k, k)) for k in self.modes]
        if self.real:
            counted[-1] = np.arange(self.modes[-1])
        return np.ix_(*(2 * math.pi / length * k for length, k in zip(self.lengths, counted, strict=True)))

    def spectrum(self, samples: Inexact[np.ndarray, "..."]) -> Complex[np.ndarray, "..."]:
        """The spectrum of samples at a + P j / n, shape (..., points); modes that they do not tell are zero.

        Raises:
            ValueError: complex samples of what is said to be real.
        """
        if self.real and np.iscomplexobj(samples):
            raise ValueError("the samples are complex; say real=False")
        points = samples.shape[-len(self.modes) :]
        transform = scipy.fft.rfftn if self.real else scipy.fft.fftn
        known = tuple(min(k, (n + 1) // 2) for k, n in zip(self.modes, points, strict=True))
        found = np.asarray(transform(samples, axes=self._axes)) / math.prod(points)
        found = found[(..., *_places(known, points, self.real))]
        return found if known == self.modes else self._padded(found, known, tuple(2 * k - 1 for k in self.modes))

    def values(self, spectrum: Inexact[np.ndarray, "..."], points: tuple[int, ...]) -> Inexact[np.ndarray, "..."]:
        """The function at a + P j / n for n ``points`` along each axis, however few; shape (..., points)."""
        strides = tuple(-(-(2 * k - 1) // n) for k, n in zip(self.modes, points, strict=True))
        fine = self._samples(spectrum, tuple(s * n for s, n in zip(strides, points, strict=True)))
        return fine[(..., *(slice(None, None, s) for s in strides))]

    def pointwise(
        self, function: Callable[..., np.ndarray], padding: float = 2
    ) -> Callable[..., Complex[np.ndarray, "..."]]:
        """A function of values as a function of spectra, on a grid ``padding`` times finer than the modes need.

        Products of two functions are free of aliasing with padding 1.5, of three with 2. Derivatives are arguments,
        too: ``torus.pointwise(lambda u, u_x: u * u_x, 1.5)(c, 1j * k * c)``.
        """
        count = tuple(math.ceil(2 * padding * k) for k in self.modes)

        def apply(*spectra: np.ndarray) -> np.ndarray:
            return self.spectrum(function(*(self._samples(c, count) for c in spectra)))

        return apply

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(range(-len(self.modes), 0))

    def _samples(self, spectrum: np.ndarray, count: tuple[int, ...]) -> np.ndarray:
        """Values on a grid of at least as many points as there are modes."""
        padded = self._padded(spectrum, self.modes, count)
        if self.real:
            return np.asarray(scipy.fft.irfftn(padded, count, axes=self._axes, norm="forward"))
        return np.asarray(scipy.fft.ifftn(padded, axes=self._axes, norm="forward"))

    def _padded(self, spectrum: np.ndarray, modes: tuple[int, ...], count: tuple[int, ...]) -> np.ndarray:
        """A spectrum as the transform of a finer grid, of which all other modes are zero."""
        shape = (*count[:-1], count[-1] // 2 + 1) if self.real else count
        padded = np.zeros((*spectrum.shape[: -len(shape)], *shape), dtype=complex)
        padded[(..., *_places(modes, count, self.real))] = spectrum
        return padded


@functools.lru_cache
def _places(modes: tuple[int, ...], count: tuple[int, ...], real: bool) -> tuple[np.ndarray, ...]:
    """Where the modes are in the transform of a grid of ``count`` points."""
    places = [np.fft.ifftshift(np.arange(1 - k, k)) % n for k, n in zip(modes, count, strict=True)]
    if real:
        places[-1] = np.arange(modes[-1])
    return np.ix_(*places)
