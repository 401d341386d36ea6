"""Each mistake that ``problem.check()`` finds: named, with the way out."""

import dataclasses
import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.problem import PDE, Axis, Budget, Condition, Domain, ProblemError, Reference, boundary
from physml.problem.checks import ProblemWarning, check_residual

TIME, CIRCLE = Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True)
START = Condition("start", "t", 0.0, target=lambda points, p: torch.sin(math.pi * points.x))

HEAT = PDE(
    name="heat",
    title="Heat equation",
    equation="u_t = u_{xx}",
    domain=Domain((TIME, CIRCLE)),
    residual=lambda u, p: {"heat": u.t - u.xx},
    conditions=(START,),
)


def with_target(target) -> PDE:
    return HEAT.replace(conditions=(dataclasses.replace(START, target=target),))


def with_condition(**changes) -> PDE:
    return HEAT.replace(conditions=(START, Condition(**{"name": "extra", "target": lambda points, p: 0.0, **changes})))


def on_interval(**changes) -> PDE:
    return with_condition(**changes).replace(domain=Domain((TIME, Axis("x", -1.0, 1.0))))


def with_residual(residual) -> PDE:
    return HEAT.replace(residual=residual)


def reference(name: str) -> Reference:
    return Reference(name, solve=lambda p, refinement: None, method="none")


WRONG = {
    "missing axis": (with_residual(lambda u, p: {"heat": u.t - u.yy}), r"heat: .*u\.yy.*no axis 'y'.*t, x"),
    "signature": (with_residual(lambda u: {"heat": u.t}), r"heat: residual\(u, p\) cannot be called"),
    "missing parameter": (with_residual(lambda u, p: {"heat": p.speed * u.t}), "heat: .*'speed'"),
    "not a dict": (with_residual(lambda u, p: u.t), "heat: .*Tensor; expected a dict with one named entry"),
    "empty dict": (with_residual(lambda u, p: {}), "heat: .*expected a dict with one named entry"),
    "entry is no tensor": (
        with_residual(lambda u, p: {"first": u}),
        "entry 'first' has a field; expected .*write u.value",
    ),
    "entry of another shape": (
        with_residual(lambda u, p: {"first": u.t[:, None]}),
        r"'first' has shape \(5, 1\)",
    ),
    "entry not finite": (with_residual(lambda u, p: {"first": u.t / 0}), "'first' is not finite.*division"),
    "condition on no axis": (
        with_condition(axis="z", at=0.0),
        "condition 'extra' is on axis 'z'; the domain has t, x",
    ),
    "condition outside": (
        on_interval(axis="x", at=2.0),
        r"'extra' is at x = 2\.0, outside the domain \[-1\.0, 1\.0\]",
    ),
    "condition on a circle": (
        with_condition(axis="x", at=1.0),
        "'extra' is on the periodic axis 'x'.*drop one",
    ),
    "boundary of a circle": (
        HEAT.replace(conditions=(START, boundary("walls", lambda points, p: 0.0))),
        "'walls' is on the boundary, but every axis is periodic",
    ),
    "boundary target not finite on one wall": (
        HEAT.replace(
            domain=Domain((TIME, Axis("x", 0.0, 1.0))),
            conditions=(START, boundary("walls", lambda points, p: 1 / points.x)),
        ),
        "'walls': target is not finite",
    ),
    "quantity on no axis": (
        on_interval(axis="x", at=1.0, quantity=lambda u: u.y),
        r"'extra': the quantity fails: u\.y: the domain has no axis 'y'",
    ),
    "quantity's signature": (
        on_interval(axis="x", at=1.0, quantity=lambda u, v: u.x),
        r"'extra': quantity\(u\) cannot be called",
    ),
    "target not finite": (with_target(lambda points, p: float("nan")), "'start': target is not finite"),
    "target of another shape": (
        with_target(lambda points, p: torch.ones(3)),
        r"'start': target has shape \(3,\)",
    ),
    "target on no axis": (
        with_target(lambda points, p: points.y),
        "'start': the target fails: .*no axis 'y'",
    ),
    "no start": (
        HEAT.replace(conditions=()),
        r"heat: .*order 1 in t.*given 0\. Add Condition\('initial', 't', 0\.0",
    ),
    "no velocity": (
        with_residual(lambda u, p: {"wave": u.tt - u.xx}),
        r"heat: .*order 2 in t.*given 1\. .*quantity=lambda u: u\.t",
    ),
    "target that jumps": (
        with_target(lambda points, p: points.x),
        r"'start' jumps by 2 across .*'x' \(period 2\)",
    ),
    "not even": (
        HEAT.replace(domain=Domain((TIME, dataclasses.replace(CIRCLE, even=True)))),
        "axis 'x' says even=True, but 'start' is not even",
    ),
    "references of one name": (
        HEAT.replace(reference=reference("exact"), other_references=(reference("exact"),)),
        "heat: references need different names",
    ),
    "no short budget": (
        HEAT.replace(budgets={"smoke": Budget(1.0)}),
        "heat: no budget 'short'; given .*smoke",
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_named_with_the_way_out(mistake):
    problem, message = WRONG[mistake]
    with pytest.raises(ProblemError, match=message):
        problem.check()


def test_a_right_problem_passes_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        HEAT.check()


def test_a_steady_problem_with_a_condition_on_its_boundary_passes():
    PDE(
        name="square",
        title="Square",
        equation="u_{xx} + u_{yy} = 0",
        domain=Domain((Axis("x", 0.0, 1.0), Axis("y", 0.0, 1.0))),
        residual=lambda u, p: {"laplace": u.laplacian},
        conditions=(boundary("walls", lambda points, p: points.x * points.y),),
    ).check()


def test_a_boundary_target_must_continue_across_a_periodic_axis():
    """Each wall of x is a face on which y is periodic."""
    channel = HEAT.replace(
        domain=Domain((TIME, Axis("x", 0.0, 1.0), Axis("y", 0.0, 1.0, periodic=True))),
        conditions=(
            dataclasses.replace(START, target=lambda points, p: 0.0),
            boundary("walls", lambda points, p: points.y),
        ),
    )
    with pytest.raises(ProblemError, match=r"'walls' jumps by 1 across .*'y' \(period 1\)"):
        channel.check()


def test_the_derivatives_that_a_residual_needs_are_reported():
    assert check_residual(HEAT) == {"u": {"t", "xx"}}


def test_a_kink_at_the_ends_is_a_warning_that_gives_its_size():
    with pytest.warns(ProblemWarning, match=r"slope of 'start' jumps by 4 .*kink"):
        with_target(lambda points, p: points.x**2 * torch.cos(math.pi * points.x)).check()


@given(wave=st.integers(0, 12), phase=st.floats(0.0, 6.3), size=st.floats(1e-3, 1e3))
def test_a_smooth_start_has_no_kink(wave, phase, size):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with_target(lambda points, p: size * torch.cos(wave * math.pi * points.x + phase)).check()


def test_a_condition_of_several_fields_takes_them_all():
    pair = HEAT.replace(
        fields=("u", "v"),
        residual=lambda u, v, p: {"first": u.t - v, "second": v.t + u},
        conditions=(START,),
    )
    with pytest.raises(ProblemError, match=r"'start': quantity\(u, v\) cannot be called"):
        pair.check()
    pair.replace(conditions=(dataclasses.replace(START, quantity=lambda u, v: u.value),)).check()
