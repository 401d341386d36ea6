"""The PINN process: exact resume in the middle of a window, continuity, engines, warnings."""

import copy
import dataclasses
import itertools
import math
import warnings

import pytest
import torch

from physml.catalog import load
from physml.nets import count_parameters
from physml.pinn import (
    MLP,
    PINN,
    Adam,
    CausalPINN,
    CausalWeights,
    FourierFeatures,
    LevenbergMarquardt,
    ModifiedMLP,
    PirateNet,
    RandomWeightFactorisation,
    Sampling,
    SSBroyden,
    Windows,
)
from physml.pinn.terms import Term
from physml.problem import PDE, Axis, Condition, Domain, ProblemError, Semilinear, boundary

EXTRAS = {"features": FourierFeatures(8), "factorisation": RandomWeightFactorisation(used=True)}

PHASES = (Adam(steps=4, learning_rate=1e-2), LevenbergMarquardt(steps=6))
SMALL = {
    "network": MLP(width=6, depth=1),
    "modes": 1,
    "phases": PHASES,
    "sampling": Sampling(count=64, condition_count=20, period=3),
    "series_modes": 64,
}


def end_of(process) -> list[dict]:
    """The steps that are left."""
    steps = []
    while not process.finished:
        steps.append(vars(process.step()))
    return steps


def flat_weights(process) -> dict[str, torch.Tensor]:
    return process.solution.weights()


@pytest.mark.parametrize("initial", ["hard", "soft"])
@pytest.mark.parametrize("kind", [PINN, CausalPINN])
@pytest.mark.parametrize("stop", [1, 5, 13])
def test_a_state_loaded_anywhere_goes_on_bit_equal(heat, start, kind, initial, stop):
    method = kind(initial=initial, windows=Windows(2), **SMALL)
    process = start(heat, method)
    for _ in range(stop):
        process.step()
    state = process.state_dict()
    expected = end_of(process)
    resumed = start(heat, method, seed=99)  # everything random comes from the state
    resumed.load_state_dict(copy.deepcopy(state))
    assert end_of(resumed) == expected
    theirs = flat_weights(process)
    assert all(torch.equal(ours, theirs[name]) for name, ours in flat_weights(resumed).items())


def test_a_state_is_not_changed_by_later_steps(heat, start):
    process = start(heat, PINN(**SMALL))
    state = process.state_dict()
    before = copy.deepcopy(state)
    end_of(process)
    assert torch.equal(state["points"][0], before["points"][0])
    for name, tensor in state["pieces"][0].items():
        assert torch.equal(tensor, before["pieces"][0][name])


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(heat, run):
    one, two, other = (flat_weights(run(heat, PINN(**SMALL), seed)) for seed in (4, 4, 5))
    name = "window_00.network.output.weight"
    assert torch.equal(one[name], two[name])
    assert not torch.equal(one[name], other[name])


def test_no_global_random_numbers_are_used(heat, run):
    before = torch.get_rng_state()
    run(heat, PINN(**SMALL))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("initial", ["hard", "soft"])
def test_both_engines_see_the_same_losses(heat, start, initial):
    engines = ("jets", "autograd")
    jets, oracle = (start(heat, PINN(initial=initial, engine=engine, **SMALL)) for engine in engines)
    for _ in range(2):
        one, two = jets.step(), oracle.step()
        assert one.losses == pytest.approx(two.losses, rel=1e-9)


def test_hard_windows_are_continuous_whatever_the_training(heat, run):
    process = run(heat, PINN(initial="hard", windows=Windows(3, ratio=1.5), **SMALL))
    x = torch.linspace(-1, 1, 41, dtype=torch.float64)
    for index, edge in enumerate(process.marching.edges[1:-1]):
        points = torch.stack([torch.full_like(x, edge), x], -1)
        before, after = (process.pieces[i].evaluate(points) for i in (index, index + 1))
        torch.testing.assert_close(before, after, rtol=0, atol=1e-12)


