"""Normal equations and losses against explicit Jacobians."""

import pytest
import torch

from physml.nets import MLP
from physml.optim import (
    Block,
    jacobians,
    least_squares,
    loss_and_gradient,
    normal_equations,
    present_loss_and_gradient,
    total_loss,
)


@pytest.fixture
def blocks_and_parameters(generator):
    """Two blocks of residuals that share one network; float64."""
    network = MLP(width=4, depth=2).build(2, 2, generator).double()

    def forward(parameters, data):
        values = torch.func.functional_call(network, dict(parameters), (data["x"],))
        return values**2 - data["target"]

    def block(count: int) -> Block:
        x, target, weights = (torch.rand(count, 2, generator=generator, dtype=torch.float64) for _ in range(3))
        return Block(forward, {"x": x, "target": target}, weights)

    return [block(9), block(4)], {name: p.detach() for name, p in network.named_parameters()}


def explicit(blocks, parameters):
    """Weighted residuals and their Jacobian, by one reverse pass a row."""
    leaves = {name: p.clone().requires_grad_() for name, p in parameters.items()}
    residuals = torch.cat([(b.weights.sqrt() * b.function(leaves, b.data)).flatten() for b in blocks])
    rows = []
    for residual in residuals:
        gradients = torch.autograd.grad(residual, list(leaves.values()), retain_graph=True)
        rows.append(torch.cat([g.flatten() for g in gradients]))
    return residuals.detach(), torch.stack(rows)


def test_normal_equations_are_those_of_the_explicit_jacobian(blocks_and_parameters):
    blocks, parameters = blocks_and_parameters
    residuals, rows = explicit(blocks, parameters)
    matrix, gradient, loss = normal_equations(blocks, parameters)
    torch.testing.assert_close(matrix, rows.mT @ rows, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(gradient, rows.mT @ residuals, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(loss, residuals @ residuals, rtol=1e-13, atol=0)


@pytest.mark.parametrize("chunk", [1, 300, 1000])
def test_the_chunk_size_changes_nothing(blocks_and_parameters, monkeypatch, chunk):
    whole = normal_equations(*blocks_and_parameters)
    monkeypatch.setattr(jacobians, "_CHUNK", chunk)
    for one, many in zip(whole, normal_equations(*blocks_and_parameters), strict=True):
        torch.testing.assert_close(one, many, rtol=1e-12, atol=1e-14)


def test_the_gradient_of_the_loss_is_the_weighted_sum_of_gradients(blocks_and_parameters):
    blocks, parameters = blocks_and_parameters
    loss, gradient = loss_and_gradient(blocks, parameters)
    residuals, rows = explicit(blocks, parameters)
    torch.testing.assert_close(gradient, 2 * rows.mT @ residuals, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(loss, residuals @ residuals, rtol=1e-13, atol=0)
    assert torch.equal(loss, total_loss(blocks, parameters))


def test_known_residuals_are_used_and_change_no_bit(generator):
    module, evaluations = MLP(width=4, depth=2).build(2, 1, generator).double(), []

    def function(parameters, x):
        evaluations.append(1)
        return torch.func.functional_call(module, dict(parameters), (x,))

    block = Block(function, torch.rand(7, 2, generator=generator).double(), torch.rand(7, 1).double())
    expected = loss_and_gradient([block], dict(module.named_parameters()))
    known = Block(function, block.data, block.weights, function(dict(module.named_parameters()), block.data))
    evaluations.clear()
    for ours, theirs in zip(present_loss_and_gradient([known], module), expected, strict=True):
        assert torch.equal(ours, theirs)
    assert not evaluations
    assert torch.equal(present_loss_and_gradient([block], module)[1], expected[1])


def test_a_parameter_that_no_row_depends_on_has_no_gradient():
    block = Block(lambda p, x: p["a"] * x, torch.ones(3, 1), torch.ones(3, 1))
    _, gradient = loss_and_gradient([block], {"a": torch.tensor([2.0]), "b": torch.tensor([5.0, 6.0])})
    assert gradient.tolist() == [12.0, 0.0, 0.0]


def test_a_module_without_parameters_is_refused():
    with pytest.raises(ValueError, match="Identity has no parameter"):
        least_squares.trainable(torch.nn.Identity())


def test_pulling_back_is_the_transposed_jacobian(blocks_and_parameters, generator):
    blocks, parameters = blocks_and_parameters
    vectors = [torch.randn(b.weights.shape, generator=generator, dtype=torch.float64) for b in blocks]
    _, rows = explicit(blocks, parameters)
    flat = torch.cat([v.flatten() for v in vectors])
    torch.testing.assert_close(least_squares.pull_back(blocks, parameters, vectors), rows.mT @ flat)
