"""Kuramoto-Sivashinsky: numbers that an independent solver gave, what is conserved, and how waves grow."""

import math

import numpy as np
import pytest

import physml

LENGTHS = {"kuramoto_sivashinsky_regular": 2.0, "kuramoto_sivashinsky_chaotic": 2 * math.pi}
RMS = {
    "kuramoto_sivashinsky_regular": {0.5: 1.072734665, 1.0: 1.215626830},
    "kuramoto_sivashinsky_chaotic": {0.5: 1.227230246, 1.0: 1.181469141},
}


@pytest.fixture(scope="module", params=LENGTHS)
def problem(request):
    return physml.load(request.param)


@pytest.fixture(scope="module")
def exact(problem):
    return problem.reference.dataset(problem.params, refinement=2).u


def test_the_solution_is_as_large_as_it_should_be(problem, exact):
    for time, rms in RMS[problem.name].items():
        assert float((exact.sel(t=time) ** 2).mean() ** 0.5) == pytest.approx(rms, rel=1e-7)


def test_single_values():
    regular, chaotic = (physml.load(name) for name in LENGTHS)
    u = regular.reference.dataset(regular.params, refinement=2).u
    assert float(u.sel(t=1.0, x=0.25)) == pytest.approx(-1.476362889, abs=1e-8)
    u = chaotic.reference.dataset(chaotic.params, refinement=2).u
    assert float(u.sel(t=1.0, x=0.0)) == pytest.approx(-0.982566261, abs=1e-6)


def test_the_mean_is_conserved(exact):
    assert float(abs(exact.mean("x") - exact.mean("x")[0]).max()) < 1e-12


def test_the_energy_balance_holds(problem, exact):
    """E' = beta <u_x^2> - gamma <u_xx^2> for E = <u^2> / 2, integrated over time by Simpson's rule."""
    k = 2j * math.pi / LENGTHS[problem.name] * np.arange(257)
    spectrum = np.fft.rfft(exact.to_numpy())
    slope, bend = (np.fft.irfft(k**n * spectrum, 512) for n in (1, 2))
    rate = problem.params.beta * (slope**2).mean(1) - problem.params.gamma * (bend**2).mean(1)
    times = exact.t.to_numpy()
    first = len(times) // 2  # past the first layer
    pieces = rate[first:][: 2 * ((len(times) - first - 1) // 2) + 1]
    step = times[1] - times[0]
    gained = step / 3 * (pieces[0] + pieces[-1] + 4 * pieces[1::2].sum() + 2 * pieces[2:-1:2].sum())
    energy = (exact.to_numpy() ** 2).mean(1) / 2
    assert energy[first + len(pieces) - 1] - energy[first] == pytest.approx(gained, abs=1e-4 * energy.max())


def test_the_regular_solution_stays_odd():
    problem = physml.load("kuramoto_sivashinsky_regular")
    u = problem.reference.dataset(problem.params).u.to_numpy()
    np.testing.assert_allclose(u[:, 1:], -u[:, :0:-1], atol=1e-9)


def test_which_waves_grow(problem):
    """Those below sqrt(beta / gamma); the fastest at rate beta^2 / (4 gamma)."""
    p, k = problem.params, np.linspace(0, 30, 30001)
    rates = problem.semilinear.symbol(k, p)
    assert k[rates > 0].max() == pytest.approx(math.sqrt(p.beta / p.gamma), abs=1e-2)
    assert rates.max() == pytest.approx(p.beta**2 / (4 * p.gamma), rel=1e-6)
