"""Balancing of the loss terms: closed forms, what a balanced sum looks like, exact resume."""

import copy
import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.optim import Block
from physml.pinn import (
    MLP,
    PINN,
    Adam,
    CausalPINN,
    CausalWeights,
    Fixed,
    GradientNorm,
    LevenbergMarquardt,
    NeuralTangentKernel,
    Sampling,
    Windows,
)
from physml.pinn.balancing import Balance
from physml.problem import PDE, Axis, Condition, Domain

FLOAT64 = torch.float64
SCHEMES = [GradientNorm, NeuralTangentKernel]


def line(slope: float, weights: torch.Tensor) -> Block:
    """Residuals r_n = slope * n * theta, n = 1, 2, ..., so that |dr_n| = slope * n."""
    numbers = slope * torch.arange(1.0, len(weights) + 1, dtype=FLOAT64)[:, None]
    return Block(lambda parameters, data: data * parameters["theta"], numbers, weights[:, None])


THETA = {"theta": torch.tensor([3.0], dtype=FLOAT64)}
slopes = st.lists(st.floats(1e-2, 1e2), min_size=2, max_size=4)


@given(slopes=slopes)
def test_sizes_are_gradients_and_traces(slopes):
    """L = sum w_n r_n^2 with theta = 3: |grad L| = 6 slope^2 sum w_n n^2, and the trace is slope^2 sum w_n n^2."""
    weights = torch.tensor([0.5, 0.25, 0.0], dtype=FLOAT64)  # sum w_n n^2 = 1.5
    blocks = {str(i): line(slope, weights) for i, slope in enumerate(slopes)}
    for scheme, factor in ((GradientNorm(), 6.0), (NeuralTangentKernel(), 1.0)):
        sizes = scheme.sizes(blocks, THETA)
        assert list(sizes.values()) == pytest.approx([factor * 1.5 * slope**2 for slope in slopes], rel=1e-9)


@given(slopes=slopes, momentum=st.floats(0.0, 0.99), scheme=st.sampled_from(SCHEMES))
def test_weights_move_to_the_closed_form(slopes, momentum, scheme):
    blocks = {str(i): line(slope, torch.ones(1, dtype=FLOAT64)) for i, slope in enumerate(slopes)}
    balance = Balance(scheme(momentum=momentum), dict.fromkeys(blocks, 7.0))
    balance.update(blocks, THETA)
    squares = [slope**2 for slope in slopes]
    mean = sum(squares) / len(squares)
    expected = [momentum * 7 + (1 - momentum) * mean / (square + 1e-5 * mean) for square in squares]
    assert list(balance.weights.values()) == pytest.approx(expected, rel=1e-9)


@given(slopes=st.lists(st.floats(0.1, 10.0), min_size=2, max_size=4))
def test_balanced_terms_pull_equally_hard(slopes):
    blocks = {str(i): line(slope, torch.ones(2, dtype=FLOAT64)) for i, slope in enumerate(slopes)}
    balance = Balance(GradientNorm(momentum=0.0), dict.fromkeys(blocks, 1.0))
    balance.update(blocks, THETA)
    sizes = balance.settings.sizes(blocks, THETA)
    pulls = [balance.weights[name] * sizes[name] for name in blocks]
    assert pulls == pytest.approx([sum(sizes.values()) / len(sizes)] * len(pulls), rel=0.2)
    large = [pull for pull, slope in zip(pulls, slopes, strict=True) if slope == max(slopes)]
    assert large[0] == pytest.approx(sum(sizes.values()) / len(sizes), rel=1e-4)


def test_a_solved_term_gets_a_bounded_weight():
    blocks = {"solved": line(0.0, torch.ones(1, dtype=FLOAT64)), "other": line(1.0, torch.ones(1, dtype=FLOAT64))}
    balance = Balance(GradientNorm(momentum=0.0), dict.fromkeys(blocks, 1.0))
    balance.update(blocks, THETA)
    assert balance.weights["solved"] == pytest.approx(1e5)
    balance.update({name: blocks["solved"] for name in blocks}, THETA)  # all solved: nothing changes
    assert balance.weights["solved"] == pytest.approx(1e5)


def test_updates_are_due_every_period_and_never_for_fixed_weights():
    balance = Balance(GradientNorm(period=4), {})
    assert [step for step in range(10) if balance.is_due(step)] == [0, 4, 8]
    assert not any(Balance(Fixed(), {}).is_due(step) for step in range(10))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_settings_outside_their_range_are_refused(scheme):
    for settings in ({"period": 0}, {"momentum": 1.0}, {"momentum": -0.1}):
        with pytest.raises(ValueError, match="period >= 1 and 0 <= momentum < 1"):
            scheme(**settings)


# -- in a process ----------------------------------------------------------------------------------------------------

SMALL = {
    "network": MLP(width=6, depth=1),
    "phases": (Adam(steps=6, learning_rate=1e-2), LevenbergMarquardt(steps=4)),
    "sampling": Sampling(count=64, condition_count=20, period=3),
    "condition_weight": 50.0,
}


