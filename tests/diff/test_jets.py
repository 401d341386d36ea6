"""Jets through networks and arithmetic against nested autograd, closed forms and the rules of calculus."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from physml.diff import Bundle, Jet, JetError, autograd_derivatives, jet_derivatives, make_plan
from physml.nets import MLP, ModifiedMLP

seeds = st.integers(0, 2**31 - 1)


def all_names(axes: str, order: int) -> list[str]:
    """Every derivative up to an order, letters in axis order."""
    return ["".join(c) for n in range(1, order + 1) for c in itertools.combinations_with_replacement(axes, n)]


def assert_engines_agree(function, points: Tensor, names: list[str], axes: str, tolerance: float = 1e-12) -> None:
    jets = jet_derivatives(function, points, make_plan(names, tuple(axes)))
    oracle = autograd_derivatives(function, points, names, tuple(axes))
    assert jets.keys() == oracle.keys()
    for name, truth in oracle.items():
        assert (jets[name] - truth).abs().max() <= tolerance * (1e-3 + truth.abs().max()), name


@pytest.mark.parametrize("activation", ["tanh", "sin", "silu"])
@pytest.mark.parametrize("settings", [MLP, ModifiedMLP])
def test_networks_in_two_axes_agree_with_autograd_up_to_order_four(settings, activation, generator):
    network = settings(width=4, depth=2, activation=activation).build(2, 2, generator).double()
    points = torch.rand(2, 2, generator=generator, dtype=torch.float64)
    assert_engines_agree(network, points, all_names("tx", 4), "tx")


def test_a_network_in_three_axes_agrees_with_autograd(generator):
    network = MLP(width=6, depth=2).build(3, 1, generator).double()
    points = torch.rand(2, 3, generator=generator, dtype=torch.float64)
    assert_engines_agree(network, points, ["txy", "xxyy", "txxy", "yyy", "tt"], "txy")


@given(seed=seeds, data=st.data())
def test_any_mixed_derivative_of_a_polynomial_is_exact(seed, data):
    axes = data.draw(st.sampled_from(["x", "tx", "txy", "txyz"]))
    name = "".join(sorted(data.draw(st.text(axes, min_size=1, max_size=5)), key=axes.index))
    generator = torch.Generator().manual_seed(seed)
    powers = torch.randint(0, 4, (6, len(axes)), generator=generator)
    factors = torch.randn(6, generator=generator, dtype=torch.float64)
    points = torch.rand(3, len(axes), generator=generator, dtype=torch.float64) + 0.5

    def polynomial(u):
        terms = [u[..., :1] * 0 + 1 for _ in powers]
        for i, exponents in enumerate(powers.tolist()):
            for axis, exponent in enumerate(exponents):
                for _ in range(exponent):
                    terms[i] = terms[i] * u[..., axis : axis + 1]
        return torch.cat(terms, -1) @ factors[:, None]

    exact = torch.zeros(3, dtype=torch.float64)
    for factor, exponents in zip(factors, powers.tolist(), strict=True):
        term = factor * torch.ones(3, dtype=torch.float64)
        for axis, (letter, exponent) in enumerate(zip(axes, exponents, strict=True)):
            count = name.count(letter)
            falling = torch.tensor([exponent - j for j in range(count)], dtype=torch.float64).prod()
            term = term * falling * points[:, axis] ** max(exponent - count, 0)
        exact += term
    given_by_jets = jet_derivatives(polynomial, points, make_plan([name], tuple(axes)))[name][:, 0]
    torch.testing.assert_close(given_by_jets, exact, rtol=1e-9, atol=1e-8)


BUNDLES = (Bundle(((1.0, 0.0),), 4), Bundle(((0.0, 1.0), (1.0, 1.0)), 2))


def random_jet(generator: torch.Generator) -> Jet:
    """A jet of shape (4,) with one direction of order 4 and two of order 2."""

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, 4, generator=generator, dtype=torch.float64)

    return Jet(draw(), [tuple(draw(len(b.directions)) for _ in range(b.order)) for b in BUNDLES], BUNDLES)


PLACES = [(i, d, b.order) for i, b in enumerate(BUNDLES) for d in range(len(b.directions))]


@given(seed=seeds)
def test_jets_are_linear(seed):
    generator = torch.Generator().manual_seed(seed)
    u, v = random_jet(generator), random_jet(generator)
    combined = 2.5 * u - v / 4 + 1
    for *place, order in PLACES:
        for k in range(1, order + 1):
            expected = 2.5 * u.derivative(*place, k) - v.derivative(*place, k) / 4
            torch.testing.assert_close(combined.derivative(*place, k), expected)


@given(seed=seeds)
def test_products_obey_the_rule_of_leibniz(seed):
    generator = torch.Generator().manual_seed(seed)
    u, v = random_jet(generator), random_jet(generator)
    binomial = [[1], [1, 1], [1, 2, 1], [1, 3, 3, 1], [1, 4, 6, 4, 1]]
    for *place, order in PLACES:
        for k in range(order + 1):
            terms = [b * u.derivative(*place, j) * v.derivative(*place, k - j) for j, b in enumerate(binomial[k])]
            torch.testing.assert_close((u * v).derivative(*place, k), sum(terms), rtol=1e-12, atol=1e-12)


@given(seed=seeds)
def test_division_undoes_multiplication(seed):
    generator = torch.Generator().manual_seed(seed)
    u, v = random_jet(generator), torch.exp(random_jet(generator) * 0.3)
    for ours, theirs in zip((u * v / v).coefficients, u.coefficients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_an_operation_without_a_rule_is_named_with_the_way_out():
    jet = Jet.seed(torch.ones(2, 1), [Bundle(((1.0,),), 2)])
    with pytest.raises(JetError, match=r"relu.*engine='autograd'"):
        torch.relu(jet)


def test_jets_along_other_directions_are_refused():
    points = torch.ones(2, 1)
    with pytest.raises(JetError, match="cannot be mixed"):
        Jet.seed(points, [Bundle(((1.0,),), 2)]) + Jet.seed(points, [Bundle(((1.0,),), 3)])


def test_a_derivative_beyond_the_largest_order_is_refused():
    with pytest.raises(ValueError, match="order 9"):
        make_plan(["x" * 9], ("x",))


def test_pure_derivatives_share_one_direction_of_the_highest_order():
    plan = make_plan(["x", "xx", "xxxx", "t"], ("t", "x"))
    assert plan.bundles == (Bundle(((1.0, 0.0),), 1), Bundle(((0.0, 1.0),), 4))


def test_parameter_gradients_agree_between_the_engines(generator):
    network = MLP(width=5, depth=2).build(2, 1, generator).double()
    points = torch.rand(3, 2, generator=generator, dtype=torch.float64)
    names = ["t", "xx", "txx"]
    jets = jet_derivatives(network, points, make_plan(names, ("t", "x")))
    oracle = autograd_derivatives(network, points, names, ("t", "x"))
    gradients = [
        torch.autograd.grad(sum(v[name].square().sum() for name in names), list(network.parameters())[:-1])
        for v in (jets, oracle)
    ]
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)
