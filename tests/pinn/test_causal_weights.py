"""Causal weights: closed forms, their direction, and the annealing of epsilon (wang2024causal)."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.pinn import CausalWeights, EpsilonSchedule, causal_weights

losses_of = st.lists(st.floats(0.0, 1e3), min_size=2, max_size=12).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)


@given(losses=losses_of)
def test_epsilon_zero_weighs_all_alike(losses):
    assert torch.equal(causal_weights(losses, 0.0), torch.ones_like(losses))


@given(losses=losses_of, epsilon=st.floats(0.0, 100.0))
def test_weights_lie_in_zero_to_one_and_never_rise(losses, epsilon):
    weights = causal_weights(losses, epsilon)
    assert weights[0] == 1
    assert (weights > 0).all()
    assert (weights.diff() <= 1e-12).all()


@given(a=st.floats(0.0, 5.0), b=st.floats(0.0, 5.0), epsilon=st.floats(0.0, 2.0), start=st.floats(0.0, 3.0))
def test_three_slices_are_the_closed_form(a, b, epsilon, start):
    weights = causal_weights(torch.tensor([a, b, 7.0], dtype=torch.float64), epsilon, start)
    exponents = torch.tensor([start, start + a, start + a + b], dtype=torch.float64)
    torch.testing.assert_close(weights, torch.exp(-epsilon * exponents), rtol=1e-12, atol=0)


@given(losses=losses_of, data=st.data())
def test_a_loss_gates_later_slices_and_no_others(losses, data):
    index = data.draw(st.integers(0, len(losses) - 1))
    raised = losses.clone()
    raised[index] += 10.0
    before, after = causal_weights(losses, 1e-3), causal_weights(raised, 1e-3)
    torch.testing.assert_close(before[: index + 1], after[: index + 1], rtol=1e-12, atol=0)
    torch.testing.assert_close(after[index + 1 :], before[index + 1 :] * math.exp(-1e-2), rtol=1e-9, atol=0)


def test_weights_carry_no_gradient():
    losses = torch.ones(4, requires_grad=True)
    assert not causal_weights(losses, 1.0).requires_grad
    (causal_weights(losses, 1.0) * losses).sum().backward()
    torch.testing.assert_close(losses.grad, torch.exp(-torch.arange(4.0)))


def test_the_strictest_equation_counts():
    losses = torch.tensor([[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]])
    torch.testing.assert_close(causal_weights(losses, 1.0), torch.exp(-torch.tensor([0.0, 1.0, 3.0])))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_largest_losses_leave_weights_that_are_positive_numbers(dtype):
    weights = causal_weights(torch.tensor([1e30, 1e30, 1e30], dtype=dtype), 100.0)
    assert (weights > 0).all()
    torch.testing.assert_close(weights[1], torch.tensor(math.exp(-80.0), dtype=dtype))


@given(losses=losses_of, epsilon=st.floats(1e-6, 1e-3))
def test_every_weight_is_above_delta_when_the_sum_is_below_its_logarithm(losses, epsilon):
    bound, total = -math.log(0.99), epsilon * float(losses[:-1].sum())
    if abs(total - bound) > 1e-9:
        assert (float(causal_weights(losses, epsilon).min()) > 0.99) == (total < bound)


def test_levels_follow_one_another_and_the_last_one_solves():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(0.1, 1.0)))
    schedule.update(0.5)
    assert (schedule.epsilon, schedule.solved) == (0.1, False)
    schedule.update(0.995)
    assert (schedule.epsilon, schedule.solved) == (1.0, False)
    schedule.update(0.995)
    assert (schedule.epsilon, schedule.solved) == (1.0, True)


def test_the_last_level_is_solved_on_fresh_points_only():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(1.0,)))
    schedule.update(0.995, fresh=False)
    assert not schedule.solved
    schedule.update(0.995, fresh=True)
    assert schedule.solved


def test_a_level_is_left_when_its_steps_are_spent_but_not_the_last():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(0.1, 1.0), level_steps=3))
    for _ in range(3):
        assert schedule.epsilon == 0.1
        schedule.update(0.0)
    for _ in range(5):
        assert schedule.epsilon == 1.0
        schedule.update(0.0)
    assert not schedule.solved


@given(weights=st.lists(st.floats(0.98, 1.0), max_size=10))
def test_a_saved_schedule_goes_on_as_it_was(weights):
    settings = CausalWeights(epsilons=(0.1, 1.0, 10.0), level_steps=4)
    one, two = EpsilonSchedule(settings), EpsilonSchedule(settings)
    for weight in weights:
        one.update(weight)
    two.load_state_dict(one.state_dict())
    for schedule in (one, two):
        schedule.update(0.999)
    assert one.state_dict() == two.state_dict()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epsilons", ()),
        ("epsilons", (-1.0,)),
        ("epsilons", (math.nan,)),
        ("epsilons", (1.0, 0.1)),
        ("delta", 0.0),
        ("delta", 1.0),
        ("delta", math.nan),
        ("slices", 1),
    ],
)
def test_a_setting_outside_its_range_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        CausalWeights(**{name: value})


def test_a_gate_that_never_gates_is_said_at_the_first_step_only():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(1.0, 10.0), delta=0.9))
    open_gate = torch.tensor([1.0, 0.995])  # with epsilon = 10: 0.995^10 = 0.951
    assert "epsilon = 10 is too small" in schedule.trouble(open_gate)
    assert schedule.trouble(open_gate) == ""


def test_annealing_that_will_gate_is_no_trouble():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(1.0, 100.0), delta=0.9))
    assert schedule.trouble(torch.tensor([1.0, 0.995])) == ""  # 0.995^100 = 0.61


def test_a_gate_that_stays_closed_is_said_once():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(5.0,)))
    said = [schedule.trouble(torch.tensor([1.0, 0.0, 0.0])) for _ in range(1000)]
    assert [i for i, text in enumerate(said) if text] == [299]
    assert "epsilon = 5 times the losses is too large; anneal" in said[299]


def test_a_gate_that_opens_in_between_is_no_trouble():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(5.0,)))
    weights = [torch.tensor([1.0, 0.5 if step % 200 == 0 else 0.0]) for step in range(1000)]
    assert not any(schedule.trouble(w) for w in weights)


def test_levels_that_the_weights_pass_already_are_skipped():
    """exp(-0.1 S) = 0.9999 means exp(-S) = 0.999 and exp(-100 S) = 0.90."""
    schedule = EpsilonSchedule(CausalWeights(epsilons=(0.1, 1.0, 100.0, 1000.0)))
    schedule.update(0.9999)
    assert (schedule.epsilon, schedule.solved) == (100.0, False)


def test_a_level_of_zero_does_not_tell_of_the_next():
    schedule = EpsilonSchedule(CausalWeights(epsilons=(0.0, 1.0, 2.0)))
    schedule.update(1.0)
    assert schedule.epsilon == 1.0