@pytest.fixture
def waves() -> PDE:
    """u_t = v_x, v_t = u_x, from a sine and zero, between walls."""
    both = Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 1.0)))
    return PDE(
        name="waves",
        title="Waves",
        equation="",
        domain=both,
        fields=("u", "v"),
        residual=lambda u, v, p: {"first": u.t - v.x, "second": 10 * (v.t - u.x)},
        conditions=(
            Condition("u at first", "t", 0.0, lambda points, p: torch.sin(math.pi * points.x), lambda u, v: u.value),
            Condition("v at first", "t", 0.0, lambda points, p: 0.0 * points.x, lambda u, v: v.value),
            Condition("left", "x", 0.0, lambda points, p: 0.0 * points.t, lambda u, v: u.value),
        ),
    )


def test_the_objective_is_the_sum_of_the_weighted_terms(waves, start):
    objective = start(waves, PINN(**SMALL)).objective
    point_weights = torch.linspace(1, 0, 64, dtype=FLOAT64)
    weights = {"first": 2.0, "second": 0.1, "u at first": 3.0, "v at first": 5.0, "left": 7.0}
    assert set(objective.names) == set(weights)
    whole = sum(block.loss(objective.parameters) for block in objective.blocks(point_weights, weights))
    terms = {name: block.loss(objective.parameters) for name, block in objective.blocks_by_name(point_weights).items()}
    torch.testing.assert_close(whole, sum(weights[name] * loss for name, loss in terms.items()))
    residuals = objective.residuals()
    torch.testing.assert_close(terms["second"], (point_weights * residuals[0][:, 1] ** 2).mean())
    torch.testing.assert_close(terms["left"], residuals[3].square().mean())
    assert objective.losses(residuals)["left"] == pytest.approx(terms["left"].item())


def test_kernel_weights_are_the_traces_of_explicit_jacobians_weighted_causally(waves, start):
    settings = {"causal": CausalWeights(epsilons=(0.3,), slices=8), "balancing": NeuralTangentKernel(momentum=0.0)}
    process = start(waves, CausalPINN(**settings, **SMALL))
    objective, parameters = process.objective, process.objective.parameters
    gate = process.gate.weights(objective.residuals()[0] ** 2, 0.0) * math.exp(
        -0.3 * objective.initial_loss(objective.losses(objective.residuals()), process.balance.weights)
    )

    def trace(term: int, column: int, weights: torch.Tensor) -> float:
        function = [objective.residual, *(t for _, t, _ in objective.conditions)][term]
        total = 0.0
        for row, value in enumerate(function(parameters, objective.data[term])[:, column]):
            gradients = torch.autograd.grad(value, list(parameters.values()), retain_graph=True, allow_unused=True)
            total += float(weights[row]) * sum(float(g.square().sum()) for g in gradients if g is not None)
        return total / len(weights)

    points = gate.repeat_interleave(8)
    traces = [trace(0, 0, points), trace(0, 1, points)] + [trace(i, 0, torch.ones(20)) for i in (1, 2, 3)]
    mean = sum(traces) / 5
    process.step()
    expected = {name: mean / (size + 1e-5 * mean) for name, size in zip(objective.names, traces, strict=True)}
    assert process.balance.weights == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("stop", [3, 8, 13])
def test_a_state_loaded_in_between_goes_on_bit_equal(waves, start, scheme, stop):
    method = CausalPINN(
        balancing=scheme(period=4), windows=Windows(2), causal=CausalWeights(epsilons=(1e-2, 1.0), slices=8), **SMALL
    )
    process = start(waves, method)
    for _ in range(stop):
        process.step()
    resumed = start(waves, method, seed=99)
    resumed.load_state_dict(copy.deepcopy(process.state_dict()))
    while not process.finished:
        assert process.step() == resumed.step()
    theirs = process.solution.weights()
    assert all(torch.equal(ours, theirs[name]) for name, ours in resumed.solution.weights().items())
    assert resumed.finished


def test_the_history_shows_weights_that_change_and_each_window_begins_anew(waves, start):
    method = PINN(balancing=GradientNorm(period=3), windows=Windows(2), **SMALL)
    process = start(waves, method)
    shown = []
    while not process.finished:
        shown.append(process.step().values)
    names = {f"weight of {name}" for name in process.objective.names}
    assert all(names <= set(values) for values in shown)
    assert shown[0]["weight of left"] != 50.0
    assert shown[1]["weight of left"] == shown[0]["weight of left"] != shown[3]["weight of left"]
    assert shown[10]["weight of left"] == pytest.approx(0.9 * 50.0, rel=0.2)  # 10 steps a window
    fixed = start(waves, dataclasses.replace(method, balancing=Fixed())).step()
    assert not any(name.startswith("weight of") for name in fixed.values)


def test_gradients_are_balanced_where_they_were_not(waves, start):
    """The second equation is ten times too large, and the walls' weight is a guess: their pulls become alike."""
    process = start(waves, PINN(balancing=GradientNorm(momentum=0.0), **SMALL))
    parameters, ones = process.objective.parameters, torch.ones(64, dtype=FLOAT64)
    sizes = process.balance.settings.sizes(process.objective.blocks_by_name(ones), parameters)
    assert max(sizes.values()) > 20 * min(sizes.values())
    process.step()
    pulls = [process.balance.weights[name] * size for name, size in sizes.items()]
    assert max(pulls) < 1.01 * min(pulls)
