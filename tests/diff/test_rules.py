"""Every jet rule of a torch operation against nested autograd."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from physml.diff import Bundle, Jet, JetError, autograd_derivatives, elementwise, jet_derivatives, make_plan
from physml.diff.jet import RULES

ORDERS = ["x" * order for order in range(1, 5)]

ELEMENTWISE = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": nn.functional.softplus,
    "silu": nn.functional.silu,
    "sin": torch.sin,
    "cos": torch.cos,
    "exp": torch.exp,
    "log": torch.log,
    "reciprocal": torch.reciprocal,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "neg": torch.neg,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tan": lambda u: torch.tan(u / 3),
    "atan": torch.atan,
    "erf": torch.erf,
    "expm1": torch.expm1,
    "log1p": torch.log1p,
    "rsqrt": torch.rsqrt,
    "gelu": nn.functional.gelu,
    "gelu by tanh": lambda u: nn.functional.gelu(u, approximate="tanh"),
    "mish": nn.functional.mish,
    "cube": lambda u: u**3,
    "inverse square": lambda u: u**-2,
    "real power": lambda u: u**1.7,
    "reflected": lambda u: 2 - u,
    "quotient": lambda u: (1 - u) / (u + 3),
    "inverse": lambda u: 2 / u,
}


def compare_engines(function, points: torch.Tensor, names: list[str], axes: tuple[str, ...]) -> None:
    jets = jet_derivatives(function, points, make_plan(names, axes))
    for name, truth in autograd_derivatives(function, points, names, axes).items():
        torch.testing.assert_close(jets[name], truth, rtol=1e-10, atol=1e-10, msg=name)


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=8)
@given(at=st.lists(st.floats(0.3, 3.0), min_size=4, max_size=4))
def test_an_elementwise_rule_agrees_with_autograd_along_a_curve(name, at):
    points = torch.tensor(at, dtype=torch.float64)[:, None]
    compare_engines(lambda x: ELEMENTWISE[name](x + 0.1 * torch.sin(x)), points, ORDERS, ("x",))


@pytest.mark.parametrize("exponent", [1, 2, 3, 4])
def test_whole_powers_are_exact_at_zero(exponent):
    points = torch.zeros(1, 1, dtype=torch.float64)
    derivatives = jet_derivatives(lambda x: x**exponent, points, make_plan(ORDERS, ("x",)))
    factorial = [1.0, 1.0, 2.0, 6.0, 24.0][exponent]
    assert [float(derivatives["x" * k]) for k in range(1, 5)] == [
        factorial if k == exponent else 0.0 for k in range(1, 5)
    ]


@pytest.mark.parametrize(
    "function",
    [
        lambda u: torch.cat([u, torch.sin(u), torch.ones(2, 1, dtype=u.dtype)], -1).sum(-1, keepdim=True),
        lambda u: torch.stack([u[:, 0], u[:, 1] ** 2], -1).mean(-1, keepdim=True),
        lambda u: (u * u).reshape(2, 2).unsqueeze(0).squeeze(0).transpose(0, 1).permute(1, 0),
        lambda u: torch.matmul(u * u, torch.ones(2, 3, dtype=u.dtype)),
        lambda u: torch.einsum("ni,nj->nij", u, torch.sin(u)).flatten(1),
        lambda u: torch.einsum("ij,nj->ni", torch.ones(3, 2, dtype=u.dtype), u * u),
        lambda u: torch.softmax(u * u, dim=-1),
        lambda u: torch.log_softmax(u[..., None] * torch.sin(u)[:, None], dim=1).flatten(1),
        lambda u: torch.stack((u * u).split(1, dim=-1), 1).chunk(2, dim=1)[1][:, 0],
        lambda u: nn.functional.conv1d(
            (u**3)[:, None], torch.ones(2, 1, 2).to(u.dtype), torch.ones(2).to(u.dtype)
        ).flatten(1),
        lambda u: u @ (u * u).T,
        lambda u: (torch.ones(3, 2, dtype=u.dtype) @ (u * u)[..., None]).flatten(1),
        lambda u: u.sin() * torch.ones(3, 2, 2, dtype=u.dtype),
        lambda u: torch.addmm(torch.ones(2, dtype=u.dtype), u * u, torch.ones(2, 2, dtype=u.dtype)),
        lambda u: torch.tensor([1.0, 2.0], dtype=torch.float64) - u * u,
        lambda u: torch.tensor([1.0, 2.0], dtype=torch.float64) / (u + 1),
        lambda u: torch.tensor([1.0, 2.0], dtype=torch.float64) * u.exp() + u.sin(),
    ],
)
def test_structural_rules_keep_every_derivative(function, generator):
    points = torch.rand(2, 2, generator=generator, dtype=torch.float64) + 0.5
    step = 1e-3 * torch.tensor([1.0, 0.0], dtype=torch.float64)
    behind, here, ahead = function(points - step), function(points), function(points + step)
    jets = jet_derivatives(function, points, make_plan(["x", "xx"], ("x", "y")))
    torch.testing.assert_close(jets["x"], (ahead - behind) / 2e-3, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(jets["xx"], (ahead - 2 * here + behind) / 1e-6, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.SiLU(), nn.Softplus(beta=2.0), nn.Sigmoid()])
def test_torch_modules_go_through_unchanged(activation):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 4), activation, nn.Linear(4, 1)).double()
    compare_engines(network, torch.tensor([[0.3, -0.4]], dtype=torch.float64), ["tt", "tx", "xxx"], ("t", "x"))


def test_a_rule_of_ones_own_takes_part():
    @elementwise("digamma")
    def digamma(u, order):
        factorials = [1.0, 1.0, 2.0, 6.0, 24.0]
        return [torch.digamma(u), *(torch.polygamma(m, u) / factorials[m] for m in range(1, order + 1))]

    try:
        compare_engines(lambda x: torch.digamma(x * x), torch.tensor([[0.7]], dtype=torch.float64), ORDERS, ("x",))
    finally:
        del RULES["digamma"]


def test_a_jet_as_an_exponent_is_refused():
    jet = Jet.seed(torch.ones(2, 1), [Bundle(((1.0,),), 2)])
    with pytest.raises(JetError, match=r"exp\(b \* log\(a\)\)"):
        torch.pow(jet, torch.ones(1))


def test_a_tensor_attribute_that_jets_lack_is_refused():
    with pytest.raises(AttributeError, match="a jet has no 'grad_fn'"):
        _ = Jet.seed(torch.ones(2, 1), [Bundle(((1.0,),), 2)]).grad_fn