def test_soft_windows_start_from_the_solution_before(heat, run):
    process = run(heat, PINN(initial="soft", windows=Windows(2), **SMALL))
    data, points = process.objective.data[1], process.objective.points[1]
    assert (points[:, 0] == process.marching.edges[1]).all()
    torch.testing.assert_close(data["target"], process.pieces[0].evaluate(points), rtol=0, atol=1e-14)


def test_the_first_causal_weight_is_one_and_the_objective_is_the_weighted_mean(heat, start):
    causal = CausalWeights(epsilons=(1.0,), slices=8)
    process = start(heat, CausalPINN(causal=causal, initial="hard", **SMALL))
    (residuals,) = process.objective.residuals()
    squares = residuals**2
    weights = process.gate.point_weights(squares)
    (block,) = process.objective.blocks(weights, {"heat": 1.0})
    slices = squares[:, 0].reshape(8, 8).mean(1)
    weights = torch.exp(-(slices.cumsum(0) - slices))
    torch.testing.assert_close(block.loss(dict(process.ansatz.named_parameters())), (weights * slices).mean())
    assert process.step().losses["heat"] == pytest.approx(float(slices.mean()))


@pytest.mark.filterwarnings("ignore:the causal weights never gate")
def test_a_solved_last_level_ends_the_window(heat, run):
    causal = CausalWeights(epsilons=(1e-12,))
    process = run(heat, CausalPINN(causal=causal, windows=Windows(2), **SMALL))
    assert process.done == 2


def test_few_points_for_many_parameters_are_a_warning(heat, start):
    settings = {**SMALL, "sampling": Sampling(count=20)}
    with pytest.warns(UserWarning, match=r"20 points \(equations: 1\) for .* parameters.*raise sampling.count"):
        start(heat, PINN(**settings))


def test_more_causal_slices_than_points_are_refused(heat, start):
    for points, count in (("sobol", 31), ("grid", 33)):  # 33 points are a grid of 6 x 5
        sampling = Sampling(count=count, points=points)
        with pytest.raises(ValueError, match=r"32 causal slices need as many points, given 3[01]"):
            start(heat, CausalPINN(**{**SMALL, "sampling": sampling}))


def test_a_hard_start_where_none_is_possible_is_refused_with_the_way_out(start):
    steady = PDE("poisson", "Poisson", "u_{xx} = 1", Domain((Axis("x", 0.0, 1.0),)), lambda u, p: {"poisson": u.xx - 1})
    with pytest.raises(ProblemError, match="one initial value for each field; choose initial='soft'"):
        start(steady, PINN(initial="hard", **SMALL))


def test_settings_without_a_phase_or_weight_are_refused():
    with pytest.raises(ValueError, match="phases is empty"):
        PINN(phases=())
    with pytest.raises(ValueError, match="condition_weight"):
        PINN(condition_weight=0.0)


@pytest.mark.parametrize(("count", "ratio"), [(1, 1.0), (4, 1.0), (5, 2.0), (3, 0.5)])
def test_window_edges_fill_the_time_axis_in_their_ratio(count, ratio):
    edges = Windows(count, ratio).edges(Axis("t", -1.0, 3.0))
    lengths = [b - a for a, b in itertools.pairwise(edges)]
    assert (edges[0], edges[-1]) == (-1.0, 3.0)
    assert [b / a for a, b in itertools.pairwise(lengths)] == pytest.approx([ratio] * (count - 1))


def test_windows_outside_their_range_are_refused():
    for settings in ({"count": 0}, {"ratio": 0.0}, {"ratio": math.nan}):
        with pytest.raises(ValueError, match="count >= 1 and ratio > 0"):
            Windows(**settings)


