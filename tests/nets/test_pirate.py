"""PirateNets: linear at the start, closed forms, and a fitted output layer."""

import math

import pytest
import torch

from physml.nets import FourierFeatures, PirateNet, RandomWeightFactorisation, fit_output

FLOAT64 = torch.float64


def build(generator: torch.Generator, **settings) -> torch.nn.Module:
    return PirateNet(**{"width": 7, "depth": 3, **settings}).build(4, 2, generator).to(FLOAT64)


@pytest.mark.parametrize("activation", ["tanh", "silu", "sin"])
def test_with_alpha_zero_it_is_the_output_layer_of_its_inputs(activation, generator):
    network = build(generator, activation=activation)
    x, y = torch.randn(2, 5, 4, generator=generator, dtype=FLOAT64)
    torch.testing.assert_close(network(x), network.output(x))
    torch.testing.assert_close(network(2 * x - y), 2 * network(x) - network(y))


def test_alpha_learns_from_the_first_step_on(generator):
    network = build(generator)
    network(torch.randn(5, 4, generator=generator, dtype=FLOAT64)).square().sum().backward()
    assert all(block.alpha.grad.abs() > 1e-6 for block in network.blocks)


def test_a_block_is_its_closed_form(generator):
    network = build(generator, depth=1, alpha=0.3, activation="silu")
    x, s = torch.randn(5, 4, generator=generator, dtype=FLOAT64), torch.nn.functional.silu
    u, v = s(network.first_gate(x)), s(network.second_gate(x))
    block = network.blocks[0]
    f = s(block.first(x))
    g = s(block.second(f * u + (1 - f) * v))
    h = s(block.third(g * u + (1 - g) * v))
    torch.testing.assert_close(network(x), network.output(0.3 * h + 0.7 * x))


def test_with_alpha_one_no_block_sees_the_one_before_it_but_through_its_layers(generator):
    """With alpha = 1 and a third layer of zeros, what leaves a block is s(0) = 0, whatever came in."""
    network = build(generator, alpha=1.0)
    for parameter in network.blocks[-1].third.parameters():
        parameter.data.zero_()
    x = torch.randn(5, 4, generator=generator, dtype=FLOAT64)
    assert torch.equal(network(x), network.output(torch.zeros_like(x)))


@pytest.mark.parametrize("factorised", [False, True])
def test_a_fitted_output_layer_gives_what_its_features_span(factorised, generator):
    """cos(kx + c), k = 1, 2, is a combination of cos(kx) and sin(kx): no error is left; x^2 is none."""
    network = PirateNet(
        width=8, depth=2, features=FourierFeatures(4), factorisation=RandomWeightFactorisation(used=factorised)
    )
    network = network.build(1, 1, generator).to(FLOAT64)
    network.features.frequencies.data.copy_(torch.tensor([[1.0], [2.0]]))
    x = torch.linspace(-3, 3, 50, dtype=FLOAT64)[:, None]
    targets = 2 * torch.cos(x + 0.4) - torch.cos(2 * x + 1) + 0.7
    fit_output(network, x, targets)
    torch.testing.assert_close(network(x), targets, rtol=0, atol=1e-12)
    fit_output(network, x, x**2)
    left = network(x) - x**2
    basis = torch.cat([network.features(x), torch.ones_like(x)], 1)
    assert left.norm() > 0.1
    assert (basis.mT @ left).abs().max() < 1e-10  # orthogonal to the features: the least-squares fit


def test_a_weight_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="alpha"):
        PirateNet(alpha=math.nan)
