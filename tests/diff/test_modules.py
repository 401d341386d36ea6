"""Networks as users write them go through the jets unchanged, or say which operation has no rule."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from physml.diff import JetError, autograd_derivatives, jet_derivatives, make_plan


class Siren(nn.Module):
    def __init__(self, width=12, omega=10.0):
        super().__init__()
        self.omega = omega
        self.layers = nn.ModuleList([nn.Linear(2, width), nn.Linear(width, width)])
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        for layer in self.layers:
            x = torch.sin(self.omega * layer(x))
        return self.head(x)


class LayerNorm(nn.LayerNorm):
    """torch's own, written out for the oracle: nested reverse mode through the fused one is wrong from order 3 on."""

    def forward(self, x):
        if not isinstance(x, torch.Tensor):
            return super().forward(x)
        centred = x - x.mean(-1, keepdim=True)
        return centred * torch.rsqrt(centred.square().mean(-1, keepdim=True) + self.eps) * self.weight + self.bias


class ResidualLayerNorm(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.lift, self.head = nn.Linear(2, width), nn.Linear(width, 1)
        self.norms = nn.ModuleList([LayerNorm(width) for _ in range(2)])
        self.inner = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])

    def forward(self, x):
        x = self.lift(x)
        for norm, layer in zip(self.norms, self.inner, strict=True):
            x = x + functional.gelu(layer(norm(x)))
        return self.head(x)


class Attention(nn.Module):
    """Two tokens a point, one for each coordinate, that attend to one another."""

    def __init__(self, width=6):
        super().__init__()
        self.embed = nn.Linear(1, width)
        self.position = nn.Parameter(torch.randn(2, width))
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.head = nn.Linear(2 * width, 1)

    def forward(self, x):
        tokens = self.embed(x.unsqueeze(-1)) + self.position
        scores = self.query(tokens) @ self.key(tokens).mT / math.sqrt(tokens.shape[-1])
        mixed = torch.softmax(scores, dim=-1) @ self.value(tokens)
        return self.head(torch.tanh(mixed + tokens).flatten(-2))


class FusedAttention(Attention):
    def forward(self, x):
        tokens = self.embed(x.unsqueeze(-1)) + self.position
        mixed = functional.scaled_dot_product_attention(self.query(tokens), self.key(tokens), self.value(tokens))
        return self.head(torch.tanh(mixed + tokens).flatten(-2))


class Gated(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.left, self.right, self.head = nn.Linear(2, width), nn.Linear(2, width), nn.Linear(width, 1)
        self.frequencies = nn.Parameter(torch.randn(2, width // 2))

    def forward(self, x):
        waves = x @ self.frequencies
        features = torch.cat([torch.cos(waves), torch.sin(waves)], dim=-1)
        gate = torch.sigmoid(self.left(x))
        return self.head(gate * features + (1 - gate) * functional.silu(self.right(x)))


MODULES = [Siren, ResidualLayerNorm, Attention, FusedAttention, Gated]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("names", [["t", "xx"], ["tx", "xxxx", "laplacian"]])
def test_a_module_from_outside_agrees_with_nested_autograd(module, names, generator):
    torch.manual_seed(0)
    network = module().double()
    points = torch.rand(3, 2, generator=generator, dtype=torch.float64)
    jets = jet_derivatives(network, points, make_plan(names, ("t", "x")))
    for name, truth in autograd_derivatives(network, points, names, ("t", "x")).items():
        torch.testing.assert_close(jets[name], truth, rtol=1e-11, atol=1e-12 * float(truth.abs().max() + 1))


ACTIVATIONS = [nn.Tanh, nn.SiLU, nn.GELU, nn.Sigmoid, nn.Softplus, nn.Mish]


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**31 - 1),
    widths=st.lists(st.integers(2, 6), min_size=1, max_size=3),
    activations=st.lists(st.sampled_from(ACTIVATIONS), min_size=3, max_size=3),
    normalised=st.booleans(),
    names=st.sets(st.sampled_from(["t", "x", "tt", "tx", "xxx", "txx", "ttxx", "xxxx"]), min_size=1, max_size=3),
)
def test_made_up_networks_and_residuals_agree_with_nested_autograd(seed, widths, activations, normalised, names):
    torch.manual_seed(seed)
    layers, size = [], 2
    for width, activation in zip(widths, activations, strict=False):
        layers += [nn.Linear(size, width), activation(), *([LayerNorm(width)] if normalised and width > 2 else [])]
        size = width
    network = nn.Sequential(*layers, nn.Linear(size, 1)).double()
    points = torch.rand(2, 2, dtype=torch.float64)
    jets = jet_derivatives(network, points, make_plan(names, ("t", "x")))
    oracle = autograd_derivatives(network, points, names, ("t", "x"))
    residuals = [sum((v[name] * v[""] ** 2 for name in sorted(names)), v[""]) for v in (jets, oracle)]
    scale = max(float(value.abs().max()) for value in oracle.values())
    torch.testing.assert_close(*residuals, rtol=1e-12, atol=1e-12 * max(1.0, scale))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (nn.ReLU(), "no jet rule for torch operation 'relu'.*engine='autograd'"),
        (nn.Dropout(0.5), r"call \.eval\(\)"),
        (nn.BatchNorm1d(4), "no jet rule for torch operation 'batch_norm'"),
    ],
)
def test_a_layer_without_a_rule_says_so(layer, message):
    network = nn.Sequential(nn.Linear(2, 4), layer, nn.Linear(4, 1)).double()
    with pytest.raises(JetError, match=message):
        jet_derivatives(network, torch.rand(3, 2, dtype=torch.float64), make_plan(["xx"], ("t", "x")))
