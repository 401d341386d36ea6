"""The strong Wolfe conditions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.optim.line_search import Trial, _cubic_minimizer, strong_wolfe


def line(function):
    """Trials of a function of one number."""

    def evaluate(step: float) -> Trial:
        x = torch.tensor(step, dtype=torch.float64, requires_grad=True)
        value = function(x)
        (slope,) = torch.autograd.grad(value, x)
        return Trial(step, value.item(), slope.item(), slope)

    return evaluate


FUNCTIONS = {
    "parabola": lambda x: (x - 1) ** 2,
    "far away": lambda x: (x - 1e4) ** 2,
    "close by": lambda x: (x - 1e-5) ** 2,
    "rational": lambda x: -x / (x**2 + 2),
    "quartic": lambda x: (x + 0.004) ** 5 - 2 * (x + 0.004) ** 4,
    "waves": lambda x: -3 * x + x**2 / 2 + 0.3 * torch.sin(7 * x),
    "wall": lambda x: -x - 1e-3 * torch.log(1 - x),
}


@given(name=st.sampled_from(sorted(FUNCTIONS)), exponent=st.floats(-4, 4))
def test_both_conditions_hold_from_any_first_step(name, exponent):
    evaluate = line(FUNCTIONS[name])
    start = evaluate(0.0)
    found = strong_wolfe(evaluate, start, 10**exponent, evaluations=60)
    assert found is not None and start.slope < 0
    assert found.value <= start.value + 1e-4 * found.step * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)


@given(coefficients=st.tuples(*[st.floats(-3, 3)] * 3), width=st.floats(0.1, 10))
def test_the_minimum_of_a_cubic_is_found_at_once(coefficients, width):
    a, low, high = coefficients[0], *sorted(coefficients[1:])
    if abs(a) < 0.1 or high - low < 0.1:
        return

    def value(x):
        return a * (x**3 / 3 - (low + high) * x**2 / 2 + low * high * x)

    def slope(x):
        return a * (x - low) * (x - high)

    minimum = high if a > 0 else low
    begin = minimum - width / 2
    fraction = _cubic_minimizer(value(begin), slope(begin) * width, value(begin + width), slope(begin + width) * width)
    assert fraction == pytest.approx(0.5, abs=1e-6)


def test_a_line_that_only_rises_has_no_step():
    evaluate = line(lambda x: x)
    start = Trial(0.0, 0.0, -1.0, torch.zeros(1))
    assert strong_wolfe(evaluate, start, 1.0) is None


def test_a_step_that_is_low_but_steep_is_better_than_none():
    evaluate = line(lambda x: -x)
    found = strong_wolfe(evaluate, evaluate(0.0), 1.0, evaluations=4)
    assert found is not None and found.value == -found.step == -64.0


def test_infinite_values_are_stepped_back_from():
    def evaluate(step: float) -> Trial:
        if step > 0.01:
            return Trial(step, math.inf, math.nan, torch.zeros(1))
        return Trial(step, (step - 0.005) ** 2, 2 * (step - 0.005), torch.zeros(1))

    found = strong_wolfe(evaluate, evaluate(0.0), 1.0)
    assert found is not None and found.step < 0.01
