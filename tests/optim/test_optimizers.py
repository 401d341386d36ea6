"""All optimisers: what they promise of each step."""

import copy
import io
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from physml.nets import MLP
from physml.optim import (
    SOAP,
    Adam,
    Block,
    LevenbergMarquardt,
    Phases,
    SSBroyden,
    levenberg_marquardt,
    residual_block,
)


class Unknowns(nn.Module):
    """A module that is nothing but its parameters."""

    def __init__(self, *values: float) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.tensor(values, dtype=torch.float64))


def rows(function, count: int = 1, width: int = 2) -> list[Block]:
    """One block of ``function(values, data)`` with unit weights."""
    data = torch.arange(count, dtype=torch.float64)[:, None]
    weights = torch.ones(count, width, dtype=torch.float64)
    return [Block(lambda parameters, x: function(parameters["values"], x), data, weights)]


def rosenbrock(values, x):
    return torch.stack([10 * (values[1] - values[0] ** 2), 1 - values[0]]) + 0 * x


def line(values, x):
    return values[0] + values[1] * x - 3 + 0.5 * x


def test_a_linear_problem_is_solved_to_round_off_in_a_few_steps():
    module = Unknowns(5.0, -4.0)
    optimizer = LevenbergMarquardt(damping=1e-6).start(module)
    losses = [optimizer.step(rows(line, 10, 1))["loss"] for _ in range(4)]
    assert losses[-1] < 1e-25
    torch.testing.assert_close(module.values.detach(), torch.tensor([3.0, -0.5], dtype=torch.float64))


@pytest.mark.parametrize("acceleration", [0.0, 0.75])
def test_the_valley_of_rosenbrock_is_followed_to_its_end(acceleration):
    module = Unknowns(-1.2, 1.0)
    optimizer = LevenbergMarquardt(acceleration=acceleration).start(module)
    for _ in range(60):
        optimizer.step(rows(rosenbrock))
    torch.testing.assert_close(module.values.detach(), torch.ones(2, dtype=torch.float64), rtol=0, atol=1e-12)


