r"""Solutions of periodic semilinear equations :math:`u_t = L u + N(u)` on equidistant times."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Inexact

from physml.numerics.etdrk4 import ETDRK4
from physml.numerics.fourier import pointwise, values_on_grid
from physml.numerics.torus import Torus


def solve_semilinear(
    start: Inexact[np.ndarray, "modes"],
    *,
    length: float,
    symbol: Callable[[np.ndarray], np.ndarray],
    nonlinear: Callable[[np.ndarray], np.ndarray],
    times: Float[np.ndarray, "nt"],
    points: int,
    steps: int,
    padding: float = 2,
    divergence: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Float[np.ndarray, "nt points"]:
    r"""A real equation in one variable, :math:`u_t = L u + f(u)` or :math:`u_t = L u + D f(u)`, by :class:`ETDRK4`.

    Args:
        start: spectrum at ``times[0]`` (modes,), in the convention of :mod:`physml.numerics.fourier`.
        length: the period P.
        symbol: :math:`\lambda(k)`, what L multiplies :math:`e^{ikx}` by, for angular wavenumbers k.
        nonlinear: f, pointwise.
        times: equidistant, shape (nt,).
        points: n; the solution is returned at a + P j / n.
        steps: of the scheme between two times.
        padding: of the grid on which f is evaluated.
        divergence: the symbol of D, such as -ik for a conservation law with flux f; None without D.

    Returns:
        The solution, shape (nt, n).

    Raises:
        ValueError: times that are not equidistant.
        FloatingPointError: the solution is no longer finite; take more steps.
    """
    wavenumbers = 2 * math.pi / length * np.arange(len(start))
    local = pointwise(nonlinear, padding)
    outer = divergence(wavenumbers) if divergence else 1.0
    return _solve(
        start,
        symbol(wavenumbers),
        lambda v: outer * local(v),
        times,
        steps,
        values=lambda v: values_on_grid(v, points),
    )


def solve_periodic(
    start: Inexact[np.ndarray, "..."],
    *,
    torus: Torus,
    linear: Inexact[np.ndarray, "..."],
    nonlinear: Callable[[np.ndarray], np.ndarray],
    times: Float[np.ndarray, "nt"],
    points: tuple[int, ...],
    steps: int,
) -> Inexact[np.ndarray, "nt ..."]:
    r"""An equation or system in any number of variables, :math:`u_t = L u + N(u)`, by :class:`ETDRK4`.

    Args:
        start: spectrum at ``times[0]``, shape (..., modes) with components first.
        torus: the box and its modes.
        linear: the symbol of L at ``torus.wavenumbers``, of the shape of ``start`` or one that broadcasts to it.
        nonlinear: N, spectra to spectra; :meth:`Torus.pointwise` makes its products.
        times: equidistant, shape (nt,).
        points: of the grid along each axis on which the solution is returned.
        steps: of the scheme between two times.

    Returns:
        The solution, shape (nt, ..., points).

    Raises:
        ValueError: times that are not equidistant.
        FloatingPointError: the solution is no longer finite; take more steps.

    Example:
        >>> torus = Torus((2 * np.pi,), (4,), real=False)
        >>> wave, (k,) = torus.spectrum(np.exp(1j * 2 * np.pi * np.arange(8) / 8)), torus.wavenumbers
        >>> end = solve_periodic(wave, torus=torus, linear=-1j * k**2, nonlinear=lambda v: 0 * v,
        ...                      times=np.array([0.0, 1.0]), points=(8,), steps=1)[1]
        >>> bool(np.isclose(end[0], np.exp(-1j)))
        True
    """
    return _solve(start, linear, nonlinear, times, steps, values=lambda v: torus.values(v, points))


def _solve(
    start: np.ndarray,
    linear: np.ndarray,
    nonlinear: Callable[[np.ndarray], np.ndarray],
    times: np.ndarray,
    steps: int,
    values: Callable[[np.ndarray], Any],
) -> np.ndarray:
    """Values of the solution at each of the times."""
    spacing = np.diff(times)
    if len(times) < 2 or spacing[0] <= 0 or not np.allclose(spacing, spacing[0], rtol=1e-9):
        raise ValueError("times must increase by equal steps")
    scheme = ETDRK4(linear, nonlinear, spacing[0] / steps)
    states = itertools.islice(scheme.every(start, steps), len(times))
    solution = np.stack([values(state) for state in states])
    if not np.isfinite(solution).all():
        raise FloatingPointError(f"the solution blew up with {steps} steps between times; take more")
    return solution
