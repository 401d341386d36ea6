"""Korteweg-de Vries: numbers that an independent solver gave, and what the equation conserves."""

import math

import numpy as np
import pytest
import xarray as xr

import physml
from physml.problem import PDE

AT_THE_END = {-0.5: -0.221981698, 0.0: -0.651589977, 0.5: -0.441630541}


@pytest.fixture(scope="module")
def problem() -> PDE:
    return physml.load("kdv")


@pytest.fixture(scope="module")
def exact(problem) -> xr.DataArray:
    """At a quarter of the working step: its error is far below the digits."""
    return problem.reference.dataset(problem.params, refinement=2).u


@pytest.mark.parametrize("x", AT_THE_END)
def test_the_solution_ends_where_it_should(exact, x):
    assert float(exact.sel(t=1.0, x=x)) == pytest.approx(AT_THE_END[x], abs=1e-9)


def test_mean_and_mean_square_are_conserved(exact):
    assert float(abs(exact.mean("x")).max()) < 1e-14
    np.testing.assert_allclose((exact**2).mean("x"), 0.5, rtol=0, atol=1e-11)


def test_the_third_invariant_is_conserved(problem, exact):
    """The mean of u^3 / 6 - mu^2 u_x^2 / 2."""
    k = 1j * math.pi * np.arange(257)
    slope = np.fft.irfft(k * np.fft.rfft(exact.to_numpy()), 512)
    energy = (exact.to_numpy() ** 3 / 6 - problem.params.dispersion**2 * slope**2 / 2).mean(1)
    np.testing.assert_allclose(energy, energy[0], rtol=1e-8)
