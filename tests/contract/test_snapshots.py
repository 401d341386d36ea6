"""What every problem on snapshots promises."""

import dataclasses

import pytest
import torch

import physml
from physml import catalog
from physml.bridge import IterativeReferenceRefinement
from physml.numerics.transport import emd
from physml.problem.facts import facts
from physml.solving import recommend
from physml.train import Quiet

pytestmark = pytest.mark.filterwarnings("ignore::physml.bridge.AliasingWarning")


def data_of(problem, seed=0):
    try:
        return problem.data(seed)
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_its_facts_are_told(snapshots):
    data = data_of(snapshots)
    tables = dict(facts(snapshots))
    assert len(tables[("snapshot", "time", "points", "")]) == len(data.times)


def test_seeds_draw_simulated_data_anew_and_the_same_seed_the_same(snapshots):
    one, again, other = data_of(snapshots, 0), data_of(snapshots, 0), data_of(snapshots, 1)
    assert all(torch.equal(a, b) for a, b in zip(one.samples, again.samples, strict=True))
    simulated = snapshots.law is not None
    if simulated:
        assert not torch.equal(one.samples[0], other.samples[0])


def test_fresh_draws_of_the_law_are_as_near_to_the_data_as_draws_are_to_each_other(snapshots):
    if snapshots.law is None:
        pytest.skip("its law is not known")
    data = data_of(snapshots)
    count = len(data.samples[0])
    draws = snapshots.law(snapshots.params, data.times[1:], 2 * count, 77)
    for cloud, draw in zip(data.samples[1:], draws, strict=True):
        floor = emd(draw[:count], draw[count:])
        assert emd(draw[:count], cloud) < 2.5 * floor


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
    refined = physml.solve(snapshots, budget="smoke", tracker=Quiet())
    watched = [row["values"]["W2 here"] for row in refined.history]
    assert watched[-1] < 0.6 * watched[0]


def test_it_loads_from_its_name():
    assert catalog.load("lotka_volterra").states == ("prey", "predators")
