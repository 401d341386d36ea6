"""Burgers: the Cole-Hopf solution against a spectral solver, finite volumes, and what is known of the shock."""

import math

import numpy as np
import pytest
import xarray as xr

import physml
from physml.numerics import FiniteVolume, Wall, solve_semilinear
from physml.problem import PDE, relative_l2


@pytest.fixture(scope="module")
def problem() -> PDE:
    return physml.load("burgers")


@pytest.fixture(scope="module")
def exact(problem) -> xr.DataArray:
    return problem.reference.dataset(problem.params).u


def spectral(problem: PDE, modes: int, steps: int) -> np.ndarray:
    """At 0, 0.25, ... 1 on 2048 points."""
    start = np.zeros(modes, dtype=complex)
    start[1] = -0.5j  # -sin(pi x) on an axis that starts at -1
    return solve_semilinear(
        start,
        length=2.0,
        symbol=lambda k: -problem.params.viscosity * k**2,
        nonlinear=lambda u: u * u / 2,
        divergence=lambda k: -1j * k,
        times=np.linspace(0.0, 1.0, 5),
        points=2048,
        steps=steps,
        padding=1.5,
    )


def distance(found: np.ndarray, exact: xr.DataArray) -> float:
    times = exact.sel(t=np.linspace(0.0, 1.0, 5), method="nearest")
    return relative_l2(times.copy(data=found), times)


def test_a_spectral_solver_finds_the_same_solution(problem, exact):
    assert distance(spectral(problem, 512, 1250), exact) < 1e-8


@pytest.mark.slow
def test_it_does_so_to_twelve_digits(problem, exact):
    assert distance(spectral(problem, 1024, 2500), exact) < 3e-12


def test_finite_volumes_between_walls_approach_it(problem, exact):
    """The walls u = 0 of the usual form, and cells that are narrow at the shock."""
    at_the_end, errors = exact.sel(t=1.0), []
    for cells in (150, 300):
        s = np.linspace(-1.0, 1.0, cells + 1)
        faces = s - 0.9 / math.pi * np.sin(math.pi * s)
        scheme = FiniteVolume(
            faces, lambda u: u * u / 2, lambda u: u, problem.params.viscosity, low=Wall(0.0), high=Wall(0.0)
        )
        found = scheme.solve(-np.sin(math.pi * scheme.centres), np.array([0.0, 1.0]), 10 * cells)[1]
        expected = at_the_end.interp(x=scheme.centres, method="cubic", kwargs={"fill_value": "extrapolate"})
        errors.append(float((np.abs(found - expected) * scheme.widths).sum()))
    assert errors[1] < 1e-4
    assert errors[1] < errors[0] / 3


def test_the_solution_is_odd_and_vanishes_at_the_walls(exact):
    mirrored = exact.isel(x=(-np.arange(exact.sizes["x"])) % exact.sizes["x"])
    assert float(np.abs(mirrored.to_numpy() + exact.to_numpy()).max()) < 1e-13
    assert float(abs(exact.sel(x=[-1.0, 0.0])).max()) < 1e-14


def test_the_slope_at_the_shock_is_that_of_the_literature(exact):
    """-152.00516 at t = 0.5105 (basdevant1986, with a viscosity of 0.01 / pi)."""
    samples = exact.sel(t=0.51, method="nearest").to_numpy()
    k = np.fft.rfftfreq(2048, 1 / 2048)
    slope = np.fft.irfft(1j * math.pi * k * np.fft.rfft(samples), 2048)
    assert slope.min() == pytest.approx(-152.005, abs=0.01)