def test_conditions_are_named_among_the_losses(start):
    wall = Condition("left wall", "x", 0.0, target=lambda points, p: 0.0)
    problem = PDE("p", "P", "", Domain((Axis("x", 0.0, 1.0),)), lambda u, p: {"bulk": u.xx - 1}, (wall,))
    assert set(start(problem, PINN(**SMALL)).step().losses) == {"bulk", "left wall"}


FIRST_ORDER = {**SMALL, "phases": (Adam(steps=5, learning_rate=1e-2),), "initial": "soft"}


def test_a_step_of_first_order_evaluates_each_term_once(heat, start, monkeypatch):
    process, evaluate, calls = start(heat, PINN(**FIRST_ORDER)), Term.__call__, []
    monkeypatch.setattr(Term, "__call__", lambda self, *a: (calls.append(self.name), evaluate(self, *a))[1])
    for expected in (["residual"] * 2 + ["start"], ["residual"] * 2 + ["start"], ["residual", "start"]):
        process.step()  # the first two also remember the rates of convergence
        assert sorted(calls) == expected
        calls.clear()


def test_residuals_that_are_known_give_the_same_step(heat, start):
    one, two = (start(heat, PINN(**FIRST_ORDER)) for _ in range(2))
    weights = torch.linspace(1, 0, 64, dtype=torch.float64)
    one.optimizer.step(one.objective.blocks(weights, one.balance.weights, one.objective.residuals(graph=True)))
    two.optimizer.step(two.objective.blocks(weights, two.balance.weights))
    theirs = flat_weights(two)
    assert all(torch.equal(ours, theirs[name]) for name, ours in flat_weights(one).items())
    before = flat_weights(start(heat, PINN(**FIRST_ORDER)))
    assert not torch.equal(theirs["window_00.network.output.weight"], before["window_00.network.output.weight"])


@pytest.mark.slow
@pytest.mark.parametrize("phase", [Adam(steps=5, learning_rate=1e-2), SSBroyden(steps=5)])
def test_compiled_steps_are_those_of_eager_mode(heat, run, phase):
    settings = {**FIRST_ORDER, "phases": (phase,), "sampling": Sampling(count=64, period=2)}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="not compiled")
        compiled = run(heat, PINN(**settings, compiled="always"))
    eager = flat_weights(run(heat, PINN(**settings, compiled="never")))
    for name, weight in flat_weights(compiled).items():
        torch.testing.assert_close(weight, eager[name], rtol=1e-9, atol=1e-11)


def test_only_long_phases_without_jacobians_are_compiled_by_themselves():
    method = PINN(
        phases=(Adam(steps=10), Adam(steps=10_000), SSBroyden(steps=10_000), LevenbergMarquardt(steps=10_000))
    )
    assert [method.compiles(phase) for phase in method.phases] == [False, True, True, False]
    assert not dataclasses.replace(method, engine="autograd", compiled="always").compiles(method.phases[1])


def test_phases_of_first_order_may_have_fewer_points_than_parameters(heat, start, recwarn):
    start(heat, PINN(**{**FIRST_ORDER, "sampling": Sampling(count=20)}))
    assert not recwarn.list


@pytest.mark.parametrize("network", [ModifiedMLP(5, 1), PirateNet(5, 1, alpha=0.5), PirateNet(5, 1, **EXTRAS)])
def test_every_network_trains(heat, run, network):
    settings = {"network": network, "sampling": Sampling(count=300), "phases": (LevenbergMarquardt(steps=10),)}
    process = run(heat, PINN(**{**SMALL, **settings}))
    u = process.solution.evaluate(torch.tensor([[1.0, 0.5]], dtype=torch.float64))
    assert float(u) == pytest.approx(math.exp(-0.05 * math.pi**2), abs=1e-2)


