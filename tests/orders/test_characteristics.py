"""Characteristics: values that keep their speed, paths of a flow, and the time at which they cross."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import feet_of_paths, feet_of_values, fitted_order

X = np.linspace(-3.0, 3.0, 101)


@given(t=st.floats(0.0, 0.97), x=st.floats(-3.0, 3.0))
def test_the_foot_of_a_sine_travels_to_where_it_was_asked_for(t, x):
    (foot,) = feet_of_values(np.array([x]), t, np.sin, np.cos)
    assert foot + t * math.sin(foot) == pytest.approx(x, abs=4e-15)


def test_values_spread_linearly_in_a_rarefaction():
    """u_t + u u_x = 0 from u_0 = 2 x + 1: u = (2 x + 1) / (1 + 2 t)."""
    feet = feet_of_values(X, 1.5, lambda x: 2 * x + 1, lambda x: np.full_like(x, 2.0))
    np.testing.assert_allclose(2 * feet + 1, (2 * X + 1) / 4, atol=1e-14)


@pytest.mark.parametrize(("t", "crossed"), [(0.99, False), (1.01, True), (3.0, True)])
def test_past_the_shock_there_is_no_solution(t, crossed):
    def solve() -> np.ndarray:
        return feet_of_values(X, t, lambda x: -np.sin(x), lambda x: -np.cos(x))

    if crossed:
        with pytest.raises(ValueError, match="characteristics have crossed before t"):
            solve()
    else:
        assert (np.diff(solve()) > 0).all()


def test_paths_converge_at_order_four():
    """x' = sin x: tan(x/2) grows as e^t."""
    exact = 2 * np.arctan(np.tan(X / 2) * math.exp(-2.0))
    counts = (16, 32, 64, 128)
    errors = [float(np.abs(feet_of_paths(X, 2.0, lambda t, x: np.sin(x), n) - exact).max()) for n in counts]
    assert fitted_order([1 / n for n in counts], errors) == pytest.approx(4, abs=0.3)


def test_the_velocity_is_that_of_the_moment():
    """x' = cos t: feet are x - sin t."""
    feet = feet_of_paths(X, 2.0, lambda t, x: np.full_like(x, math.cos(t)), 64)
    np.testing.assert_allclose(feet, X - math.sin(2.0), atol=1e-8)
