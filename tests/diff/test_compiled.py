"""Compiled functions give the values and gradients of eager ones, and fall back on them."""

import warnings

import pytest
import torch

from physml.diff import Compiled, Jet, make_plan, read_derivatives
from physml.nets import MLP

PLAN = make_plan(["t", "xx"], ("t", "x"))


@pytest.fixture
def network(generator):
    return MLP(width=8, depth=2).build(2, 1, generator).double()


def residual_of(network):
    def residual(parameters, data):
        jet = torch.func.functional_call(network, parameters, (Jet.seed(data["points"], PLAN.bundles),))
        values = read_derivatives(jet, PLAN)
        return values["t"] - 0.1 * values["xx"] + values[""] ** 3

    return residual


@pytest.mark.slow
def test_values_and_gradients_are_those_of_eager_mode(network, generator):
    eager = residual_of(network)
    compiled, parameters = Compiled(eager), dict(network.named_parameters())
    for count in (6, 6, 9):  # another shape compiles anew
        data = {"points": torch.rand(count, 2, generator=generator, dtype=torch.float64)}
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="not compiled")
            values = compiled(parameters, data)
        torch.testing.assert_close(values, eager(parameters, data), rtol=1e-12, atol=1e-13)
        pair = [
            torch.autograd.grad(f(parameters, data).square().sum(), list(parameters.values()))
            for f in (compiled, eager)
        ]
        for ours, theirs in zip(*pair, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-12)


def test_a_function_that_looks_at_values_stays_eager_with_one_warning():
    def absolute(parameters, data):
        return parameters["a"] * data if data.sum() > 0 else -parameters["a"] * data

    compiled = Compiled(absolute)
    parameters = {"a": torch.tensor(2.0, requires_grad=True)}
    with pytest.warns(UserWarning, match="not compiled"):
        assert float(compiled(parameters, torch.tensor([-3.0])).detach()) == 6.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(compiled(parameters, torch.tensor([3.0])).detach()) == 6.0
