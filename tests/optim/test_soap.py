"""SOAP: Adam in a basis that follows the gradients."""

import pytest
import torch
from torch import nn

from physml.optim import SOAP, Adam, Block
from physml.optim.soap import EigenbasisAdam


class Matrix(nn.Module):
    """A module that is one matrix."""

    def __init__(self, values: torch.Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(values.clone())


def random(generator, *shape):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def orthogonal(generator, size):
    return torch.linalg.qr(random(generator, size, size)).Q


def bilinear(left, right, target):
    """The block of the rows of ``left @ W @ right - target``."""

    def function(parameters, data):
        return data["left"] @ parameters["values"] @ right - data["target"]

    return [Block(function, {"left": left, "target": target}, torch.ones_like(target))]


def test_without_bases_it_is_adam(generator):
    start, blocks = random(generator, 3, 5), bilinear(*(random(generator, *s) for s in ((4, 3), (5, 2), (4, 2))))
    ours, theirs = Matrix(start), Matrix(start)
    soap = SOAP(learning_rate=0.01, warm_up=4, largest_basis=2).start(ours)
    adam = Adam(learning_rate=0.01, warm_up=4, decay_steps=2_000).start(theirs)
    for _ in range(30):
        assert soap.step(blocks) == pytest.approx(adam.step(blocks), rel=1e-12)
    torch.testing.assert_close(ours.values, theirs.values, rtol=0, atol=1e-12)


@pytest.mark.parametrize("frequency", [1, 3, 10])
def test_it_does_not_depend_on_the_basis_of_rows_and_columns(generator, frequency):
    size = 4
    left, right, target, start = (random(generator, size, size) for _ in range(4))
    turn_rows, turn_columns = orthogonal(generator, size), orthogonal(generator, size)
    plain, turned = Matrix(start), Matrix(turn_rows @ start @ turn_columns.mT)
    settings = SOAP(learning_rate=0.05, warm_up=0, frequency=frequency)
    first, second = settings.start(plain), settings.start(turned)
    for _ in range(40):
        first.step(bilinear(left, right, target))
        second.step(bilinear(left @ turn_rows.mT, turn_columns @ right, target))
    assert (plain.values - start).norm() > 1
    expected = turn_rows @ plain.values @ turn_columns.mT  # Adam divides round-off in zero entries by eps, 1e-8
    torch.testing.assert_close(turned.values, expected, rtol=0, atol=1e-5)


def test_the_first_gradient_moves_vectors_only(generator):
    module = nn.Linear(3, 2).double()
    before = {name: p.detach().clone() for name, p in module.named_parameters()}

    def function(parameters, x):
        return torch.func.functional_call(module, dict(parameters), (x,))

    SOAP(warm_up=0).start(module).step([Block(function, random(generator, 6, 3), torch.ones(6, 2).double())])
    assert torch.equal(module.weight, before["weight"])
    assert not torch.equal(module.bias, before["bias"])


def test_a_constant_gradient_direction_gives_orthonormal_sorted_bases(generator):
    weight = nn.Parameter(random(generator, 5, 3))
    optimizer = EigenbasisAdam([weight], lr=0.0, frequency=1)
    left, right = orthogonal(generator, 5), orthogonal(generator, 3)
    weight.grad = left[:, :3] @ torch.diag(torch.tensor([3.0, 2.0, 1.0]).double()) @ right.mT
    for _ in range(20):
        optimizer.step()
    state = optimizer.state[weight]
    for axis, basis in state["bases"].items():
        torch.testing.assert_close(basis.mT @ basis, torch.eye(len(basis)).double())
        spectrum = basis.mT @ state["moments"][axis] @ basis
        assert (spectrum.diagonal().diff() < 1e-12).all()
        torch.testing.assert_close(spectrum, torch.diag(spectrum.diagonal()), rtol=0, atol=1e-12)


def test_the_second_moment_follows_its_columns(generator):
    """Columns that change places take their second moments along: the update then stays what it was."""
    weight = nn.Parameter(torch.zeros(2, 2, dtype=torch.float64))
    optimizer = EigenbasisAdam([weight], lr=0.0, betas=(0.9, 0.5), frequency=1)
    for scale in ([2.0, 1.0], [2.0, 1.0], [1.0, 30.0], [1.0, 30.0]):
        weight.grad = torch.diag(torch.tensor(scale, dtype=torch.float64))
        optimizer.step()
    state = optimizer.state[weight]
    assert state["bases"][0].abs().tolist() == [[0.0, 1.0], [1.0, 0.0]]
    large, small = state["square"].diagonal()
    assert large == pytest.approx(0.75 * 900, rel=1e-3)
    assert small < 2


def test_a_badly_scaled_problem_is_solved_faster_than_by_adam(generator):
    scales = torch.diag(torch.logspace(0, -2, 6, dtype=torch.float64))
    left, right = (orthogonal(generator, 6) @ scales @ orthogonal(generator, 6) for _ in range(2))
    blocks, losses = bilinear(left, right, left @ random(generator, 6, 6) @ right), {}
    for settings in (Adam(learning_rate=0.02), SOAP(learning_rate=0.02, warm_up=0)):
        optimizer = settings.start(Matrix(torch.zeros(6, 6, dtype=torch.float64)))
        losses[type(settings)] = [optimizer.step(blocks)["loss"] for _ in range(300)][-1]
    assert losses[SOAP] < losses[Adam] / 10


def test_a_tensor_of_three_dimensions_is_left_to_adam(generator):
    ours, theirs = (nn.Parameter(torch.zeros(2, 3, 2, dtype=torch.float64)) for _ in range(2))
    soap, adam = EigenbasisAdam([ours], lr=0.1), torch.optim.Adam([theirs], lr=0.1)
    for _ in range(5):
        ours.grad = random(generator, 2, 3, 2)
        theirs.grad = ours.grad.clone()
        soap.step()
        adam.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)
