"""Networks: closed forms, initialisation, reproducible bits."""

import pytest
import torch

from physml.nets import MLP, ModifiedMLP, count_parameters
from physml.nets.perceptron import glorot


def test_a_modified_network_of_depth_one_is_its_closed_form(generator):
    network = ModifiedMLP(width=7, depth=1).build(3, 2, generator)
    x = torch.randn(4, 3, generator=generator)
    u, v = torch.tanh(network.first_gate(x)), torch.tanh(network.second_gate(x))
    z = torch.tanh(network.hidden[0](x))
    torch.testing.assert_close(network(x), network.output(z * u + (1 - z) * v))


def test_equal_gates_make_the_hidden_layers_irrelevant(generator):
    network = ModifiedMLP(width=7, depth=3).build(3, 2, generator)
    network.second_gate.load_state_dict(network.first_gate.state_dict())
    x = torch.randn(4, 3, generator=generator)
    torch.testing.assert_close(network(x), network.output(torch.tanh(network.first_gate(x))))


@pytest.mark.parametrize(("inputs", "outputs"), [(200, 300), (400, 100)])
def test_glorot_weights_have_the_right_spread(inputs, outputs, generator):
    layer = glorot(inputs, outputs, generator)
    weight, variance = layer.weight.detach(), 2 / (inputs + outputs)
    assert float(weight.var()) == pytest.approx(variance, rel=0.03)
    assert abs(float(weight.mean())) < 4 * (variance / weight.numel()) ** 0.5
    assert not layer.bias.any()


@pytest.mark.parametrize("settings", [MLP(), ModifiedMLP()])
def test_the_same_seed_gives_the_same_bits_and_leaves_the_global_generator_alone(settings):
    before = torch.get_rng_state()
    one, two = (settings.build(2, 1, torch.Generator().manual_seed(5)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_parameters_are_counted():
    network = MLP(width=20, depth=3).build(2, 1, torch.Generator())
    assert count_parameters(network) == 2 * 20 + 20 + 2 * (20 * 20 + 20) + 20 + 1


def test_a_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="depth >= 1"):
        MLP(depth=0)
