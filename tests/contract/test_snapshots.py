"""What every problem of snapshots in the catalog promises."""

import dataclasses

import pytest
import torch

import physml
from physml.bridge import IterativeReferenceRefinement
from physml.problem import ProblemError, SnapshotData, Snapshots
from physml.problem.facts import facts
from physml.solving import recommend
from physml.train import Quiet

pytestmark = pytest.mark.filterwarnings("ignore::physml.bridge.AliasingWarning")


def data_of(problem: Snapshots) -> SnapshotData:
    try:
        return problem.data()
    except FileNotFoundError:
        pytest.skip("its data must be got first")


def test_it_passes_its_own_check_or_says_what_is_missing(snapshots):
    try:
        snapshots.check()
    except ProblemError as error:
        assert isinstance(error.__cause__, FileNotFoundError) and "get it" in str(error)


def test_its_facts_are_known_with_and_without_the_data(snapshots):
    assert any("snapshot" in headers[0] for headers, _ in facts(snapshots))


def test_a_seed_gives_the_same_data_each_time(snapshots):
    first, again = data_of(snapshots), snapshots.data()
    assert all(torch.equal(one, other) for one, other in zip(first.samples, again.samples, strict=True))
    if snapshots.law is not None:
        assert not torch.equal(first.samples[0], snapshots.data(seed=1).samples[0])


def test_draws_of_the_law_are_of_the_populations_that_are_seen(snapshots):
    data = data_of(snapshots)
    if snapshots.law is None:
        pytest.skip("its law is not known")
    draws = snapshots.law(snapshots.params, data.times, 2000, 1)
    for cloud, draw in zip(data.samples, draws, strict=True):
        error = (draw.mean(0) - cloud.mean(0)) / (cloud.std(0) / len(cloud) ** 0.5)
        assert error.abs().max() < 4.5


def test_published_metrics_are_those_that_runs_have(snapshots):
    data = data_of(snapshots)
    times = [f"{time:g}" for time, _ in data.validation]
    known = {f"{kind} at t={time}" for kind in ("W2", "W1", "sliced W2") for time in times}
    assert {number.metric for number in snapshots.published} <= known


def test_the_truth_is_nearly_a_fixed_point(snapshots):
    """One fit to the bridge under the true reference stays within what finite snapshots tell."""
    if snapshots.truth is None or snapshots.name == "ou2d_aliased":
        pytest.skip("the truth is not known, or an alias of it is as good")
    known = snapshots.truth(snapshots.params)
    if set(known) != set(snapshots.family.parameters):
        pytest.skip("only some parameters are known")
    told = dataclasses.replace(snapshots, reference=snapshots.truth)
    method = dataclasses.replace(recommend(snapshots, "smoke"), paths_per_point=2)
    assert isinstance(method, IterativeReferenceRefinement)
    process = method.start(told, seed=0, device=torch.device("cpu"), dtype=torch.float64)
    law = process.law()
    again = law.maximize(2 * len(process.training.samples[0]), torch.Generator().manual_seed(0))
    moved = snapshots.family.natural(again) - snapshots.family.natural(snapshots.family.theta(known))
    size = snapshots.family.natural(snapshots.family.theta(known)).abs().max()
    assert float(moved.norm() / size) < 0.5


def test_a_smoke_run_is_nearer_to_what_is_held_out_than_brownian_motion(snapshots):
    data = data_of(snapshots)
    if not data.held_out or snapshots.reference is not None or snapshots.truth is None:
        pytest.skip("nothing is held out, or nothing is fitted, or the family is a guess")
    refined = physml.solve(snapshots, recommend(snapshots, "smoke"), budget="1h", tracker=Quiet())
    watched = [row["values"]["W2 here"] for row in refined.history]
    assert watched[-1] < 0.6 * watched[0]
