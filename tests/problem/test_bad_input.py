"""Bad input that would train for nothing: each is refused, or said, before it can mislead."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
import torch
import xarray as xr

import physml
from physml.pinn import MLP, PINN, Adam, CausalPINN, CausalWeights, LevenbergMarquardt, Sampling, Windows
from physml.problem import PDE, Axis, Condition, Domain, ProblemError, Reference, relative_l2
from physml.problem.checks import ProblemWarning
from physml.train import Quiet

T, X = np.linspace(0.0, 1.0, 5), -1 + np.arange(8) / 4
SMALL = PINN(
    network=MLP(width=4, depth=1),
    modes=1,
    phases=(LevenbergMarquardt(steps=2),),
    sampling=Sampling(count=64, condition_count=10),
    series_modes=16,
)


def sine(points, p):
    return torch.sin(math.pi * points.x)


HEAT = PDE(
    name="heat",
    title="Heat",
    equation="u_t = u_{xx}",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))),
    residual=lambda u, p: {"heat": u.t - 0.1 * u.xx},
    conditions=(Condition("start", "t", 0.0, sine),),
)


def solve(problem: PDE, method: PINN = SMALL) -> physml.Result:
    return physml.solve(problem, method, budget="smoke", tracker=Quiet())


def with_reference(**changes) -> PDE:
    """The heat problem with a reference whose grid or fields are changed."""
    given = {"names": ("t", "x"), "t": T, "x": X, "field": "u", **changes}

    def data(p, refinement) -> xr.Dataset:
        t, x = given["t"], given["x"]
        values = np.exp(-0.1 * math.pi**2 * np.asarray(t))[:, None] * np.sin(math.pi * np.asarray(x))
        return xr.Dataset(
            {given["field"]: (given["names"], values)}, coords=dict(zip(given["names"], (t, x), strict=True))
        )

    return HEAT.replace(reference=Reference("exact", data, method="closed form"))


def test_the_right_reference_is_compared_with():
    assert solve(with_reference()).metrics["relative_l2"] < 0.1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"field": "w"}, r"reference 'exact'.*'u'"),
        ({"names": ("t", "y")}, r"reference 'exact'.*'x'"),
        ({"t": 2 * T}, r"t from 0\.0 to 2\.0 leaves the domain"),
    ],
    ids=["field", "axis", "times outside"],
)
def test_a_reference_that_does_not_fit_is_refused_before_training(changes, message, monkeypatch):
    monkeypatch.setattr("physml.solving.train", lambda *a, **k: pytest.fail("training started"))
    with pytest.raises(ValueError, match=message):
        solve(with_reference(**changes))


def test_a_reference_that_repeats_the_periodic_end_is_said():
    with pytest.warns(ProblemWarning, match=r"reference 'exact': the grid of x holds both ends of the period"):
        with_reference(x=np.linspace(-1, 1, 8)).check()


@pytest.mark.parametrize(
    ("names", "expected"), [(("start", "start"), "'start'"), (("heat",), "'heat'")], ids=["twice", "as an equation"]
)
def test_loss_terms_need_names_of_their_own(names, expected):
    """Two terms of one name would show one loss."""
    conditions = tuple(Condition(name, "t", 0.0, sine) for name in names)
    with pytest.raises(ProblemError, match=expected):
        HEAT.replace(conditions=conditions).check()


@pytest.mark.parametrize(("low", "high"), [(0.0, math.inf), (-math.inf, 0.0), (-math.inf, math.inf)])
def test_an_axis_is_finite(low, high):
    with pytest.raises(ValueError, match="axis 'x'"):
        Axis("x", low, high)


@pytest.mark.parametrize("at", [math.nan, math.inf, -1e-9, 1.0 + 1e-9])
def test_a_condition_lies_exactly_in_the_domain(at):
    with pytest.raises(ProblemError, match=r"'start' is at t = .*, outside the domain \[0\.0, 1\.0\]"):
        HEAT.replace(conditions=(dataclasses.replace(HEAT.conditions[0], at=at),)).check()


@pytest.mark.parametrize("at", [0.5, 1.0])
def test_an_evolution_starts_at_its_first_time(at):
    with pytest.raises(ProblemError, match=r"order 1 in t and needs as many conditions at t = 0\.0"):
        HEAT.replace(conditions=(dataclasses.replace(HEAT.conditions[0], at=at),)).check()


def test_grids_of_other_points_are_not_compared():
    """Values at other places of the same number are no solution at these ones."""
    one = xr.DataArray(np.ones((5, 8)), dims=("t", "x"), coords={"t": T, "x": X})
    with pytest.raises(ValueError, match=r"x|t"):
        relative_l2(one.assign_coords(x=X + 0.1), one)
    with pytest.raises(ValueError, match=r"x|t"):
        relative_l2(one.isel(x=slice(4)), one)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: CausalWeights(epsilons=(1.0, math.inf)), "epsilons"),
        (lambda: Windows(ratio=math.inf), "ratio"),
        (lambda: Adam(learning_rate=math.nan), "learning_rate"),
        (lambda: Adam(steps=0), "steps"),
        (lambda: LevenbergMarquardt(steps=0), "steps"),
        (lambda: LevenbergMarquardt(acceleration=math.nan), "acceleration"),
        (lambda: PINN(modes=0), "modes"),
        (lambda: PINN(series_modes=0), "series_modes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_setting_that_no_run_could_use_is_refused_when_it_is_made(make, name):
    with pytest.raises(ValueError, match=name):
        make()


def test_more_slices_than_points_are_refused():
    """An empty slice has no mean: the smallest weight is no number, and no level is ever solved."""
    method = CausalPINN(**{**vars(SMALL), "sampling": Sampling(count=20)}, causal=CausalWeights(slices=32))
    with pytest.raises(ValueError, match="slices"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solve(HEAT, method)


def test_a_window_of_no_length_is_refused():
    with pytest.raises(ValueError, match=r"axis 't'|ratio|count"):
        solve(HEAT, dataclasses.replace(SMALL, windows=Windows(count=3, ratio=1e-300)))
