"""Spectral networks: nonlinear equations in one and two dimensions against what is known of them."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from physml.numerics import solve_semilinear, spectrum_of
from physml.pinn import PINN, CausalPINN, CausalWeights, LevenbergMarquardt, RandomFeatures, Spectral, Windows
from physml.problem import PDE, Axis, Condition, Domain, Params, Semilinear, parameter
from physml.problem.checks import ProblemError

STEP = LevenbergMarquardt(steps=5, damping=1e-10, decrease=30.0, solver="cg", acceleration=0.0)
METHOD = PINN(
    network=RandomFeatures(width=9), spectral=Spectral(modes=16, times=12), windows=Windows(4), phases=(STEP,)
)
SIDE = 2 * math.pi


@dataclasses.dataclass(frozen=True)
class Viscosity(Params):
    nu: float = parameter(0.1, low=0.0)


@pytest.fixture
def burgers() -> PDE:
    """u_t + u u_x = nu u_xx on a circle from sin x."""
    return PDE(
        name="burgers",
        title="Burgers",
        equation=r"u_t + u u_x = \nu u_{xx}",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, SIDE, periodic=True))),
        residual=lambda u, p: {"burgers": u.t + u * u.x - p.nu * u.xx},
        conditions=(Condition("initial", "t", 0.0, lambda q, p: torch.sin(q.x)),),
        params=Viscosity(),
        semilinear=Semilinear(lambda k, p: -p.nu * k**2),
    )


def flow(start, params: Viscosity = Viscosity()) -> PDE:
    """The vorticity equation of a stream function."""

    def residual(psi, p):
        carried = psi.y * (psi.xxx + psi.xyy) - psi.x * (psi.xxy + psi.yyy)
        return {"vorticity": psi.txx + psi.tyy + carried - p.nu * psi.biharmonic}

    return PDE(
        name="flow",
        title="Flow",
        equation=r"\omega_t + u \cdot \nabla \omega = \nu \Delta \omega",
        domain=Domain((Axis("t", 0.0, 0.5), Axis("x", 0.0, SIDE, periodic=True), Axis("y", 0.0, SIDE, periodic=True))),
        residual=residual,
        derived=lambda psi, p: {"w": -psi.laplacian},
        fields=("psi",),
        conditions=(Condition("initial", "t", 0.0, start),),
        params=params,
        semilinear=Semilinear(lambda k, q, p: -p.nu * (k**2 + q**2), mass=lambda k, q, p: -(k**2) - q**2),
    )


def test_burgers_is_solved_to_eight_digits(run, burgers):
    x, times = SIDE * np.arange(64) / 64, np.array([0.0, 0.5, 1.0])
    exact = solve_semilinear(
        spectrum_of(np.sin(SIDE * np.arange(256) / 256), 64),
        length=SIDE,
        symbol=lambda k: -0.1 * k**2,
        nonlinear=lambda u: u * u / 2,
        divergence=lambda k: -1j * k,
        times=times,
        points=64,
        steps=500,
        padding=1.5,
    )
    method = dataclasses.replace(METHOD, spectral=Spectral(modes=32, times=14), network=RandomFeatures(width=11))
    u = run(burgers, method).solution.predict(t=times, x=x).u.to_numpy()
    np.testing.assert_allclose(u, exact, atol=1e-7)


def test_two_fields_that_turn_into_one_another(run):
    """u_t = v, v_t = -u with different dampings in space, whose sum of squares is closed for one wave."""
    problem = PDE(
        name="pair",
        title="Pair",
        equation="u_t = v + u_{xx}",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, SIDE, periodic=True))),
        residual=lambda u, v, p: {"u": u.t - v - u.xx, "v": v.t + u - v.xx},
        conditions=(
            Condition("u", "t", 0.0, lambda q, p: torch.cos(q.x), quantity=lambda u, v: u.value),
            Condition("v", "t", 0.0, lambda q, p: 0.0, quantity=lambda u, v: v.value),
        ),
        fields=("u", "v"),
        semilinear=Semilinear(lambda k, p: (-(k**2), -(k**2))),
    )
    t, x = np.linspace(0, 1, 5), np.linspace(0, 6, 7)
    found = run(problem, dataclasses.replace(METHOD, spectral=Spectral(modes=2, times=12))).solution.predict(t=t, x=x)
    fading = np.exp(-t)[:, None] * np.cos(x)
    np.testing.assert_allclose(found.u, np.cos(t)[:, None] * fading, atol=1e-8)
    np.testing.assert_allclose(found.v, -np.sin(t)[:, None] * fading, atol=1e-8)


def test_a_taylor_green_vortex_fades_without_any_training(start):
    problem = flow(lambda q, p: torch.cos(q.x) * torch.cos(q.y))
    process = start(problem, dataclasses.replace(METHOD, spectral=Spectral(modes=3, times=12), windows=Windows()))
    t, x = np.linspace(0, 0.5, 3), np.linspace(0, 6, 4)
    found = process.solution.predict(t=t, x=x, y=x)
    exact = np.exp(-0.2 * t)[:, None, None] * np.cos(x)[:, None] * np.cos(x)
    np.testing.assert_allclose(found.psi, exact, atol=1e-13)
    np.testing.assert_allclose(found.w, 2 * exact, atol=1e-12)
    assert float(np.abs(process.objective.residuals()[0].numpy()).max()) < 1e-12


def test_a_moving_vortex_moves(run):
    """A flow seen from a moving frame: psi = c x + exp(-nu t) cos(y) has a closed form only as waves that drift."""
    fixed = flow(lambda q, p: torch.cos(q.x) + torch.cos(q.y + q.x) / 2)
    coarse = dataclasses.replace(METHOD, spectral=Spectral(modes=8, times=10), windows=Windows(5))
    finer = dataclasses.replace(METHOD, spectral=Spectral(modes=12, times=12), windows=Windows(8))
    grid = {"t": np.linspace(0, 0.5, 3), "x": np.linspace(0, 6, 9), "y": np.linspace(0, 6, 9)}
    one, two = (run(fixed, method).solution.predict(**grid).w.to_numpy() for method in (coarse, finer))
    assert np.abs(one - one[0] * np.exp(-0.1 * grid["t"])[:, None, None]).max() > 0.1  # something happens
    np.testing.assert_allclose(one, two, atol=1e-4)


def test_windows_are_continuous_and_what_is_saved_comes_back(run, start, burgers):
    process = run(burgers, METHOD)
    x = torch.linspace(0, 6, 7, dtype=torch.float64)
    for edge, before, after in zip(process.marching.edges[1:-1], process.pieces, process.pieces[1:], strict=False):
        points = torch.stack([torch.full_like(x, edge), x], 1)
        torch.testing.assert_close(before.evaluate(points), after.evaluate(points), rtol=0, atol=1e-12)
    grid = {"t": np.linspace(0, 1, 9), "x": np.linspace(0, 6, 5)}
    again = start(burgers, METHOD, seed=7).restore(process.solution.weights())
    np.testing.assert_array_equal(again.predict(**grid).u, process.solution.predict(**grid).u)


def test_convergence_rates_of_slices_are_traces_of_the_kernel(start, burgers):
    process = start(burgers, dataclasses.replace(METHOD, spectral=Spectral(modes=2, times=6)))
    objective = process.objective
    rates = objective.convergence_rates()
    assert rates.shape == objective.times(objective.points[0]).shape
    assert bool((rates > 0).all())


def test_causal_weights_gate_slices(run, burgers):
    causal = CausalPINN(
        **{f.name: getattr(METHOD, f.name) for f in dataclasses.fields(METHOD)},
        causal=CausalWeights(epsilons=(1e-8, 1e-4, 1.0, 1e4), slices=12),
    )
    process = run(burgers, dataclasses.replace(causal, spectral=Spectral(modes=16, times=12, period=1)))
    found = process.findings()
    assert found.data.causal_weights.min() > 0.99 - 1e-9 or process.gate.schedule is not None
    assert found.metrics["residual_rms"] < 1e-2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"semilinear": None}, "give the problem semilinear"),
        ({"conditions": ()}, "one initial value for each field"),
        (
            {"domain": Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 1.0)))},
            "every axis of space has to be periodic",
        ),
    ],
)
def test_problems_that_cannot_be_spectral_are_told_why(start, burgers, changes, message):
    with pytest.raises(ProblemError, match=message):
        start(burgers.replace(**changes), METHOD)


@pytest.mark.parametrize("settings", [{"initial": "soft"}, {"engine": "autograd"}])
def test_settings_that_exclude_one_another_are_named(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        dataclasses.replace(METHOD, **settings)


@pytest.mark.parametrize("settings", [{"modes": 0}, {"times": 1}, {"oversampling": 0.5}, {"period": -1}])
def test_settings_outside_their_range_are_named(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Spectral(**settings)


def test_weights_of_an_earlier_version_are_refused(start, burgers):
    process = start(burgers, METHOD)
    weights = process.solution.weights()
    del weights["edges"]
    with pytest.raises(ValueError, match="run again"):
        process.restore(weights)
