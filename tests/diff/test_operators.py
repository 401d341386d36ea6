"""Laplacians, biharmonics, divergences and traces against closed forms and the oracle."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from physml.diff import (
    Field,
    Jet,
    Points,
    autograd_derivatives,
    divergence,
    exact_trace,
    hutchinson_trace,
    jet_derivatives,
    make_plan,
    trace,
    weak_trace,
)
from physml.nets import MLP, ModifiedMLP


def coefficients(plan) -> int:
    """How many tensors go through the network."""
    return len(torch.cat(Jet.seed(torch.zeros(1, len(plan.bundles[0].directions[0])), plan.bundles).coefficients))


@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**31 - 1),
    axes=st.sampled_from(["x", "xy", "txy", "xyz", "txyz"]),
    others=st.sets(st.sampled_from(["x", "xx", "laplacian", "biharmonic"])),
    operator=st.sampled_from(["laplacian", "biharmonic"]),
    network=st.sampled_from([MLP(width=4, depth=2), ModifiedMLP(width=4, depth=2, activation="sin")]),
)
def test_operators_agree_with_nested_autograd(seed, axes, others, operator, network):
    generator = torch.Generator().manual_seed(seed)
    module = network.build(len(axes), 2, generator).double()
    points = torch.rand(2, len(axes), generator=generator, dtype=torch.float64)
    names = {operator, *others}
    jets = jet_derivatives(module, points, make_plan(names, tuple(axes)))
    for name, truth in autograd_derivatives(module, points, names, tuple(axes)).items():
        torch.testing.assert_close(jets[name], truth, rtol=1e-12, atol=1e-12 * float(truth.abs().max() + 1))


@pytest.mark.parametrize("dimension", [2, 5, 10])
def test_operators_of_an_exponential_are_its_powers(dimension):
    axes = tuple("abcdefghij"[:dimension])
    slopes = torch.linspace(-1, 1.3, dimension, dtype=torch.float64)
    points = torch.rand(3, dimension, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = jet_derivatives(
        lambda u: torch.exp(u @ slopes[:, None]), points, make_plan(["laplacian", "biharmonic"], axes)
    )
    value, square = torch.exp(points @ slopes[:, None]), (slopes**2).sum()
    torch.testing.assert_close(found["laplacian"], square * value, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found["biharmonic"], square**2 * value, rtol=1e-11, atol=1e-11)


def test_a_collapsed_laplacian_carries_d_plus_two_coefficients():
    axes = tuple("abcdefghij")
    assert coefficients(make_plan(["laplacian"], axes)) == 12
    assert coefficients(make_plan(["laplacian", *axes], axes)) == 12
    assert coefficients(make_plan([axis * 2 for axis in axes], axes)) == 21


def test_a_laplacian_whose_parts_are_needed_anyway_costs_nothing():
    parts = make_plan(["xx", "yy"], ("x", "y"))
    assert make_plan(["xx", "yy", "laplacian"], ("x", "y")).bundles == parts.bundles


def test_a_residual_is_traced_to_its_operators():
    points = Points(torch.rand(3, 3, dtype=torch.float64), ("t", "x", "y"))
    _, needed = trace(lambda u, v: {"a": u.laplacian + divergence(u, v), "b": v.biharmonic}, ("u", "v"), points)
    assert needed == {"u": {"laplacian", "x"}, "v": {"biharmonic", "y"}}


def test_a_divergence_needs_a_component_for_each_space_axis():
    field = Field("u", {}, Points(torch.rand(1, 3), ("t", "x", "y")))
    with pytest.raises(ValueError, match="over x, y takes 2 components, given 1"):
        divergence(field)


def test_an_operator_over_time_alone_is_refused():
    with pytest.raises(ValueError, match="no space axis"):
        _ = Field("u", {}, Points(torch.rand(1, 1), ("t",))).laplacian


@pytest.fixture
def matrix(generator) -> torch.Tensor:
    return torch.randn(4, 4, generator=generator, dtype=torch.float64)


def test_the_exact_trace_is_that_of_the_jacobian(generator):
    network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    points = torch.rand(5, 3, generator=generator, dtype=torch.float64)
    jacobians = torch.func.vmap(torch.func.jacrev(network))(points)
    truth = jacobians.diagonal(dim1=1, dim2=2).sum(-1)
    torch.testing.assert_close(exact_trace(network, points), truth, rtol=1e-12, atol=1e-13)


def test_hutchinson_is_exact_for_a_diagonal_jacobian(generator):
    points = torch.rand(5, 3, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(hutchinson_trace(lambda x: torch.sin(x), points, generator), points.cos().sum(-1))


def test_hutchinson_has_the_mean_and_the_variance_of_the_theory(generator, matrix):
    points = torch.zeros(100_000, 4, dtype=torch.float64)
    estimates = hutchinson_trace(lambda x: x @ matrix.mT, points, generator)
    symmetric = (matrix + matrix.mT) / 2
    variance = 2 * (symmetric.square().sum() - symmetric.diagonal().square().sum())
    deviation = math.sqrt(float(variance) / len(points))
    assert abs(float(estimates.mean() - matrix.trace())) < 5 * deviation
    assert float(estimates.var()) == pytest.approx(float(variance), rel=0.05)


def test_more_probes_divide_the_variance(generator, matrix):
    points = torch.zeros(20_000, 4, dtype=torch.float64)
    one, four = (hutchinson_trace(lambda x: x @ matrix.mT, points, generator, probes=n).var() for n in (1, 4))
    assert float(one / four) == pytest.approx(4, rel=0.1)


def test_the_weak_trace_is_unbiased(generator, matrix):
    points = torch.ones(100_000, 4, dtype=torch.float64)
    estimates, ahead = weak_trace(lambda x: x @ matrix.mT, points, generator, scale=1e-2)
    variance = 2 * ((matrix + matrix.mT) / 2).square().sum()
    assert abs(float(estimates.mean() - matrix.trace())) < 5 * math.sqrt(float(variance) / len(points))
    assert float(estimates.var()) == pytest.approx(float(variance), rel=0.05)
    assert float((ahead - points).std()) == pytest.approx(1e-2, rel=0.01)


def test_an_estimate_without_probes_is_refused(generator):
    with pytest.raises(ValueError, match="probes must be at least 1, given 0"):
        hutchinson_trace(torch.sin, torch.zeros(1, 2), generator, probes=0)
