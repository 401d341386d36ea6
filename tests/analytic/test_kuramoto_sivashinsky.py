"""The Kuramoto-Sivashinsky equation, regular and chaotic: numbers that an independent solver gave, and invariances.

u_t + a u u_x + b u_xx + g u_xxxx = 0 on a ring.
"""

import math

import numpy as np
import pytest

from physml.numerics import solve_semilinear, spectrum_of


def solve(start, low: float, length: float, a: float, b: float, g: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The grid, and the solution at t = 0, 0.5, 1, with 128 modes."""
    x = low + length * np.arange(256) / 256
    solution = solve_semilinear(
        spectrum_of(start(x), 128),
        length=length,
        symbol=lambda k: b * k**2 - g * k**4,
        nonlinear=lambda u: a * u * u / 2,
        divergence=lambda k: -1j * k,
        times=np.array([0.0, 0.5, 1.0]),
        points=256,
        steps=steps,
        padding=1.5,
    )
    return x, solution


def rms(u: np.ndarray) -> np.ndarray:
    return np.sqrt((u**2).mean(-1))


@pytest.fixture(scope="module")
def regular() -> tuple[np.ndarray, np.ndarray]:
    return solve(lambda x: -np.sin(math.pi * x), -1.0, 2.0, 5.0, 0.5, 0.005, 5000)


def test_the_regular_case_has_its_known_values(regular):
    x, u = regular
    np.testing.assert_allclose(rms(u[1:]), (1.072734665, 1.215626830), rtol=0, atol=3e-9)
    assert u[2, np.flatnonzero(x == 0.25)[0]] == pytest.approx(-1.476362889, abs=5e-9)


def test_the_regular_case_stays_odd_and_keeps_its_mean(regular):
    _, u = regular
    np.testing.assert_allclose(u[:, (-np.arange(256)) % 256], -u, atol=1e-9)
    np.testing.assert_allclose(u.mean(1), 0.0, atol=1e-14)


def test_the_chaotic_case_has_its_known_values():
    a = 100 / 16
    _, u = solve(lambda x: np.cos(x) * (1 + np.sin(x)), 0.0, 2 * math.pi, a, a / 16, a / 16**3, 5000)
    np.testing.assert_allclose(rms(u[1:]), (1.227230246, 1.181469141), rtol=0, atol=1e-6)
    assert u[2, 0] == pytest.approx(-0.982566261, abs=1e-6)
    np.testing.assert_allclose(u.mean(1), 0.0, atol=1e-13)


def test_long_waves_grow_and_short_ones_decay_as_the_symbol_says():
    """For b = 100/16^2 and g = 100/16^4, all below k = 16 grow."""
    b, g = 100 / 16**2, 100 / 16**4
    k = np.array([8.0, 15.0, 17.0])
    for wave, rate in zip(k, b * k**2 - g * k**4, strict=True):
        _, u = solve(lambda x, wave=wave: 1e-9 * np.cos(wave * x), 0.0, 2 * math.pi, 100 / 16, b, g, 200)
        assert rms(u[1]) / rms(u[0]) == pytest.approx(math.exp(0.5 * rate), rel=1e-4)
        assert (rate > 0) == (wave < 16)
