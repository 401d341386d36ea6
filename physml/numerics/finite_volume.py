r"""Finite volumes for :math:`u_t + f(u)_x = D u_{xx} + s(u)` in one variable, on any grid, with walls or periodic."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from jaxtyping import Float

Function = Callable[[np.ndarray], np.ndarray]

_GHOSTS = 2


@dataclass(frozen=True)
class Wall:
    """What is known at an end of the interval.

    Args:
        value: of the solution there (Dirichlet); None for an end with no slope (Neumann).
    """

    value: float | None = None


@dataclass(frozen=True)
class FiniteVolume:
    r"""The scheme: slopes limited by van Leer (vanleer1974), Rusanov fluxes, diffusion by Crank-Nicolson.

    Means over cells change by what flows through their faces, so that their sum is conserved to rounding where nothing
    leaves. Flux and source take three-stage steps of Shu and Osher (shu1988) between two half steps of diffusion, so
    that the error falls as the square of the step and, away from extrema and shocks, of the cells.

    Args:
        faces: of the cells, increasing, shape (n + 1,).
        flux: f; 0 by default.
        speed: f'.
        diffusivity: D.
        source: s; 0 by default.
        low, high: the walls; both None for a periodic interval.

    Raises:
        ValueError: faces that do not increase, a wall at one end only, a flux without its speed.
    """

    faces: Float[np.ndarray, "m"]
    flux: Function | None = None
    speed: Function | None = None
    diffusivity: float = 0.0
    source: Function | None = None
    low: Wall | None = None
    high: Wall | None = None

    def __post_init__(self) -> None:
        if len(self.faces) < 2 + _GHOSTS or not (np.diff(self.faces) > 0).all():
            raise ValueError(f"needs {2 + _GHOSTS} or more faces that increase")
        if (self.low is None) != (self.high is None):
            raise ValueError("needs walls at both ends, or at none for a periodic interval")
        if (self.flux is None) != (self.speed is None):
            raise ValueError("needs the flux and its derivative, speed, together")

    @property
    def widths(self) -> np.ndarray:
        return np.diff(self.faces)

    @property
    def centres(self) -> np.ndarray:
        return (self.faces[1:] + self.faces[:-1]) / 2

    def solve(
        self, start: Float[np.ndarray, "n"], times: Float[np.ndarray, "nt"], steps: int
    ) -> Float[np.ndarray, "nt n"]:
        """Means over the cells at the times, from those at ``times[0]``, with equal steps between two times.

        Raises:
            FloatingPointError: the solution is no longer finite; take more steps.
        """
        states, u = [start], start
        spacing = diffuse = None
        for before, after in itertools.pairwise(times.tolist()):
            if spacing is None or not np.isclose(after - before, spacing, rtol=1e-9):
                spacing = after - before
                diffuse = self._diffusion(spacing / steps / 2)
            for _ in range(steps):
                u = self._step(u, spacing / steps, diffuse)
            states.append(u)
        if not np.isfinite(u).all():
            raise FloatingPointError(f"the solution blew up with {steps} steps between times; take more")
        return np.stack(states)

    def _step(self, u: np.ndarray, h: float, diffuse: Function | None) -> np.ndarray:
        u = diffuse(u) if diffuse else u
        if self.flux or self.source:
            a = u + h * self._rate(u)
            b = (3 * u + a + h * self._rate(a)) / 4
            u = (u + 2 * b + 2 * h * self._rate(b)) / 3
        return diffuse(u) if diffuse else u

    # -- flux and source -----------------------------------------------------------------------------------------

    def _rate(self, u: np.ndarray) -> np.ndarray:
        rate = self.source(u) if self.source else np.zeros_like(u)
        if self.flux and self.speed:
            left, right = self._sides(u)
            fastest = np.maximum(np.abs(self.speed(left)), np.abs(self.speed(right)))
            through = (self.flux(left) + self.flux(right) - fastest * (right - left)) / 2
            rate = rate - np.diff(through) / self.widths
        return rate

    def _sides(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The values to the left and to the right of each face, from limited slopes."""
        around, widths = self._extended(u, mirrored=True), self._extended(self.widths, mirrored=False)
        steep = np.diff(around) / ((widths[1:] + widths[:-1]) / 2)
        a, b = steep[:-1], steep[1:]
        slope = np.where(a * b > 0, 2 * a * b / np.where(a * b > 0, a + b, 1.0), 0.0)
        inner, half = around[1:-1], widths[1:-1] / 2
        return (inner + half * slope)[:-1], (inner - half * slope)[1:]

    def _extended(self, cells: np.ndarray, mirrored: bool) -> np.ndarray:
        """With two more cells at each end: of the next period, or mirrored at a wall, about its value."""
        if self.low is None or self.high is None:
            return np.concatenate([cells[-_GHOSTS:], cells, cells[:_GHOSTS]])
        ends = [cells[:_GHOSTS][::-1], cells[-_GHOSTS:][::-1]]
        for i, wall in enumerate((self.low, self.high)):
            if mirrored and wall.value is not None:
                ends[i] = 2 * wall.value - ends[i]
        return np.concatenate([ends[0], cells, ends[1]])

    # -- diffusion -----------------------------------------------------------------------------------------------

    def _diffusion(self, h: float) -> Function | None:
        """A step of Crank-Nicolson as a function of cells; None without diffusion."""
        if not self.diffusivity:
            return None
        matrix, constant = self._laplacian()
        identity = scipy.sparse.identity(len(self.widths), format="csc")
        explicit = (identity + h * self.diffusivity / 2 * matrix).tocsr()
        implicit = scipy.sparse.linalg.splu((identity - h * self.diffusivity / 2 * matrix).tocsc())
        added = h * self.diffusivity * constant
        return lambda u: implicit.solve(explicit @ u + added)

    def _laplacian(self) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
        """Means of the second derivative over cells: a matrix and a constant."""
        n, widths = len(self.widths), self._extended(self.widths, mirrored=False)[1:-1]
        to_face = 2 / (widths[1:] + widths[:-1])
        constant, index = np.zeros(n), np.arange(n)
        rows, columns, entries = [], [], []
        for wall, end, to, weight in ((self.low, 0, -1, to_face[:-1]), (self.high, n - 1, 1, to_face[1:])):
            weight, neighbour, sign = weight / self.widths, (index + to) % n, np.ones(n)
            if wall is not None:  # the neighbour is the mirrored cell
                neighbour[end] = end
                if wall.value is not None:
                    sign[end], constant[end] = -1.0, 2 * wall.value * weight[end]
            rows += [index, index]
            columns += [neighbour, index]
            entries += [weight * sign, -weight]
        places = (np.concatenate(rows), np.concatenate(columns))
        return scipy.sparse.csr_matrix((np.concatenate(entries), places), shape=(n, n)), constant