@pytest.mark.parametrize("points", ["sobol", "uniform", "grid"])
def test_every_pattern_of_points_trains_and_resumes(heat, start, points):
    sampling = Sampling(count=70, condition_count=20, period=2, points=points)
    process = start(heat, PINN(**{**SMALL, "sampling": sampling, "initial": "soft"}))
    for _ in range(5):
        process.step()
    assert (process.objective.times(process.objective.points[0]).diff() >= 0).all()
    resumed = start(heat, PINN(**{**SMALL, "sampling": sampling, "initial": "soft"}), seed=5)
    resumed.load_state_dict(process.state_dict())
    assert end_of(resumed) == end_of(process)


def test_causal_sampling_draws_where_the_gate_is_open(heat, start):
    """With a gate that all but the first slices leave closed, and no offset, all points are early."""
    causal = CausalWeights(epsilons=(1e3,), slices=8)
    settings = {**SMALL, "initial": "soft", "network": MLP(width=3, depth=1)}
    sampling = Sampling(count=64, candidates=16, offset=0.0, causal=True)
    latest = {}
    for name, chosen in (("open", dataclasses.replace(sampling, causal=False)), ("gated", sampling)):
        process = start(heat, CausalPINN(causal=causal, **{**settings, "sampling": chosen}))
        latest[name] = process.objective.times(process.objective.points[0])
    edge = torch.sin(torch.tensor(math.pi / 16)) ** 2  # where the first of eight slices of clustered times ends
    assert latest["gated"].max() < 1.2 * edge
    assert latest["open"].max() > 0.9


def test_causal_sampling_without_causal_weights_is_refused(heat, start):
    sampling = Sampling(causal=True)
    with pytest.raises(ValueError, match="use CausalPINN"):
        start(heat, PINN(**{**SMALL, "sampling": sampling}))
    steady = PDE("poisson", "Poisson", "u_{xx} = 1", Domain((Axis("x", 0.0, 1.0),)), lambda u, p: {"poisson": u.xx - 1})
    with pytest.raises(ValueError, match="no time"):
        start(steady, CausalPINN(**{**SMALL, "sampling": sampling}))


def test_a_start_evolved_by_the_linear_part_alone_solves_the_heat_equation(heat, start):
    linear = Semilinear(symbol=lambda k, p: -p.diffusivity * k**2)
    problem = dataclasses.replace(heat, semilinear=linear)
    solution = start(problem, PINN(initial="hard", **SMALL)).solution
    points = torch.rand(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    exact = torch.exp(-0.05 * math.pi**2 * points[:, 0]) * torch.sin(math.pi * points[:, 1])
    torch.testing.assert_close(solution.evaluate(points)[:, 0], exact, rtol=0, atol=1e-10)


def test_a_condition_on_the_whole_boundary_is_trained_on_every_wall(run, start):
    """u_xx + u_yy = 4 in a square with u = x^2 + y^2 on its four walls."""
    problem = PDE(
        "bowl",
        "Bowl",
        "",
        Domain((Axis("x", 0.0, 1.0), Axis("y", 0.0, 1.0))),
        lambda u, p: {"bowl": u.xx + u.yy - 4},
        (boundary("walls", target=lambda points, p: points.x**2 + points.y**2),),
    )
    method = PINN(**{**SMALL, "network": MLP(width=8, depth=1), "phases": (LevenbergMarquardt(steps=30),)})
    walls = start(problem, method).objective.points[1]
    assert len(walls) == 20
    assert [int((walls[:, i] == at).sum()) for i in (0, 1) for at in (0.0, 1.0)] == [5, 5, 5, 5]
    points = torch.rand(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = run(problem, method).solution.evaluate(points)[:, 0]
    torch.testing.assert_close(found, points.square().sum(1), rtol=0, atol=1e-2)


def test_each_of_two_equations_counts_for_the_warning_of_few_points(start, recwarn):
    settings = {**SMALL, "sampling": Sampling(count=120), "network": MLP(8, 2), "series_modes": 64}
    process = start(load("schroedinger_1d"), PINN(**settings))
    assert 120 < count_parameters(process.ansatz) < 240
    assert not [w for w in recwarn if "points" in str(w.message)]
