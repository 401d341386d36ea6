"""The gate: slices of points in time, their weights, and what is remembered of them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.pinn import CausalWeights, causal_weights
from physml.pinn.gate import Gate

FLOAT64 = torch.float64


@given(count=st.integers(40, 200), slices=st.integers(2, 40), seed=st.integers(0, 100))
def test_the_weighted_mean_over_points_is_that_over_slices(count, slices, seed):
    gate = Gate(CausalWeights(epsilons=(0.5,), slices=slices))
    squares = torch.rand(count, 2, generator=torch.Generator().manual_seed(seed), dtype=FLOAT64)
    losses = torch.stack([part.mean(0) for part in gate.slices(squares)])
    weights = gate.weights(squares, 0.0)
    assert torch.equal(weights, causal_weights(losses, 0.5))
    sizes = torch.tensor([len(s) for s in gate.slices(squares)])
    assert int(sizes.sum()) == count
    assert sizes.max() - sizes.min() <= 1
    by_points = (gate.spread(weights, count)[:, None] * squares).sum(0)
    torch.testing.assert_close(by_points, (sizes[:, None] * weights[:, None] * losses).sum(0))


def test_an_initial_loss_gates_all_slices_but_only_where_it_is_to():
    squares = torch.ones(8, 1, dtype=FLOAT64)
    for gates, factor in ((True, 0.5), (False, 1.0)):
        gate = Gate(CausalWeights(epsilons=(1.0,), slices=4, gate_initial=gates))
        weights = gate.weights(squares, 0.6931471805599453)
        torch.testing.assert_close(weights, factor * torch.exp(-torch.arange(4, dtype=FLOAT64)))


def test_without_settings_all_times_weigh_alike():
    gate = Gate(None)
    weights = gate.weights(torch.rand(100, 1), 5.0)
    assert len(weights) == 32
    assert torch.equal(gate.spread(weights, 100), torch.ones(100))
    assert not gate.solved
    assert gate.update(weights, fresh=True) == {}


def test_a_snapshot_holds_the_means_of_the_slices():
    gate = Gate(CausalWeights(epsilons=(1.0,), slices=2))
    times, rates = torch.tensor([0.0, 0.2, 0.6, 1.0]), torch.tensor([1.0, 3.0, 5.0, 9.0])
    squares = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [3.0, 0.0]])
    gate.remember(7, times, squares, torch.tensor([1.0, 1.0, 0.25, 0.25]), rates)
    (snapshot,) = gate.snapshots
    assert (snapshot["step"], snapshot["window"]) == (7, 0)
    expected = [[0.1, 0.8], [1.5, 2.0], [1.0, 0.25], [2.0, 7.0]]
    torch.testing.assert_close(snapshot["slices"], torch.tensor(expected))


def test_a_snapshot_holds_the_means_of_the_times_where_slices_share_them():
    """Slices of a time that differ in space only would be a jagged curve over time."""
    gate = Gate(CausalWeights(epsilons=(1.0,), slices=4))
    times, squares = torch.tensor([0.0, 1.0]).repeat_interleave(6), torch.arange(12.0)[:, None]
    weights = gate.spread(torch.tensor([1.0, 0.5, 0.25, 0.0]), 12)
    gate.remember(0, times, squares, weights, 2 * squares[:, 0])
    expected = [[0.0, 1.0], [2.5, 8.5], [0.75, 0.125], [5.0, 17.0]]
    torch.testing.assert_close(gate.snapshots[0]["slices"], torch.tensor(expected))


def test_snapshots_belong_to_few_steps():
    gate = Gate(None)
    assert [step for step in range(101) if gate.is_remembered(step)] == [0, 1, 3, 10, 30, 100]


@pytest.mark.filterwarnings("ignore:the causal weights never gate")
def test_a_new_window_begins_with_the_first_epsilon_and_keeps_the_snapshots():
    gate = Gate(CausalWeights(epsilons=(1.0, 10.0), slices=2))
    open_weights = torch.ones(2)
    for _ in range(2):
        gate.update(open_weights, fresh=True)
    gate.remember(0, torch.ones(2), torch.ones(2, 1), open_weights, torch.ones(2))
    assert gate.solved
    gate.open_window(1)
    assert not gate.solved
    assert gate.schedule.epsilon == 1.0
    assert len(gate.snapshots) == 1
    other = Gate(gate.settings)
    other.load_state_dict(gate.state_dict(), 1)
    assert other.window == 1
    assert other.state_dict()["schedule"] == gate.state_dict()["schedule"]
