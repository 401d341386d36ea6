r"""Real periodic functions of one variable as spectra; :mod:`physml.numerics.torus` has the other cases.

A spectrum c of K modes stands for :math:`u(x) = c_0 + 2\,\mathrm{Re} \sum_{k=1}^{K-1} c_k e^{ik\omega(x - a)}`, with
:math:`\omega = 2\pi/P` on an axis that starts at a: what ``rfft(samples) / n`` gives.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Complex, Float, Inexact


def spectrum_of(samples: Float[np.ndarray, "n"], modes: int) -> Complex[np.ndarray, "modes"]:
    """The spectrum (modes,) of samples (n,) at a + P j / n.

    Raises:
        ValueError: too few samples for so many modes.
    """
    if len(samples) < 2 * (modes - 1):
        raise ValueError(f"{modes} modes need at least {2 * (modes - 1)} samples, given {len(samples)}")
    return np.fft.rfft(samples)[:modes] / len(samples)


def values_on_grid(spectrum: Inexact[np.ndarray, "modes"], points: int) -> Float[np.ndarray, "points"]:
    """The function at a + P j / points, whatever the numbers of modes and points; shape (points,)."""
    stride = max(1, -(-2 * len(spectrum) // points))
    return _samples(spectrum, stride * points)[::stride]


def pointwise(function: Callable[[np.ndarray], np.ndarray], padding: float = 2) -> Callable[[np.ndarray], np.ndarray]:
    """A function of values as a function of spectra, computed on a grid ``padding`` times finer than the modes need.

    Polynomials up to the third degree are free of aliasing with padding 2, up to the second with 1.5. With 1, the grid
    of the spectrum itself is used, which is what published data with n = 2 (modes - 1) points come from.
    """

    def apply(spectrum: np.ndarray) -> np.ndarray:
        count = math.ceil(2 * padding * len(spectrum)) if padding > 1 else 2 * (len(spectrum) - 1)
        return np.fft.rfft(function(_samples(spectrum, count)))[: len(spectrum)] / count

    return apply


def _samples(spectrum: np.ndarray, count: int) -> np.ndarray:
    return np.fft.irfft(spectrum, count) * count
