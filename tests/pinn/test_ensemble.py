"""Seeds in one batch: each as if it were alone, with its own points, weights and end."""

import dataclasses

import pytest
import torch

from physml.pinn import (
    MLP,
    PINN,
    SOAP,
    Adam,
    CausalPINN,
    CausalWeights,
    FourierFeatures,
    GradientNorm,
    LevenbergMarquardt,
    ModifiedMLP,
    RandomWeightFactorisation,
    Sampling,
    Windows,
)
from physml.pinn.ensemble import Ensemble, batchable

SMALL = {
    "network": MLP(width=6, depth=1),
    "modes": 1,
    "phases": (Adam(steps=20, learning_rate=1e-2),),
    "sampling": Sampling(count=64, condition_count=20, period=6),
    "series_modes": 64,
}
SEEDS = (3, 0, 7)


def compare(start, problem, method, seeds=SEEDS, rel=1e-10) -> Ensemble:
    """Step a batch and each of its seeds alone, to the end; everything that a step reports must agree."""
    alone = [start(problem, method, seed) for seed in seeds]
    ensemble = Ensemble([start(problem, method, seed) for seed in seeds])
    while not ensemble.finished:
        together = ensemble.step()
        assert list(together) == [index for index, process in enumerate(alone) if not process.finished]
        for index, step in together.items():
            expected = alone[index].step()
            assert step.losses == pytest.approx(expected.losses, rel=rel, abs=0)
            assert step.values == pytest.approx(expected.values, rel=rel, abs=0)
            assert dataclasses.replace(step, losses={}, values={}) == dataclasses.replace(
                expected, losses={}, values={}
            )
    assert all(process.finished for process in alone)
    for process, other in zip(ensemble.processes, alone, strict=True):
        for name, ours in process.solution.weights().items():
            torch.testing.assert_close(ours, other.solution.weights()[name], rtol=1e-8, atol=1e-12)
    return ensemble


@pytest.mark.parametrize("initial", ["hard", "soft"])
@pytest.mark.parametrize("kind", [PINN, CausalPINN])
def test_a_batch_does_what_its_seeds_do_alone(heat, start, kind, initial):
    ensemble = compare(start, heat, kind(initial=initial, **SMALL))
    assert [process.done for process in ensemble.processes] == [20] * len(SEEDS)


@pytest.mark.parametrize(
    "changes",
    [
        {"network": ModifiedMLP(5, 1, features=FourierFeatures(8, trained=False))},
        {"network": MLP(5, 1, factorisation=RandomWeightFactorisation(used=True))},
        {"sampling": Sampling(count=40, candidates=3, period=4, condition_count=10)},
        {"balancing": GradientNorm(period=5)},
        {"phases": (Adam(steps=7), Adam(steps=13, learning_rate=1e-4, warm_up=3))},
    ],
    ids=["fixed features", "factorised", "adaptive points", "balanced", "two phases"],
)
def test_every_part_of_a_method_is_batched(heat, start, changes):
    compare(start, heat, PINN(**{**SMALL, "initial": "soft", **changes}))


@pytest.mark.filterwarnings("ignore:the causal weights")
def test_a_seed_that_is_solved_leaves_and_the_others_go_on(heat, start):
    """Epsilon is so small that a seed is solved once its sum of losses is below a bound, each at a step of its own."""
    causal = CausalWeights(epsilons=(1e-3,), delta=0.99, slices=8)
    method = CausalPINN(causal=causal, **{**SMALL, "initial": "soft", "phases": (Adam(steps=60, learning_rate=1e-2),)})
    method = dataclasses.replace(method, sampling=Sampling(count=64, condition_count=20, period=1))
    ensemble = compare(start, heat, method, seeds=range(4), rel=1e-8)
    lengths = {process.done for process in ensemble.processes}
    assert len(lengths) > 2 and not ensemble.outcomes


def test_a_seed_that_diverges_leaves_with_its_last_finite_state(heat, start):
    method = PINN(initial="soft", **SMALL)
    ensemble = Ensemble([start(heat, method, seed) for seed in SEEDS])
    for _ in range(4):
        ensemble.step()
    before = ensemble.rows.detach().clone()
    ensemble.step()
    ensemble.processes[1].ansatz.network.output.bias.data.fill_(torch.nan)
    while not ensemble.finished:
        ensemble.step()
    assert ensemble.outcomes == {1: "not a number: start at step 6 (Adam)"}
    torch.testing.assert_close(ensemble.processes[1].ansatz.network.output.bias.data, before[1, -1:], rtol=0, atol=0)
    for index in (0, 2):
        alone = start(heat, method, SEEDS[index])
        while not alone.finished:
            alone.step()
        ours, theirs = (p.solution.weights() for p in (ensemble.processes[index], alone))
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-12)


def test_a_batch_whose_seeds_all_diverge_ends(heat, start):
    ensemble = Ensemble([start(heat, PINN(initial="soft", **SMALL), seed) for seed in SEEDS])
    for process in ensemble.processes:
        process.ansatz.network.output.bias.data.fill_(torch.nan)
    assert ensemble.step() == {} and ensemble.finished
    assert len(ensemble.outcomes) == len(SEEDS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"windows": Windows(2)}, "one time window, given 2; use physml.sweep"),
        ({"phases": (Adam(), LevenbergMarquardt())}, "phases of Adam only, given LevenbergMarquardt; use physml.sweep"),
        ({"phases": (SOAP(),)}, "phases of Adam only, given SOAP"),
        ({"engine": "autograd"}, "engine='jets', given 'autograd'; use physml.sweep"),
    ],
)
def test_what_cannot_be_batched_is_refused_with_the_way_out(changes, message):
    with pytest.raises(ValueError, match=message):
        batchable(PINN(**{**SMALL, **changes}))


def test_other_methods_are_refused():
    with pytest.raises(ValueError, match="need a PINN, given MLP; use physml"):
        batchable(MLP())
