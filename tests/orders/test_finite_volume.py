"""Finite volumes: second order in cells and steps, walls and rings, conservation, shocks that travel as they should."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import FiniteVolume, Wall, certify, fitted_order

CELLS = (32, 64, 128)


def even_faces(cells: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    return np.linspace(low, high, cells + 1)


def graded_faces(cells: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Narrow at both ends, by a smooth map."""
    s = np.linspace(0.0, 1.0, cells + 1)
    return low + (high - low) * (s - 0.8 / (2 * math.pi) * np.sin(2 * math.pi * s))


def half_square(u: np.ndarray) -> np.ndarray:
    return u * u / 2


def identity(u: np.ndarray) -> np.ndarray:
    return u


def order_of(error) -> float:
    """The fitted order of ``error(cells)``."""
    return fitted_order([1 / n for n in CELLS], [error(n) for n in CELLS])


def mean_error(scheme: FiniteVolume, exact, end: float, steps: int) -> float:
    """The mean error at the centres, from the exact start."""
    found = scheme.solve(exact(0.0, scheme.centres), np.array([0.0, end]), steps)[1]
    return float((np.abs(found - exact(end, scheme.centres)) * scheme.widths).sum())


@pytest.mark.parametrize("faces", [even_faces, graded_faces])
@pytest.mark.parametrize("ends", ["Dirichlet", "Neumann", "ring"])
def test_heat_decays_at_second_order(faces, ends):
    wave, walls = {
        "Dirichlet": (lambda x: 1 + np.sin(math.pi * x), {"low": Wall(1.0), "high": Wall(1.0)}),
        "Neumann": (lambda x: 1 + np.cos(math.pi * x), {"low": Wall(), "high": Wall()}),
        "ring": (lambda x: 1 + np.sin(2 * math.pi * x), {}),
    }[ends]
    rate = 0.1 * (math.pi * (2 if ends == "ring" else 1)) ** 2

    def error(cells: int) -> float:
        scheme = FiniteVolume(faces(cells), diffusivity=0.1, **walls)
        return mean_error(scheme, lambda t, x: 1 + math.exp(-rate * t) * (wave(x) - 1), 0.5, cells // 2)

    assert order_of(error) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("faces", [even_faces, graded_faces])
def test_a_wave_on_a_ring_is_carried_at_second_order(faces):
    def error(cells: int) -> float:
        scheme = FiniteVolume(faces(cells), identity, np.ones_like)
        return mean_error(scheme, lambda t, x: np.sin(2 * math.pi * (x - t)), 1.0, 8 * cells)

    assert order_of(error) == pytest.approx(2, abs=0.35)


def test_a_viscous_shock_between_walls_keeps_its_shape_and_speed():
    """u = 1 - tanh((x - t) / (4 nu)) solves Burgers' equation with viscosity 2 nu."""

    def exact(t: float, x: np.ndarray) -> np.ndarray:
        return 1 - np.tanh((x - t) / 0.2)

    def error(cells: int) -> float:
        faces = even_faces(2 * cells, -1.0, 1.5)
        scheme = FiniteVolume(faces, half_square, identity, 0.1, low=Wall(2.0), high=Wall(0.0))
        return mean_error(scheme, exact, 0.4, 2 * cells)

    assert error(CELLS[-1]) < 1e-3
    assert order_of(error) == pytest.approx(2, abs=0.35)


def test_a_shock_travels_at_the_mean_of_its_sides():
    scheme = FiniteVolume(even_faces(200, 0.0, 2.0), half_square, identity, low=Wall(1.0), high=Wall(0.0))
    start = np.where(scheme.centres < 0.5, 1.0, 0.0)
    end = scheme.solve(start, np.array([0.0, 1.0]), 400)[1]
    assert float((end * scheme.widths).sum()) == pytest.approx(1.0, abs=1e-12)  # the front is at 0.5 + 1/2
    assert np.abs(end - (scheme.centres < 1.0)).sum() * 0.01 < 0.01
    assert end.min() >= -1e-12 and end.max() <= 1 + 1e-12


@given(seed=st.integers(0, 1000), diffusivity=st.sampled_from([0.0, 0.05]))
def test_what_leaves_a_cell_enters_the_next(seed, diffusivity):
    rng = np.random.default_rng(seed)
    faces = np.cumsum(rng.uniform(0.5, 1.5, 41)) / 40
    scheme = FiniteVolume(faces, half_square, identity, diffusivity)
    start = rng.normal(size=40)
    masses = scheme.solve(start, np.linspace(0.0, 0.1, 3), 40) @ scheme.widths
    np.testing.assert_allclose(masses, masses[0], atol=1e-13)


def test_a_source_alone_is_integrated_at_second_order_or_better():
    """u' = u - u^3 in each cell."""
    scheme = FiniteVolume(even_faces(8), source=lambda u: u - u**3)
    u = np.linspace(-0.9, 0.9, 8)
    exact = u * math.e / np.sqrt(1 + u**2 * (math.e**2 - 1))
    errors = [float(np.abs(scheme.solve(u, np.array([0.0, 1.0]), n)[1] - exact).max()) for n in (8, 16, 32)]
    assert fitted_order([1 / 8, 1 / 16, 1 / 32], errors) == pytest.approx(3, abs=0.2)


def test_three_solutions_certify_themselves():
    """On one grid, steps halved: the splitting is of second order."""
    scheme = FiniteVolume(even_faces(50, -1.0, 1.0), half_square, identity, 0.05)
    times = np.linspace(0.0, 0.5, 3)
    start = np.sin(math.pi * scheme.centres)
    certificate = certify([scheme.solve(start, times, steps) for steps in (40, 80, 160)])
    assert certificate.order == pytest.approx(2, abs=0.3)
    assert certificate.error < 1e-3


WRONG = {
    "faces that do not increase": (lambda: FiniteVolume(np.array([0.0, 1.0, 1.0, 2.0])), "faces that increase"),
    "one wall": (lambda: FiniteVolume(even_faces(8), low=Wall()), "walls at both ends"),
    "no speed": (lambda: FiniteVolume(even_faces(8), half_square), "the flux and its derivative"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_named(mistake):
    make, message = WRONG[mistake]
    with pytest.raises(ValueError, match=message):
        make()


def test_a_step_that_is_too_long_is_refused_with_the_way_out():
    scheme = FiniteVolume(even_faces(64), half_square, identity)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="with 1 steps between times; take more"):
        scheme.solve(10 + np.sin(2 * math.pi * scheme.centres), np.arange(9.0), 1)
