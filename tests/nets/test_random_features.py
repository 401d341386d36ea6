"""Random features: linear in what is trained, and orthonormal in the norm that is wanted."""

import pytest
import torch

from physml.diff import Bundle, Jet
from physml.nets import RandomFeatures


def build(settings: RandomFeatures, inputs: int = 1, outputs: int = 1, seed: int = 0):
    return settings.build(inputs, outputs, torch.Generator().manual_seed(seed))


def features(network, inputs) -> torch.Tensor:
    """Each mixed feature by itself: the network with one weight of 1."""
    return network._features(inputs) @ network.mixing


def nodes(count: int = 2000) -> torch.Tensor:
    return torch.rand(count, 1, generator=torch.Generator().manual_seed(5), dtype=torch.float64) * 2 - 1


def test_it_starts_at_zero_and_is_linear_in_its_weights():
    network, z = build(RandomFeatures(width=4), 2, 3), torch.rand(6, 2, dtype=torch.float64)
    assert not network(z).any()
    with torch.no_grad():
        network.weight.copy_(torch.rand_like(network.weight))
        once = network(z)
        network.weight.mul_(3)
    torch.testing.assert_close(network(z), 3 * once)


def test_only_the_output_layer_is_trained():
    assert [name for name, _ in build(RandomFeatures()).named_parameters()] == ["weight"]


def test_the_features_are_orthonormal_in_the_mean():
    found = features(build(RandomFeatures(width=5)), nodes())
    torch.testing.assert_close(found.mT @ found / len(found), torch.eye(6).double(), rtol=0, atol=0.4)


def test_after_the_ramp_the_derivatives_of_the_ramped_features_are():
    network = build(RandomFeatures(width=5))
    network.ramp()
    z = -torch.cos(torch.pi * (torch.arange(4000).double()[:, None] + 0.5) / 4000)
    jet = features(network, Jet.seed(z, [Bundle(((1.0,),), 1)]))
    derivative = jet.primal + (1 + z) * jet.derivative(order=1)
    torch.testing.assert_close(derivative.mT @ derivative / len(z), torch.eye(6).double(), rtol=0, atol=1e-2)


def test_a_smooth_function_of_time_is_fitted_to_many_digits():
    z = torch.linspace(-1, 1, 60, dtype=torch.float64)[:, None]
    basis = features(build(RandomFeatures(width=12)), z)
    target = torch.exp(z) * torch.cos(2 * z)
    left = target - basis @ torch.linalg.lstsq(basis, target).solution
    assert float(left.abs().max()) < 1e-5


@pytest.mark.parametrize("settings", [{"width": 0}, {"spread": 0.0}])
def test_settings_outside_their_range_are_named(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        RandomFeatures(**settings)
