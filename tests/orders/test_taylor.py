"""Taylor series of solutions: their order, closed forms, and the Lorenz system in thirty digits."""

import decimal
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import Series, certify, fitted_order, solve_taylor

LORENZ = {
    10.0: (-4.90268754, -3.74387292, 24.6908581),
    20.0: (13.7931996, 12.95180394, 34.90160868),
}


def lorenz(x, y, z, beta=Fraction(8, 3)):
    return (y - x) * 10, x * (28 - z) - y, x * y - z * beta


def turning(x, v):
    return v, -x


def logistic(x):
    return (x - x * x,)


@pytest.mark.parametrize("order", [1, 2, 3, 5, 8])
def test_the_error_falls_at_the_order_that_is_asked_for(order):
    def error(steps: int) -> float:
        end = solve_taylor(turning, (1.0, 0.5), np.array([0.0, 4.0]), order=order, steps=steps)[1]
        exact = math.cos(4.0) + 0.5 * math.sin(4.0), -math.sin(4.0) + 0.5 * math.cos(4.0)
        return float(np.abs(end - exact).max())

    counts = (16, 24, 32)
    assert fitted_order([1 / n for n in counts], [error(n) for n in counts]) == pytest.approx(order, abs=0.3)


def test_three_solutions_certify_themselves():
    ends = [solve_taylor(logistic, (0.1,), np.linspace(0, 4, 5), order=4, steps=n) for n in (4, 8, 16)]
    certificate = certify(ends)
    assert certificate.order == pytest.approx(4, abs=0.3)
    exact = 0.1 * np.exp(np.linspace(0, 4, 5)) / (0.9 + 0.1 * np.exp(np.linspace(0, 4, 5)))
    assert np.linalg.norm(ends[0][:, 0] - exact) / np.linalg.norm(exact) == pytest.approx(certificate.error, rel=0.1)


@given(st.lists(st.integers(-9, 9), min_size=6, max_size=6), st.lists(st.integers(-9, 9), min_size=5, max_size=5))
def test_a_quotient_times_its_divisor_is_the_dividend(dividend, divisor):
    a, b = (Series(lambda k: 0, [Fraction(n) for n in numbers]) for numbers in (dividend, [7, *divisor]))
    product = a / b * b
    assert [product[k] for k in range(6)] == dividend


def test_numbers_join_series_from_both_sides():
    x = Series(lambda k: Fraction(0), (Fraction(2), Fraction(1)))
    combined = 3 - 1 / (2 * x + 1) + x / 4
    # 3 - 1/(5 + 2h) + (2 + h)/4
    assert [combined[k] for k in range(3)] == [Fraction(33, 10), Fraction(2, 25) + Fraction(1, 4), Fraction(-4, 125)]


def test_a_rate_that_is_a_number_makes_a_clock():
    """x' = t with t' = 1."""
    (end,) = solve_taylor(lambda t, x: (1.0, t), (0.0, 0.0), np.array([0.0, 3.0]), order=3, steps=1)[1:]
    np.testing.assert_allclose(end, (3.0, 4.5), rtol=1e-15)


@pytest.mark.parametrize("settings", [{"order": 0, "steps": 1}, {"order": 1, "steps": 0}])
def test_no_order_and_no_steps_are_refused(settings):
    with pytest.raises(ValueError, match="needs order >= 1 and steps >= 1"):
        solve_taylor(turning, (1.0, 0.0), np.array([0.0, 1.0]), **settings)


def test_the_lorenz_attractor_in_floats_at_t_10():
    end = solve_taylor(lambda *s: lorenz(*s, beta=8 / 3), (1.0, 1.0, 1.0), np.array([0.0, 10.0]), order=14, steps=400)
    np.testing.assert_allclose(end[1], LORENZ[10.0], rtol=2e-9)


@pytest.mark.slow
def test_the_lorenz_attractor_in_thirty_digits():
    with decimal.localcontext(prec=30):
        beta, one, times = Decimal(8) / 3, Decimal(1), np.array([0.0, 10.0, 20.0])
        states = solve_taylor(lambda *s: lorenz(*s, beta=beta), (one, one, one), times, order=24, steps=500)
    for t, state in zip(times[1:], states[1:], strict=True):
        np.testing.assert_allclose(state, LORENZ[t], rtol=2e-9)
