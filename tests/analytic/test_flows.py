"""The two-dimensional references: the equation of their files confirms them, and what is known of the flows."""

import dataclasses

import numpy as np
import pytest

import physml
from physml.pinn import PINN, LevenbergMarquardt, RandomFeatures, Spectral, Windows
from physml.problem import relative_l2
from physml.train import Quiet

STEP = LevenbergMarquardt(steps=4, damping=1e-10, decrease=30.0, trials=2, solver="cg", acceleration=0.0)
FIRST = {  # until when, modes, windows; the error is that of so few modes
    "navier_stokes_torus": (0.04, 24, 2, 2e-4),
    "ginzburg_landau": (0.08, 20, 2, 5e-3),
    "gray_scott": (0.05, 16, 20, 2e-2),
}

pytestmark = pytest.mark.filterwarnings("ignore::physml.problem.checks.ProblemWarning")


def beginning(name: str, **params: float):
    """The problem until an early time, solved from its residual, and the reference's data there."""
    until, modes, windows, _ = FIRST[name]
    problem = physml.load(name)
    truth = problem.reference.dataset(problem.params).sel(t=slice(0, until))
    time, *space = problem.domain.axes
    domain = dataclasses.replace(problem.domain, axes=(dataclasses.replace(time, high=until), *space))
    short = problem.replace(domain=domain, reference=None, **params)
    method = PINN(
        network=RandomFeatures(width=6),
        spectral=Spectral(modes=modes, times=8),
        windows=Windows(windows, ratio=1.1, warm_start=False),
        phases=(STEP,),
    )
    found = physml.solve(short, method, tracker=Quiet()).predict(
        **{axis: truth[axis].to_numpy() for axis in problem.domain.names}
    )
    field = problem.fields[-1]
    end = truth.t[-1]
    return relative_l2(found[field].sel(t=end), truth[field].sel(t=end))


@pytest.mark.slow
@pytest.mark.parametrize("name", FIRST)
def test_the_equation_of_the_file_leads_to_its_reference(name):
    assert beginning(name) < FIRST[name][-1]


@pytest.mark.slow
def test_another_viscosity_leads_elsewhere():
    assert beginning("navier_stokes_torus", viscosity=0.02) > 10 * beginning("navier_stokes_torus")


def test_energy_and_enstrophy_of_a_decaying_flow_only_fall():
    problem = physml.load("navier_stokes_torus")
    data = problem.reference.dataset(problem.params)
    energy, enstrophy = ((data.u**2 + data.v**2).mean(("x", "y")), (data.w**2).mean(("x", "y")))
    assert (np.diff(energy) < 0).all()
    assert (np.diff(enstrophy) < 0).all()
    rate = -2 * problem.params.viscosity * enstrophy  # d/dt of the mean of |u|^2
    lost = np.trapezoid(rate, data.t)
    assert float(energy[-1] - energy[0]) == pytest.approx(lost, rel=1e-3)


def test_the_largest_speed_at_the_start_is_five():
    problem = physml.load("navier_stokes_torus")
    data = problem.reference.dataset(problem.params).isel(t=0)
    assert float(np.hypot(data.u, data.v).max()) == pytest.approx(5.0, rel=2e-2)  # the grid may miss the place
    np.testing.assert_allclose(data.w.mean(), 0, atol=1e-12)


def test_the_spiral_is_odd_and_saturates():
    """A(-x, -y) = -A(x, y), and |A| reaches 1 where nothing turns it down."""
    problem = physml.load("ginzburg_landau")
    end = problem.reference.dataset(problem.params).isel(t=-1)
    for field in ("u", "v"):
        values = end[field].to_numpy()
        np.testing.assert_allclose(values[1:, 1:], -values[:0:-1, :0:-1], atol=1e-6)
    assert 0.9 < float(np.hypot(end.u, end.v).max()) < 1.05


def test_substances_keep_their_signs():
    problem = physml.load("gray_scott")
    data = problem.reference.dataset(problem.params)
    assert float(data.v.min()) > -1e-6
    assert 0 <= float(data.u.min()) <= float(data.u.max()) < 1 + 1e-6
