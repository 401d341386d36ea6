"""When a start is built into the ansatz, and that it then holds exactly."""

import dataclasses
import math

import pytest
import torch

from physml.pinn import MLP, PINN, LevenbergMarquardt, Sampling, Windows
from physml.pinn.initial import can_be_hard
from physml.problem import PDE, Axis, Condition, Domain, Semilinear

SMALL = PINN(network=MLP(6, 2), modes=2, sampling=Sampling(count=150), phases=(LevenbergMarquardt(steps=8),))


def first(points, p):
    return torch.sin(math.pi * points.x)


def second(points, p):
    return torch.cos(2 * math.pi * points.x) / 2


@pytest.fixture
def pair() -> PDE:
    """Two waves u + iv that turn and disperse: h_t = i h_xx / 20."""
    return PDE(
        name="pair",
        title="Pair",
        equation="h_t = i h_{xx} / 20",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))),
        fields=("u", "v"),
        residual=lambda u, v, p: {"real": u.t + v.xx / 20, "imaginary": v.t - u.xx / 20},
        conditions=(
            Condition("initial v", "t", 0.0, second, quantity=lambda u, v: v.value),
            Condition("initial u", "t", 0.0, first, quantity=lambda u, v: u.value),
        ),
    )


@pytest.mark.parametrize("splitting", [None, Semilinear(lambda k, p: -0.05j * k**2)])
def test_the_start_of_every_field_holds_exactly(pair, run, splitting):
    process = run(pair.replace(semilinear=splitting), SMALL)
    x = torch.linspace(-1, 1, 11, dtype=torch.float64)
    values = process.solution.evaluate(torch.stack([torch.zeros_like(x), x], -1))
    truth = torch.stack([torch.sin(math.pi * x), torch.cos(2 * math.pi * x) / 2], -1)
    torch.testing.assert_close(values, truth, rtol=0, atol=1e-12)


def test_a_complex_splitting_of_the_whole_equation_solves_it_before_training(pair, start):
    process = start(pair.replace(semilinear=Semilinear(lambda k, p: -0.05j * k**2)), SMALL)
    x = torch.linspace(-1, 1, 11, dtype=torch.float64)
    values = process.solution.evaluate(torch.stack([torch.ones_like(x), x], -1))
    turn = 0.05 * math.pi**2
    h = torch.sin(math.pi * x) * complex(math.cos(turn), -math.sin(turn))
    h = h + 0.5j * torch.cos(2 * math.pi * x) * complex(math.cos(4 * turn), -math.sin(4 * turn))
    torch.testing.assert_close(values, torch.stack([h.real, h.imag], -1), rtol=0, atol=1e-10)


def test_a_window_starts_where_the_one_before_ended(pair, run):
    process = run(pair, dataclasses.replace(SMALL, windows=Windows(2)))
    before, after = process.pieces
    points = torch.tensor([[0.5, x] for x in (-0.7, 0.0, 0.4)], dtype=torch.float64)
    torch.testing.assert_close(after.evaluate(points), before.evaluate(points), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "conditions",
    [
        (
            Condition("twice u", "t", 0.0, first, lambda u, v: 2 * u.value),
            Condition("v", "t", 0.0, second, lambda u, v: v.value),
        ),
        (Condition("speed", "t", 0.0, first, lambda u, v: u.t), Condition("v", "t", 0.0, second, lambda u, v: v.value)),
        (Condition("u", "t", 1.0, first, lambda u, v: u.value), Condition("v", "t", 0.0, second, lambda u, v: v.value)),
        (Condition("v", "t", 0.0, second, lambda u, v: v.value),),
    ],
)
def test_only_initial_values_of_all_fields_can_be_built_in(pair, conditions):
    assert can_be_hard(pair) == ""
    assert can_be_hard(pair.replace(conditions=conditions)) == "it takes one initial value for each field"