@given(x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_the_loss_never_rises(x, y):
    optimizer = LevenbergMarquardt().start(Unknowns(x, y))
    losses = [optimizer.step(rows(rosenbrock))["loss"] for _ in range(15)]
    assert losses == sorted(losses, reverse=True)


def test_an_acceleration_that_is_not_small_is_left_out(monkeypatch):
    def landing(acceleration: float) -> torch.Tensor:
        module = Unknowns(0.9, 1.0)
        LevenbergMarquardt(damping=1e3, acceleration=acceleration).start(module).step(rows(rosenbrock))
        return module.values.detach()

    plain = landing(0.0)
    assert not torch.equal(landing(1e6), plain)
    assert torch.equal(landing(1e-12), plain)


def test_the_second_derivative_along_a_step_is_that_of_the_residuals():
    velocity = torch.tensor([0.3, -0.7], dtype=torch.float64)
    parameters = {"values": torch.tensor([0.5, 2.0], dtype=torch.float64)}
    (bend,) = levenberg_marquardt._second_derivative(rows(rosenbrock), parameters, velocity)
    torch.testing.assert_close(bend, torch.tensor([[-20 * 0.3**2, 0.0]], dtype=torch.float64), rtol=0, atol=1e-10)


def test_damping_falls_after_an_accepted_step():
    optimizer = LevenbergMarquardt(damping=1.0, decrease=5.0).start(Unknowns(5.0, -4.0))
    assert optimizer.step(rows(line, 10, 1))["damping"] == pytest.approx(0.2)


def test_refused_steps_leave_the_parameters_alone_and_raise_the_damping():
    module = Unknowns(3.0, -0.5)  # the solution: nothing is better
    optimizer = LevenbergMarquardt(damping=1.0, increase=3.0, trials=2).start(module)
    before = module.values.detach().clone()
    assert optimizer.step(rows(line, 10, 1))["damping"] > 1.0
    assert torch.equal(module.values.detach(), before)


def test_after_many_refused_steps_new_rows_are_still_solved():
    module = Unknowns(3.0, -0.5)
    optimizer = LevenbergMarquardt().start(module)
    for _ in range(100):
        optimizer.step(rows(line, 10, 1))
    for _ in range(20):
        loss = optimizer.step(rows(lambda values, x: line(values, x) + 1, 10, 1))["loss"]
    assert loss < 1e-20


def test_residuals_that_are_not_numbers_are_reported_and_change_nothing():
    module = Unknowns(-1.0, 2.0)
    optimizer = LevenbergMarquardt().start(module)
    report = optimizer.step(rows(lambda values, x: torch.log(values[0]) + x, 3, 1))
    assert math.isnan(report["loss"])
    assert module.values.tolist() == [-1.0, 2.0]


def test_adam_is_torchs_adam_with_a_decaying_rate_bit_by_bit():
    ours, theirs = Unknowns(-1.2, 1.0), Unknowns(-1.2, 1.0)
    optimizer = Adam(learning_rate=0.01, decay=0.5, decay_steps=10).start(ours)
    oracle = torch.optim.Adam(theirs.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(oracle, lambda step: 0.5 ** (step / 10))
    for step in range(25):
        report = optimizer.step(rows(rosenbrock))
        assert report["learning_rate"] == pytest.approx(0.01 * 0.5 ** (step / 10))
        oracle.zero_grad()
        loss = (rosenbrock(theirs.values, torch.zeros(1)) ** 2).sum()
        loss.backward()
        oracle.step()
        schedule.step()
        assert report["loss"] == loss.item()
    assert torch.equal(ours.values, theirs.values)


def test_the_rate_warms_up_linearly_and_then_decays():
    settings = Adam(learning_rate=2.0, decay=0.25, decay_steps=10, warm_up=4)
    rates = [settings.rate(step) for step in (0, 1, 3, 20)]
    assert rates == pytest.approx([0.5, 1.0 * 0.25**0.1, 2.0 * 0.25**0.3, 2.0 * 0.25**2])


@pytest.mark.parametrize("settings", [Adam(), SOAP()])
def test_first_order_methods_report_what_is_not_a_number_and_change_nothing(settings):
    module = Unknowns(-1.0, 2.0)
    report = settings.start(module).step(rows(lambda values, x: torch.log(values[0]) + x, 3, 1))
    assert math.isnan(report["loss"])
    assert module.values.tolist() == [-1.0, 2.0]


EVERY = [
    Adam(learning_rate=0.1),
    SOAP(learning_rate=0.1, warm_up=3),
    SSBroyden(),
    LevenbergMarquardt(),
    LevenbergMarquardt(solver="woodbury", momentum=0.5),
    LevenbergMarquardt(solver="qr"),
    LevenbergMarquardt(solver="sketch", sketch_rows=7),
]


@pytest.mark.parametrize("settings", EVERY, ids=repr)
def test_a_saved_state_goes_on_bit_equal(settings, generator, one_thread):
    """A network, so that there are matrices and vectors; through a file, as checkpoints are."""
    network = MLP(width=5, depth=2).build(1, 1, generator).double()
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    data = {"x": x, "y": torch.sin(3 * x)}

    def blocks(module: nn.Module) -> list[Block]:
        return [residual_block(module, lambda net, d: net(d["x"]) - d["y"], data)]

    optimizer, same = settings.start(network), blocks(network)
    for _ in range(6):
        optimizer.step(same)
    file = io.BytesIO()
    torch.save({"optimizer": optimizer.state_dict(), "network": network.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    other = copy.deepcopy(network)
    other.load_state_dict(saved["network"])
    resumed = settings.start(other)
    resumed.load_state_dict(saved["optimizer"])
    anew = blocks(other)
    for _ in range(6):
        assert optimizer.step(same) == resumed.step(anew)
    for ours, theirs in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("settings", EVERY, ids=repr)
def test_frozen_parameters_stay(settings, generator):
    network = MLP(width=5, depth=2).build(1, 1, generator).double()
    frozen, *_, free = network.parameters()
    frozen.requires_grad_(False)
    before, was = frozen.clone(), free.detach().clone()
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    optimizer, block = settings.start(network), residual_block(network, lambda net, x: net(x) - torch.sin(3 * x), x)
    for _ in range(3):
        optimizer.step([block])
    assert torch.equal(frozen, before)
    assert not torch.equal(free, was)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Adam(learning_rate=0.0),
        lambda: Adam(decay=1.5),
        lambda: Adam(warm_up=-1),
        lambda: SOAP(frequency=0),
        lambda: SOAP(largest_basis=-1),
        lambda: SSBroyden(steps=0),
        lambda: LevenbergMarquardt(damping=0.0),
        lambda: LevenbergMarquardt(increase=1.0),
        lambda: LevenbergMarquardt(trials=0),
        lambda: LevenbergMarquardt(momentum=1.0),
        lambda: LevenbergMarquardt(sketch_rows=0),
        lambda: Phases(()),
    ],
)
def test_settings_outside_their_range_are_refused_in_one_line(make):
    with pytest.raises(ValueError, match=r"^needs .* given.*$") as refused:
        make()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("settings", "field"), [(SSBroyden(), "variant"), (LevenbergMarquardt(), "solver")])
def test_names_that_do_not_exist_are_refused_with_those_that_do(settings, field):
    object.__setattr__(settings, field, "simplex")  # the constructor's types are checked before, in tests only
    with pytest.raises(ValueError, match=rf"^needs .*'(bfgs|qr)'.*given.*{field}='simplex'"):
        settings.__post_init__()
