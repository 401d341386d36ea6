"""Lorenz: states that were computed in 50 digits elsewhere, and how fast errors grow."""

import numpy as np
import pytest

import physml
from physml.numerics import solve_taylor

STATES = {10.0: (-4.90268754, -3.74387292, 24.6908581), 20.0: (13.7931996, 12.95180394, 34.90160868)}


@pytest.fixture(scope="module")
def problem():
    return physml.load("lorenz")


@pytest.mark.parametrize("time", STATES)
def test_the_solution_is_where_it_should_be(problem, time):
    exact = problem.reference.dataset(problem.params).sel(t=time)
    assert [float(exact[name]) for name in "xyz"] == pytest.approx(STATES[time], abs=2e-7)


def test_a_perturbation_of_the_start_grows_as_the_card_says(problem):
    def states(x):
        rates = problem.params
        return solve_taylor(
            lambda x, y, z: ((y - x) * rates.sigma, x * (rates.rho - z) - y, x * y - z * rates.beta),
            (x, 1.0, 1.0),
            np.array([0.0, 15.0, 20.0]),
            order=12,
            steps=2000,
        )

    growth = np.linalg.norm(states(1 + 1e-7) - states(1.0), axis=1)[1:] / 1e-7
    assert growth[0] == pytest.approx(24, rel=0.15)
    assert growth[1] == pytest.approx(930, rel=0.15)
