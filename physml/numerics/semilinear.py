r"""Solutions of periodic semilinear equations :math:`u_t = L u + f(u)`."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Inexact

from physml.numerics.etdrk4 import ETDRK4
from physml.numerics.fourier import pointwise, values_on_grid


def solve_semilinear(
    start: Inexact[np.ndarray, "modes"],
    *,
    length: float,
    symbol: Callable[[np.ndarray], np.ndarray],
    nonlinear: Callable[[np.ndarray], np.ndarray],
    times: Float[np.ndarray, "nt"],
    points: int,
    steps: int,
    padding: int = 2,
) -> Float[np.ndarray, "nt points"]:
    r"""Integrate by :class:`ETDRK4` in Fourier space.

    Args:
        start: spectrum at ``times[0]`` (modes,), in the convention of :mod:`physml.numerics.fourier`.
        length: the period P.
        symbol: :math:`\lambda(k)`, what L multiplies :math:`e^{ikx}` by, for angular wavenumbers k.
        nonlinear: f, pointwise.
        times: equidistant, shape (nt,).
        points: n; the solution is returned at a + P j / n.
        steps: of the scheme between two times.
        padding: of the grid on which f is evaluated.

    Returns:
        The solution, shape (nt, n).

    Raises:
        ValueError: times that are not equidistant.
        FloatingPointError: the solution is no longer finite; take more steps.
    """
    spacing = np.diff(times)
    if len(times) < 2 or spacing[0] <= 0 or not np.allclose(spacing, spacing[0], rtol=1e-9):
        raise ValueError("times must increase by equal steps")
    wavenumbers = 2 * math.pi / length * np.arange(len(start))
    scheme = ETDRK4(symbol(wavenumbers), pointwise(nonlinear, padding), spacing[0] / steps)
    states = zip(times, scheme.every(start, steps), strict=False)
    solution = np.stack([values_on_grid(state, points) for _, state in states])
    if not np.isfinite(solution).all():
        raise FloatingPointError(f"the solution blew up with {steps} steps between times; take more")
    return solution
