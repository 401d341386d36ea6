"""Embeddings: what is periodic or even stays so in every derivative."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.diff import jet_derivatives, make_plan
from physml.nets import MLP, Embedding
from physml.problem import Axis

NAMES = ["x" * order for order in range(5)]
PLAN = make_plan(NAMES, ("t", "x"))


def derivatives_at(function, x: float) -> torch.Tensor:
    values = jet_derivatives(function, torch.tensor([[0.3, x]], dtype=torch.float64), PLAN)
    return torch.stack([values[name].flatten() for name in NAMES])


def network_on(axis: Axis, modes: int = 3):
    embedding = Embedding((Axis("t", 0.0, 1.0), axis), modes)
    network = MLP(width=8, depth=2).build(embedding.size, 1, torch.Generator().manual_seed(1)).double()
    return lambda points: network(embedding(points))


@given(x=st.floats(-1.0, 2.0), length=st.floats(0.5, 10.0))
def test_value_and_four_derivatives_are_periodic(x, length):
    function = network_on(Axis("x", -0.7, -0.7 + length, periodic=True))
    here, there = derivatives_at(function, x), derivatives_at(function, x + length)
    scale = (2 * math.pi * 3 / length) ** torch.arange(5.0, dtype=torch.float64)[:, None]
    assert ((here - there).abs() <= 1e-12 * scale).all()


@pytest.mark.parametrize("at", [0.5, 2.0, -1.0])
def test_odd_derivatives_of_an_even_axis_vanish_at_centre_and_ends(at):
    derivatives = derivatives_at(network_on(Axis("x", -1.0, 2.0, periodic=True, even=True)), at)
    assert derivatives[1::2].abs().max() < 1e-11 * derivatives.abs().max()
    assert derivatives[2].abs() > 1e-3


def test_a_plain_axis_is_scaled_to_minus_one_and_one():
    embedding = Embedding((Axis("x", 2.0, 6.0),), modes=1)
    torch.testing.assert_close(embedding(torch.tensor([[2.0], [4.0], [6.0]])).flatten(), torch.tensor([-1.0, 0.0, 1.0]))


def test_jets_of_the_waves_are_their_closed_forms():
    embedding = Embedding((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True)), modes=2)
    derivatives = derivatives_at(embedding, 0.4)
    for column, k in ((1, math.pi), (3, 2 * math.pi)):
        angle = torch.tensor(0.4 * k, dtype=torch.float64)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        for order, wave in enumerate((cosine, -sine, -cosine, sine, cosine)):
            torch.testing.assert_close(derivatives[order, column], k**order * wave)
        for order, wave in enumerate((sine, cosine, -sine, -cosine, sine)):
            torch.testing.assert_close(derivatives[order, column + 1], k**order * wave)


def test_two_periodic_axes_give_every_product_once(generator):
    axes = (Axis("x", 0.0, 1.0, periodic=True), Axis("y", 0.0, 2.0, periodic=True, even=True))
    embedding = Embedding(axes, modes=2)
    features = embedding(torch.rand(400, 2, generator=generator, dtype=torch.float64))
    assert features.shape[1] == embedding.size == 5 * 3 - 1
    assert torch.linalg.matrix_rank(features) == embedding.size


def test_no_modes_are_refused():
    with pytest.raises(ValueError, match="modes >= 1"):
        Embedding((Axis("x", 0.0, 1.0, periodic=True),), modes=0)
