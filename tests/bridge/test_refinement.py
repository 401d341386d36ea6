"""Iterative refinement: it never climbs, ends at the truth where that is known, and goes on where it stopped."""

import dataclasses
import itertools
import math

import pytest
import torch

import physml
from physml import catalog
from physml.bridge import (
    AliasingWarning,
    GaussianBridge,
    IterativeReferenceRefinement,
    LinearizedBridge,
    bootstrap,
    held_out_scores,
)
from physml.dynamics import AffineDrift
from physml.problem import SnapshotData
from physml.train import Quiet

FEW = IterativeReferenceRefinement(LinearizedBridge(10, 5), iterations=5, paths_per_point=2)


def solve(problem, method, **options):
    return physml.solve(problem, method, tracker=Quiet(), **options)


def decaying(points=60, times=(0.0, 1.0, 2.0, 3.0), held_out=(), seed=0):
    """An Ornstein-Uhlenbeck process of rate 0.7 with sigma 0.2 from N(2, 0.2^2), sampled anew at each time."""
    generator, clouds = torch.Generator().manual_seed(seed), []
    for time in times:
        shrink = math.exp(-0.7 * time)
        spread = math.sqrt(0.04 * shrink**2 + 0.04 * (1 - shrink**2) / 1.4)
        clouds.append(2 * shrink + spread * torch.randn(points, 1, generator=generator, dtype=torch.float64))
    return SnapshotData(times, clouds, held_out)


@pytest.mark.parametrize(("name", "tolerance"), [("ou1d", 1e-8), ("ou2d_rotation", 1e-8), ("ou2d_aliased", 1e-4)])
@pytest.mark.filterwarnings("ignore::physml.bridge.AliasingWarning")
def test_closed_refinement_ends_at_the_truth(name, tolerance):
    result = solve(name, None)
    assert result.metrics["parameter error"] < tolerance
    values = [row["losses"]["KL"] for row in result.history]
    assert len(values) <= 25
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(values))


def test_rotations_too_fast_for_the_snapshots_are_announced():
    with pytest.warns(AliasingWarning, match=r"1.78 > pi/2"):
        solve("ou2d_aliased", None)


def test_the_value_never_rises_and_the_distance_to_held_out_snapshots_falls():
    result = solve("lotka_volterra", FEW)
    values = [row["losses"]["V"] for row in result.history]
    assert all(after <= before + 0.01 for before, after in itertools.pairwise(values))
    distances = [row["values"]["W2 here"] for row in result.history]
    assert distances[-1] < 0.5 * distances[0]
    assert result.metrics["parameter error"] < 0.2
    assert result.metrics["W2 over floor"] < 2.0


def test_acceleration_changes_the_way_and_not_the_end():
    data = decaying()
    ends = {}
    for memory in (0, 3):
        method = IterativeReferenceRefinement(iterations=40, tolerance=1e-7, memory=memory)
        found = method.fit(data, AffineDrift(1), 0.2)
        ends[memory] = (found.theta, len(found.history))
    torch.testing.assert_close(ends[0][0], ends[3][0], rtol=1e-4, atol=1e-5)
    assert ends[3][1] < ends[0][1]


def test_snapshots_of_ones_own_give_parameters_paths_and_forecasts():
    data = decaying(200)
    found = IterativeReferenceRefinement().fit(data, AffineDrift(1), 0.2)
    assert found.outcome == "finished"
    assert found.parameters["A11"] == pytest.approx(-0.7, abs=0.08)
    paths = found.sample_trajectories(50)
    assert paths.states.shape[1:] == (50, 1)
    generator = torch.Generator().manual_seed(0)
    between = found.marginal(0.5, 2000, generator)
    assert float(between.mean()) == pytest.approx(2 * math.exp(-0.35), abs=0.05)
    ahead = found.forecast([4.0], 5000, generator)
    assert float(ahead.mean()) == pytest.approx(2 * math.exp(-2.8), abs=0.05)
    assert found.forward_drift(torch.ones(3, 1, dtype=torch.float64), 0.5).shape == (3, 1)


def test_without_iterations_it_is_the_bridge_of_brownian_motion():
    found = IterativeReferenceRefinement(iterations=0).fit(decaying(), AffineDrift(1), 0.2)
    assert found.theta is None and found.parameters == {} and len(found.history) == 1


def test_two_snapshots_determine_no_parameters():
    data = decaying(times=(0.0, 1.0))
    with pytest.raises(ValueError, match="two snapshots determine no parameters"):
        IterativeReferenceRefinement().fit(data, AffineDrift(1), 0.2)
    assert IterativeReferenceRefinement(iterations=0).fit(data, AffineDrift(1), 0.2).outcome == "finished"


