"""The nonlinear Schroedinger equation on a ring: another engine, and what is conserved, in spite of the kink."""

import math

import numpy as np
import pytest

import physml


@pytest.fixture(scope="module")
def field() -> np.ndarray:
    """h at 101 times and 256 points."""
    problem = physml.load("schroedinger_1d")
    data = problem.reference.dataset(problem.params)
    return data.u.to_numpy() + 1j * data.v.to_numpy()


def split_step(modes: int, steps: int) -> np.ndarray:
    """Strang's splitting from samples of the start: each part in turn is solved exactly; shape (101, 256)."""
    points = 2 * modes
    x = -5 + 10 * np.arange(points) / points
    k = 2 * math.pi / 10 * np.fft.fftfreq(points, 1 / points)
    h = math.pi / 2 / 100 / steps
    half = np.exp(-0.25j * k**2 * h)
    field = 2 / np.cosh(x) + 0j
    states = [field]
    for _ in range(100):
        for _ in range(steps):
            field = np.fft.ifft(half * np.fft.fft(field))
            field = field * np.exp(1j * h * np.abs(field) ** 2)
            field = np.fft.ifft(half * np.fft.fft(field))
        states.append(field)
    return np.stack(states)[:, :: points // 256]


def distance(found: np.ndarray, field: np.ndarray) -> float:
    return float(np.linalg.norm(found - field) / np.linalg.norm(field))


def test_a_split_step_solver_finds_the_same_solution(field):
    coarse, fine = (split_step(512, n) for n in (20, 40))
    assert distance((4 * fine - coarse) / 3, field) < 4e-6


@pytest.mark.slow
def test_it_does_so_to_six_digits_once_it_resolves_the_kink(field):
    coarse, fine = (split_step(2048, n) for n in (160, 320))
    assert distance((4 * fine - coarse) / 3, field) < 5e-7


def test_the_mass_is_kept_and_the_peak_is_four(field):
    """At pi / 4 a soliton pair on the line is 4 high."""
    mass = (np.abs(field) ** 2).mean(1)
    np.testing.assert_allclose(mass, 0.8 * math.tanh(5), rtol=3e-6)
    assert np.abs(field[50, 128]) == pytest.approx(4, abs=2e-3)


def test_the_solution_stays_even(field):
    np.testing.assert_allclose(field[:, (-np.arange(256)) % 256], field, atol=1e-11)
