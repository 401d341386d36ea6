"""Normal equations and losses against explicit Jacobians."""

import pytest
import torch

from physml.nets import MLP
from physml.optim import Block, least_squares, normal_equations, total_loss


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
    monkeypatch.setattr(least_squares, "_CHUNK", chunk)
    for one, many in zip(whole, normal_equations(*blocks_and_parameters), strict=True):
        torch.testing.assert_close(one, many, rtol=1e-12, atol=1e-14)


def test_the_gradient_of_the_loss_is_the_weighted_sum_of_gradients(blocks_and_parameters):
    blocks, parameters = blocks_and_parameters
    leaves = {name: p.clone().requires_grad_() for name, p in parameters.items()}
    gradients = torch.autograd.grad(total_loss(blocks, leaves), list(leaves.values()))
    residuals, rows = explicit(blocks, parameters)
    flat = torch.cat([g.flatten() for g in gradients])
    torch.testing.assert_close(flat, 2 * rows.mT @ residuals, rtol=1e-12, atol=1e-14)


def test_pulling_back_is_the_transposed_jacobian(blocks_and_parameters, generator):
    blocks, parameters = blocks_and_parameters
    vectors = [torch.randn(b.weights.shape, generator=generator, dtype=torch.float64) for b in blocks]
    _, rows = explicit(blocks, parameters)
    flat = torch.cat([v.flatten() for v in vectors])
    torch.testing.assert_close(least_squares.pull_back(blocks, parameters, vectors), rows.mT @ flat)