def test_gaussian_moments_and_points_give_nearly_the_same_fit():
    data = decaying(400)
    by_points = IterativeReferenceRefinement().fit(data, AffineDrift(1), 0.2).theta
    by_moments = IterativeReferenceRefinement(GaussianBridge()).fit(data, AffineDrift(1), 0.2).theta
    torch.testing.assert_close(by_points, by_moments, rtol=0, atol=0.03)


@pytest.mark.parametrize("solver", [LinearizedBridge(10, 5), GaussianBridge()])
def test_a_state_that_is_loaded_goes_on_bit_by_bit(solver, one_thread):
    problem = catalog.load("ou2d_rotation" if isinstance(solver, GaussianBridge) else "lotka_volterra")
    method = dataclasses.replace(FEW, solver=solver)
    begin = {"seed": 3, "device": torch.device("cpu"), "dtype": torch.float64}
    whole, first, second = (method.start(problem, **begin) for _ in range(3))
    for _ in range(4):
        whole.step()
    first.step(), first.step()
    second.load_state_dict(first.state_dict())
    second.step(), second.step()
    assert torch.equal(whole.plain, second.plain) and torch.equal(whole.theta, second.theta)
    assert whole.values == second.values and whole.done == second.done


def test_a_saved_run_opens_again_and_predicts_the_same(tmp_path, without_report):
    result = solve("lotka_volterra", FEW, output=tmp_path / "run")
    again = physml.open_run(tmp_path / "run")
    assert again.metrics == result.metrics
    times = [0.5, 3.25]
    torch.testing.assert_close(
        torch.tensor(again.predict(t=times, particle=range(20)).state.to_numpy()),
        torch.tensor(result.predict(t=times, particle=range(20)).state.to_numpy()),
        rtol=1e-5,
        atol=1e-6,
    )  # a plan from other potentials agrees to the tolerance of Sinkhorn's rounds
    with pytest.raises(ValueError, match="expected the coordinate t"):
        result.predict(x=[0.5])
    with pytest.raises(ValueError, match="outside"):
        result.predict(t=9.0)


def test_bootstrap_intervals_hold_the_truth():
    found = bootstrap(IterativeReferenceRefinement(), decaying(150), AffineDrift(1), 0.2, resamples=8)
    low, high = found.intervals(0.99)["A11"]
    assert low < -0.7 < high and high - low < 0.4
    with pytest.raises(ValueError, match="resamples >= 2"):
        bootstrap(IterativeReferenceRefinement(), decaying(), AffineDrift(1), 0.2, resamples=1)


def test_held_out_snapshots_choose_the_volatility():
    data = decaying(300, times=(0.0, 1.0, 2.0, 3.0, 4.0), held_out=(1, 3))
    scores = held_out_scores(IterativeReferenceRefinement(), data, AffineDrift(1), [0.02, 0.2, 1.5])
    assert min(scores, key=scores.get) == 0.2 or scores[0.2] < 1.2 * min(scores.values())
    assert scores[1.5] > 1.5 * scores[0.2]
    with pytest.raises(ValueError, match="held out"):
        held_out_scores(IterativeReferenceRefinement(), decaying(), AffineDrift(1), [0.2])


@pytest.mark.parametrize("change", [{"iterations": -1}, {"tolerance": 0.0}, {"paths_per_point": 0}, {"memory": -1}])
def test_settings_without_sense_are_refused(change):
    with pytest.raises(ValueError, match="expected iterations >= 0"):
        dataclasses.replace(FEW, **change)


def test_single_precision_is_refused():
    with pytest.raises(ValueError, match="float64"):
        solve("lotka_volterra", FEW, dtype=torch.float32)


def test_a_method_for_another_kind_is_refused_with_those_that_fit():
    from physml.pinn import PINN

    with pytest.raises(ValueError, match=r"solves problems of the kind pde.*lotka_volterra is of the kind snapshots"):
        solve("lotka_volterra", PINN())
    with pytest.raises(ValueError, match=r"methods for it: pinn, causal_pinn, deepxde"):
        solve("heat", FEW)


def test_families_keep_their_meaning_in_other_units():
    """Twice the unit of time halves the rates."""
    data = decaying()
    slow = SnapshotData([2 * time for time in data.times], data.samples)
    fast = IterativeReferenceRefinement(tolerance=1e-6).fit(data, AffineDrift(1), 0.2).theta
    slower = IterativeReferenceRefinement(tolerance=1e-6).fit(slow, AffineDrift(1), 0.2 / math.sqrt(2)).theta
    torch.testing.assert_close(slower, fast / 2, rtol=1e-3, atol=1e-4)
