"""Random Fourier features and random weight factorisation: closed forms and distributions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.nets import MLP, FourierFeatures, ModifiedMLP, PirateNet, RandomWeightFactorisation, count_parameters
from physml.nets.factorisation import FactorisedLinear

FLOAT64 = torch.float64
FACTORISED = RandomWeightFactorisation(used=True, mean=0.7, std=0.2)
NETWORKS = [MLP, ModifiedMLP, PirateNet]


def test_features_are_cosines_and_sines_of_the_frequencies(generator):
    module = FourierFeatures(6, scale=2.0).build(3, generator)
    x = torch.randn(5, 3, generator=generator)
    angles = x @ module.frequencies.mT
    torch.testing.assert_close(module(x), torch.cat([angles.cos(), angles.sin()], 1))


@given(axis=st.integers(0, 2), seed=st.integers(0, 1000))
def test_each_feature_has_the_period_of_its_frequency(axis, seed):
    module = FourierFeatures(8).build(3, torch.Generator().manual_seed(seed)).to(FLOAT64)
    for feature in range(4):
        step = torch.zeros(3, dtype=FLOAT64)
        step[axis] = 2 * math.pi / module.frequencies[feature, axis].detach()
        x = torch.linspace(-1, 1, 12, dtype=FLOAT64).reshape(4, 3)
        here, there = module(x), module(x + step)
        for column in (feature, feature + 4):
            torch.testing.assert_close(here[:, column], there[:, column], rtol=0, atol=1e-11)


def test_products_of_features_are_a_kernel_of_the_distance(generator):
    """The mean of cos(B(x - y)) over normal frequencies is exp(-sigma^2 |x - y|^2 / 2)."""
    module, count = FourierFeatures(20_000, scale=1.5).build(2, generator), 10_000
    x, y = torch.randn(2, 30, 2, generator=generator) / 2
    found = (module(x) * module(y)).sum(1) / count
    expected = torch.exp(-(1.5**2) * (x - y).square().sum(1) / 2)
    torch.testing.assert_close(found, expected, rtol=0, atol=4 / math.sqrt(2 * count))


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("trained", [True, False])
def test_a_network_on_features_is_one_of_more_inputs(kind, trained, generator):
    settings = kind(width=5, depth=2, features=FourierFeatures(8, trained=trained))
    network = settings.build(3, 1, generator)
    wide = kind(width=5, depth=2).build(8, 1, generator)
    wide.load_state_dict({k: v for k, v in network.state_dict().items() if k != "features.frequencies"})
    x = torch.randn(5, 3, generator=generator)
    torch.testing.assert_close(network(x), wide(network.features(x)))
    assert count_parameters(network) - count_parameters(wide) == (4 * 3 if trained else 0)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_factorised_network_starts_as_the_network_it_factorises(kind, generator):
    seeds = [torch.Generator().manual_seed(5) for _ in range(2)]
    plain = kind(width=9, depth=2).build(3, 2, seeds[0])
    factorised = kind(width=9, depth=2, factorisation=FACTORISED).build(3, 2, seeds[1])
    x = torch.randn(20, 3, generator=generator)
    torch.testing.assert_close(plain(x), factorised(x), rtol=1e-6, atol=1e-6)
    assert not any(isinstance(module, torch.nn.Linear) for module in factorised.modules())
    layers = [module for module in plain.modules() if isinstance(module, torch.nn.Linear)]
    assert count_parameters(factorised) == count_parameters(plain) + sum(layer.out_features for layer in layers)


def test_scales_are_log_normal(generator):
    layer = FACTORISED.apply(torch.nn.Sequential(torch.nn.Linear(1, 20_000)), generator)[0]
    logs = layer.scales.detach().log()
    assert float(logs.mean()) == pytest.approx(0.7, abs=4 * 0.2 / math.sqrt(20_000))
    assert float(logs.std()) == pytest.approx(0.2, rel=0.03)


def test_gradient_descent_moves_a_row_as_if_its_rate_were_larger(generator):
    """To first order in the rate: dw = -rate (s^2 + v v^T) dL/dw, so s^2 + |v|^2 times as far along v."""
    plain = torch.nn.Linear(4, 3).to(FLOAT64)
    layer = FactorisedLinear(plain, torch.tensor([0.5, 1.0, 2.0], dtype=FLOAT64))
    x, y = torch.randn(6, 4, generator=generator, dtype=FLOAT64), torch.randn(6, 3, generator=generator, dtype=FLOAT64)
    for module in (plain, layer):
        (module(x) - y).square().sum().backward()
    rate, s, v = 1e-7, layer.scales.detach(), layer.directions.detach()
    moved = (s - rate * layer.scales.grad)[:, None] * (v - rate * layer.directions.grad) - s[:, None] * v
    slope = plain.weight.grad
    expected = -rate * (s[:, None] ** 2 * slope + v * (v * slope).sum(1, keepdim=True))
    torch.testing.assert_close(moved, expected, rtol=1e-5, atol=1e-10)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (FourierFeatures, {"count": 7}, "even"),
        (FourierFeatures, {"count": -2}, "count"),
        (FourierFeatures, {"scale": 0.0}, "scale"),
        (RandomWeightFactorisation, {"std": -0.1}, "std"),
        (RandomWeightFactorisation, {"mean": math.nan}, "mean"),
    ],
)
def test_settings_outside_their_range_are_refused(kind, settings, message):
    with pytest.raises(ValueError, match=message):
        kind(**settings)
