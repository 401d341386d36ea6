r"""Exponential time differencing, fourth order: for stiff :math:`\dot v = L v + N(v)` with diagonal L."""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Inexact

_CONTOUR_POINTS = 64


class ETDRK4:
    r"""The scheme of Cox and Matthews (cox2002), its coefficients by contour integrals (kassam2005).

    Args:
        linear: the diagonal of L, shape (..., modes); real or complex.
        nonlinear: N, spectrum (..., modes) to spectrum (..., modes).
        step: h.

    Its error falls as :math:`h^4`.

    Example:
        >>> scheme = ETDRK4(np.array([-1.0]), lambda v: 0 * v, step=0.5)
        >>> np.allclose(scheme.step(np.array([1.0])), np.exp(-0.5))
        True
    """

    def __init__(
        self, linear: Inexact[np.ndarray, "..."], nonlinear: Callable[[np.ndarray], np.ndarray], step: float
    ) -> None:
        self.nonlinear = nonlinear
        scaled = step * linear
        self.whole, self.half = np.exp(scaled), np.exp(scaled / 2)
        roots = np.exp(2j * np.pi * (np.arange(_CONTOUR_POINTS) + 0.5) / _CONTOUR_POINTS)
        z = scaled[..., None] + roots
        e = np.exp(z)

        def average(values: np.ndarray) -> np.ndarray:
            mean = step * values.mean(axis=-1)
            return mean if np.iscomplexobj(linear) else mean.real

        self.middle = average((np.exp(z / 2) - 1) / z)
        self.first = average((-4 - z + e * (4 - 3 * z + z**2)) / z**3)
        self.second = average(2 * (2 + z + e * (z - 2)) / z**3)
        self.third = average((-4 - 3 * z - z**2 + e * (4 - z)) / z**3)

    def step(self, v: Inexact[np.ndarray, "..."]) -> Inexact[np.ndarray, "..."]:
        """One step."""
        n_v = self.nonlinear(v)
        a = self.half * v + self.middle * n_v
        n_a = self.nonlinear(a)
        b = self.half * v + self.middle * n_a
        n_b = self.nonlinear(b)
        c = self.half * a + self.middle * (2 * n_b - n_v)
        return self.whole * v + self.first * n_v + self.second * (n_a + n_b) + self.third * self.nonlinear(c)

    def every(self, v: np.ndarray, steps: int) -> Iterator[np.ndarray]:
        """The start, then the state after each further ``steps`` steps, without an end."""
        while True:
            yield v
            for _ in range(steps):
                v = self.step(v)
