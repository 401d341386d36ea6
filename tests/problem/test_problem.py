"""Axes, parameters, budgets, metrics, and problems as values."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from physml.problem import (
    PDE,
    Axis,
    Budget,
    Condition,
    Domain,
    Params,
    Semilinear,
    boundary,
    parameter,
    relative_l2,
    relative_l2_over,
)


@dataclass(frozen=True)
class HeatParams(Params):
    diffusivity: float = parameter(0.1, low=0.0, high=2.0, meaning="thermal diffusivity")


HEAT = PDE(
    name="heat",
    title="Heat equation",
    equation="u_t = a u_{xx}",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 1.0))),
    residual=lambda u, p: {"heat": u.t - p.diffusivity * u.xx},
    conditions=(Condition("start", "t", 0.0, target=lambda points, p: 0.0),),
    params=HeatParams(),
)


@pytest.mark.parametrize("value", [-0.1, 2.5, math.nan])
def test_a_parameter_outside_its_range_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"parameter diffusivity = .* outside its range \[0\.0, 2\.0\]"):
        replace(HeatParams(), diffusivity=value)


@pytest.mark.parametrize("name", ["", "xy", "1"])
def test_an_axis_name_is_one_letter(name):
    with pytest.raises(ValueError, match="not a single letter"):
        Axis(name, 0.0, 1.0)


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (1.0, 1.0), (math.nan, 1.0)])
def test_the_bounds_of_an_axis_increase(low, high):
    with pytest.raises(ValueError, match="axis 'x': expected low < high"):
        Axis("x", low, high)


def test_an_even_axis_is_periodic():
    with pytest.raises(ValueError, match="axis 'x': even=True needs periodic=True"):
        Axis("x", 0.0, 1.0, even=True)


def test_a_domain_refuses_no_axes_and_equal_names():
    with pytest.raises(ValueError, match="at least one axis"):
        Domain(())
    with pytest.raises(ValueError, match="axis names must differ"):
        Domain((Axis("x", 0.0, 1.0), Axis("x", 0.0, 2.0)))


def test_a_domain_knows_its_axes_by_name():
    assert HEAT.domain["x"].high == 1.0
    assert HEAT.domain.time == HEAT.domain["t"]
    assert [axis.name for axis in HEAT.domain.space] == ["x"]
    with pytest.raises(KeyError, match="no axis 'y'; this domain has t, x"):
        HEAT.domain["y"]


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("2min", 120.0), ("1.5h", 5400.0), ("0.5s", 0.5)])
def test_a_budget_is_read_from_a_time(text, seconds):
    assert Budget.parse(text) == Budget(seconds)


@pytest.mark.parametrize("text", ["", "90", "fast", "-3s", "1.2.3s", "s"])
def test_another_budget_is_refused_with_examples(text):
    with pytest.raises(ValueError, match="90s, 2min, 1h"):
        Budget.parse(text)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_a_budget_is_positive(seconds):
    with pytest.raises(ValueError, match="seconds > 0"):
        Budget(seconds)


def test_a_replaced_parameter_is_checked_and_reaches_the_parameters():
    assert HEAT.replace(diffusivity=0.5).params.diffusivity == 0.5
    assert HEAT.replace(name="other").params == HEAT.params
    with pytest.raises(ValueError, match="diffusivity"):
        HEAT.replace(diffusivity=-1.0)
    with pytest.raises(TypeError, match=r"\['speed'\]; parameters: \['diffusivity'\]"):
        HEAT.replace(speed=1.0)


def test_a_missing_condition_is_named_beside_those_that_exist():
    assert HEAT.condition("start") is HEAT.conditions[0]
    with pytest.raises(KeyError, match=r"no condition 'end'; heat has \['start'\]"):
        HEAT.condition("end")


def test_a_boundary_has_both_walls_of_every_axis_that_ends():
    channel = Domain(
        (Axis("t", 0.0, 1.0), Axis("x", 0.0, 2.0), Axis("y", 0.0, 1.0, periodic=True), Axis("z", -1.0, 1.0))
    )
    walls = boundary("walls", lambda points, p: 0.0)
    assert walls.faces(channel) == (("x", 0.0), ("x", 2.0), ("z", -1.0), ("z", 1.0))
    assert walls.where == "boundary"
    start = HEAT.conditions[0]
    assert (start.faces(channel), start.where) == ((("t", 0.0),), "t = 0")


def test_a_flow_belongs_to_a_nonlinear_part():
    with pytest.raises(ValueError, match="give f as nonlinear, too"):
        Semilinear(lambda k, p: -(k**2), flow=lambda u, t, p: u)


def grid_of(values: np.ndarray) -> xr.DataArray:
    times, places = (np.arange(n, dtype=float) for n in values.shape)
    return xr.DataArray(values, dims=("t", "x"), coords={"t": times, "x": places})


@given(factor=st.floats(-5.0, 5.0), seed=st.integers(0, 1000))
def test_the_error_of_a_multiple_is_its_distance_from_one(factor, seed):
    truth = grid_of(np.random.default_rng(seed).normal(size=(3, 4)))
    assert relative_l2(factor * truth, truth) == pytest.approx(abs(factor - 1), abs=1e-12)


def test_the_error_does_not_depend_on_the_order_of_axes():
    rng = np.random.default_rng(0)
    truth, solution = (grid_of(rng.normal(size=(3, 4))) for _ in range(2))
    expected = np.linalg.norm(solution.values - truth.values) / np.linalg.norm(truth.values)
    assert relative_l2(solution.transpose("x", "t"), truth) == pytest.approx(expected, rel=1e-14)


def test_solutions_on_other_axes_are_refused():
    truth = grid_of(np.ones((3, 4)))
    with pytest.raises(ValueError, match="has axes"):
        relative_l2(truth.rename(x="y"), truth)


def test_the_error_against_time_is_that_of_each_slice():
    truth = grid_of(np.arange(1.0, 13.0).reshape(3, 4))
    factors = xr.DataArray([1.0, 1.5, 0.0], dims="t", coords={"t": truth.t})
    np.testing.assert_allclose(relative_l2_over("t", factors * truth, truth), [0.0, 0.5, 1.0], atol=1e-14)
