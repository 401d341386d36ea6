"""Windows that are given, and windows that adapt to their certificates."""

import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import physml
from physml.pinn import (
    PINN,
    AdaptiveWindows,
    CausalPINN,
    CausalWeights,
    LevenbergMarquardt,
    RandomFeatures,
    Spectral,
    Windows,
)
from physml.pinn.windows import Marching
from physml.problem import PDE, Axis, Condition, Domain, Params, Semilinear, parameter
from physml.train import Quiet

TIME = Axis("t", 0.5, 2.5)
METHOD = CausalPINN(
    network=RandomFeatures(width=8),
    spectral=Spectral(modes=10, times=11, period=1),
    windows=AdaptiveWindows(first=0.05, smallest=0.01),
    causal=CausalWeights(epsilons=(1e-8, 1e-4, 1.0, 1e2), slices=11),
    phases=(LevenbergMarquardt(steps=6, damping=1e-10, decrease=30.0, trials=2, solver="cg", acceleration=0.0),),
)


@dataclasses.dataclass(frozen=True)
class Viscosity(Params):
    nu: float = parameter(0.5, low=0.0)


@pytest.fixture
def burgers() -> PDE:
    return PDE(
        name="burgers",
        title="Burgers",
        equation=r"u_t + u u_x = \nu u_{xx}",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 2 * math.pi, periodic=True))),
        residual=lambda u, p: {"burgers": u.t + u * u.x - p.nu * u.xx},
        conditions=(Condition("initial", "t", 0.0, lambda q, p: torch.sin(q.x)),),
        params=Viscosity(),
        semilinear=Semilinear(lambda k, p: -p.nu * k**2),
    )


@given(count=st.integers(1, 30), ratio=st.floats(0.5, 2.0))
def test_given_windows_cover_the_time(count, ratio):
    marching = Marching(Windows(count, ratio), TIME)
    while not marching.finished:
        marching.open()
    assert len(marching.edges) == count + 1
    assert (marching.edges[0], marching.edges[-1]) == (TIME.low, TIME.high)
    assert all(a < b for a, b in zip(marching.edges, marching.edges[1:], strict=False))


@given(outcomes=st.lists(st.booleans(), max_size=40), first=st.floats(1e-3, 0.5))
def test_adaptive_windows_cover_the_time_whatever_is_certified(outcomes, first):
    marching = Marching(AdaptiveWindows(first=first, smallest=1e-4), TIME)
    marching.open()
    for certified in [*outcomes, *[True] * 10_000]:
        if not certified:
            kept, length = marching.edges[:-1], marching.edges[-1] - marching.edges[-2]
            marching.refuse()
            assert marching.edges == kept
            marching.open()
            assert marching.edges[-1] - marching.edges[-2] <= 0.5001 * length
            continue
        marching.accept()
        if marching.finished:
            break
        marching.open()
    assert marching.edges[-1] == TIME.high
    assert all(a < b for a, b in zip(marching.edges, marching.edges[1:], strict=False))


def test_a_window_that_had_to_be_shortened_is_not_followed_by_a_longer_one():
    marching = Marching(AdaptiveWindows(first=0.1, grow=2.0), TIME)
    marching.open()
    assert marching.refuse()
    marching.open()
    marching.accept()
    assert marching.length == pytest.approx(0.05)
    marching.open()
    marching.accept()
    assert marching.length == pytest.approx(0.1)


def test_every_window_is_certified_and_the_lengths_follow(run, burgers):
    process = run(burgers, METHOD)
    lengths = torch.tensor(process.marching.edges).diff()
    assert process.marching.edges[-1] == 1.0
    assert float(lengths.max()) > 1.5 * float(lengths[0])
    assert process.findings().metrics["residual_rms"] < 1e-2
    assert process.solution.until is None


def test_a_window_that_cannot_be_certified_ends_the_run_with_what_to_change(burgers):
    asked_too_much = dataclasses.replace(METHOD, causal=CausalWeights(epsilons=(1e-8, 1.0, 1e30), slices=11))
    result = physml.solve(burgers, asked_too_much, tracker=Quiet())
    assert "window 1, t = 0 to" in result.outcome
    assert "epsilon = 1e+30" in result.outcome
    assert "take more steps or features" in result.outcome


def test_what_was_certified_before_is_kept(start, burgers):
    process = start(burgers, METHOD)
    while process.window < 3:
        process.step()
    process.gate.settings = CausalWeights(epsilons=(1e-8, 1.0, 1e30), slices=11)
    process.gate.open_window(process.window)
    trouble = ""
    while not trouble:
        trouble = process.step().trouble
    assert trouble.startswith("window 4, t = ")
    assert len(process.solution.pieces) == 3
    assert process.findings().metrics["solved until t"] == process.marching.edges[3]


def test_a_residual_that_is_not_a_number_shortens_the_window(start, burgers):
    process = start(burgers, METHOD)
    with torch.no_grad():
        process.ansatz.network.weight.fill_(math.nan)
    before = process.marching.edges[1]
    step = process.step()
    assert not step.losses
    assert process.marching.edges[1] < before
    assert not process.step().trouble


def test_a_run_goes_on_where_it_was_saved(start, burgers):
    process, other = start(burgers, METHOD), start(burgers, METHOD, seed=3)
    while process.window < 2:
        process.step()
    other.load_state_dict(process.state_dict())
    for _ in range(12):
        one, two = process.step(), other.step()
        assert one.losses == two.losses
        assert one.stage == two.stage
    assert process.marching.edges == other.marching.edges


def test_only_causal_weights_certify(start, burgers):
    plain = {f.name: getattr(METHOD, f.name) for f in dataclasses.fields(PINN)}
    with pytest.raises(ValueError, match="use CausalPINN"):
        start(burgers, PINN(**plain))


@pytest.mark.parametrize(
    "settings", [{"first": 0.0}, {"smallest": 0.5}, {"largest": 2.0}, {"grow": 0.5}, {"shrink": 1.0}]
)
def test_settings_outside_their_range_are_named(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        AdaptiveWindows(**settings)
