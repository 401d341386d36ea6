"""ETDRK4 on equations whose solutions are known: fourth order, and exact where nothing is nonlinear."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import ETDRK4, fitted_order, pointwise, solve_semilinear, spectrum_of, values_on_grid

STEPS = (8, 16, 32, 64)


def circle(points: int, length: float) -> np.ndarray:
    return length * np.arange(points) / points


def order_of(error_with) -> float:
    """The fitted order of ``error_with(steps)``, which must end far below where it began."""
    errors = [error_with(steps) for steps in STEPS]
    assert errors[-1] < 1e-3 * errors[0]
    return fitted_order([1 / steps for steps in STEPS], errors)


def integrate(linear, nonlinear, start: np.ndarray, duration: float, steps: int) -> np.ndarray:
    states = ETDRK4(linear, nonlinear, duration / steps).every(start, steps)
    next(states)
    return next(states)


def advection(wavenumbers: np.ndarray, factor: float):
    """The spectrum of factor * (u^2)_x, free of aliasing."""
    square = pointwise(lambda u: u * u)
    return lambda v: factor * 1j * wavenumbers * square(v)


def test_burgers_converges_to_the_cole_hopf_solution_at_order_four():
    viscosity, size, modes = 0.05, 0.9, 128

    def exact(t: float, x: np.ndarray) -> np.ndarray:
        decayed = size * math.exp(-viscosity * t)
        return 2 * viscosity * decayed * np.sin(x) / (1 + decayed * np.cos(x))

    x, k = circle(512, 2 * math.pi), np.arange(modes)
    start = spectrum_of(exact(0.0, x), modes)

    def error(steps: int) -> float:
        end = integrate(-viscosity * k**2, advection(k, -0.5), start, 20.0, steps)
        return float(np.abs(values_on_grid(end, 512) - exact(20.0, x)).max())

    assert order_of(error) == pytest.approx(4, abs=0.3)


def test_a_soliton_of_kdv_converges_at_order_four():
    """u_t + 6 u u_x + u_xxx = 0, whose symbol is imaginary: u = (c/2) sech^2(sqrt(c) (x - c t) / 2)."""
    speed, length, modes, duration = 4.0, 40.0, 128, 0.5

    def exact(t: float, x: np.ndarray) -> np.ndarray:
        distance = (x - length / 2 - speed * t + length / 2) % length - length / 2
        return speed / 2 / np.cosh(math.sqrt(speed) / 2 * distance) ** 2

    x, k = circle(512, length), 2 * math.pi / length * np.arange(modes)
    start = spectrum_of(exact(0.0, x), modes)

    def error(steps: int) -> float:
        end = integrate(1j * k**3, advection(k, -3.0), start, duration, 4 * steps)
        return float(np.abs(values_on_grid(end, 512) - exact(duration, x)).max())

    assert order_of(error) == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("speed", [0.0, 1.5])
def test_a_travelling_reaction_converges_at_order_four(speed):
    """u_t + c u_x = u - u^3 carries each value along while it follows its own closed flow."""

    def exact(t: float, x: np.ndarray) -> np.ndarray:
        u = 0.2 + 0.1 * np.cos(x - speed * t)
        return u * math.exp(t) / np.sqrt(1 + u**2 * (math.exp(2 * t) - 1))

    x, times = circle(128, 2 * math.pi), np.array([0.0, 1.0, 2.0])

    def error(steps: int) -> float:
        solution = solve_semilinear(
            spectrum_of(exact(0.0, x), 64),
            length=2 * math.pi,
            symbol=lambda k: 1 - 1j * speed * k,
            nonlinear=lambda u: -u * u * u,
            times=times,
            points=128,
            steps=steps,
        )
        return max(float(np.abs(u - exact(t, x)).max()) for t, u in zip(times, solution, strict=True))

    assert order_of(error) == pytest.approx(4, abs=0.3)


@given(
    rate=st.complex_numbers(max_magnitude=50.0).map(lambda z: complex(-abs(z.real), z.imag)),
    step=st.floats(1e-6, 2.0),
)
def test_without_a_nonlinear_part_one_step_is_the_exponential(rate, step):
    scheme = ETDRK4(np.array([rate]), lambda v: 0 * v, step)
    np.testing.assert_allclose(scheme.step(np.array([1.0 + 0j])), np.exp(rate * step), rtol=1e-12)


@given(rate=st.floats(-1e3, 1.0), step=st.floats(1e-8, 1.0), source=st.floats(-5.0, 5.0))
def test_a_constant_source_is_integrated_exactly_however_small_or_stiff_the_rate(rate, step, source):
    scheme = ETDRK4(np.array([rate]), lambda v: np.full_like(v, source), step)
    expected = math.exp(rate * step) + source * (math.expm1(rate * step) / rate if rate else step)
    np.testing.assert_allclose(scheme.step(np.array([1.0])), expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("times", [[0.0], [0.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.1, 0.3]])
def test_times_that_do_not_increase_by_equal_steps_are_refused(times):
    with pytest.raises(ValueError, match="times must increase by equal steps"):
        solve_decay(np.array(times), lambda u: 0 * u)


def test_a_solution_that_blows_up_is_refused_with_the_way_out():
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="with 1 steps between times; take more"):
        solve_decay(np.array([0.0, 10.0, 20.0]), lambda u: u * u * u)


def solve_decay(times: np.ndarray, nonlinear) -> np.ndarray:
    return solve_semilinear(
        np.array([9.0, 1.0]),
        length=1.0,
        symbol=lambda k: -k,
        nonlinear=nonlinear,
        times=times,
        points=4,
        steps=1,
    )
