"""Quasi-Newton methods: the secant equation, textbook BFGS, and steps that recover."""

import math
import typing

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from physml.optim import Block, SSBroyden, loss_and_gradient, residual_block, total_loss
from physml.optim.broyden_update import Pair, Variant, coefficients, update

VARIANTS = typing.get_args(Variant)


class Unknowns(nn.Module):
    """A module that is nothing but its parameters."""

    def __init__(self, values) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.as_tensor(values, dtype=torch.float64).clone())


def rosenbrock(size: int) -> list[Block]:
    """The chain of 10 (x_{i+1} - x_i^2) and 1 - x_i as rows."""

    def function(parameters, index):
        here, ahead = parameters["values"][index[..., 0]], parameters["values"][index[..., 0] + 1]
        return torch.stack([10 * (ahead - here**2), 1 - here], -1)

    return [Block(function, torch.arange(size - 1)[:, None], torch.ones(size - 1, 2, dtype=torch.float64))]


def gradient_norm(blocks, module) -> float:
    return float(loss_and_gradient(blocks, {"values": module.values.detach()})[1].norm())


def pair_of(size: int, seed: int) -> tuple[torch.Tensor, Pair]:
    """A positive definite inverse Hessian, and a pair with curvature."""
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(size, size, generator=generator, dtype=torch.float64)
    inverse = root @ root.mT + 0.1 * torch.eye(size, dtype=torch.float64)
    step, change = torch.randn(2, size, generator=generator, dtype=torch.float64)
    change = change if change @ step > 0 else -change
    return inverse, Pair(step, change, inverse @ change, float(step @ torch.linalg.solve(inverse, step)))


@given(size=st.integers(1, 8), seed=st.integers(0, 1000), variant=st.sampled_from(VARIANTS))
def test_the_secant_equation_holds_and_the_matrix_stays_positive_definite(size, seed, variant):
    inverse, pair = pair_of(size, seed)
    update(inverse, pair, variant)
    scale = float(inverse.norm() * pair.change.norm())
    torch.testing.assert_close(inverse @ pair.change, pair.step, rtol=0, atol=1e-12 * scale)
    torch.testing.assert_close(inverse, inverse.mT, rtol=0, atol=1e-12 * float(inverse.norm()))
    assert torch.linalg.eigvalsh(inverse).min() > 0


@given(size=st.integers(2, 8), seed=st.integers(0, 1000))
def test_bfgs_is_that_of_the_textbook(size, seed):
    inverse, pair = pair_of(size, seed)
    rho = 1 / (pair.change @ pair.step)
    left = torch.eye(size, dtype=torch.float64) - rho * torch.outer(pair.step, pair.change)
    expected = left @ inverse @ left.mT + rho * torch.outer(pair.step, pair.step)
    update(inverse, pair, "bfgs")
    torch.testing.assert_close(inverse, expected, rtol=1e-9, atol=1e-9 * float(expected.norm()))


@given(h=st.floats(0.01, 100), excess=st.floats(1e-6, 100), size=st.integers(2, 50))
def test_the_scaling_only_ever_enlarges_the_inverse(h, excess, size):
    b = (1 + excess) / h
    for variant in VARIANTS:
        _, tau = coefficients(variant, size, h, b)
        assert 0 < tau <= 1
    assert coefficients("ssbfgs", size, h, b) == (1.0, min(1.0, 1 / b))


@pytest.mark.parametrize(("variant", "size"), [("bfgs", 2), ("ssbfgs", 20), ("ssbroyden", 2), ("ssbroyden", 200)])
def test_the_valley_of_rosenbrock_is_followed_to_its_end(variant, size):
    module, blocks = Unknowns([-1.2, 1.0] * (size // 2)), rosenbrock(size)
    optimizer = SSBroyden(variant=variant).start(module)
    for step in range(2500):
        optimizer.step(blocks)
        if step % 50 == 0 and gradient_norm(blocks, module) < 1e-10:
            break
    assert gradient_norm(blocks, module) < 1e-10


def quadratic(matrix) -> list[Block]:
    def function(parameters, row):
        return (row * parameters["values"]).sum(-1, keepdim=True) - 1

    return [Block(function, matrix, torch.ones(len(matrix), 1, dtype=torch.float64))]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_gradients_of_ill_conditioned_least_squares_vanish(variant):
    matrix = torch.diag(torch.logspace(0, -4, 12, dtype=torch.float64))
    module = Unknowns(torch.zeros(12))
    optimizer = SSBroyden(variant=variant).start(module)
    for _ in range(400):
        optimizer.step(quadratic(matrix))
    torch.testing.assert_close(module.values * matrix.diagonal(), torch.ones(12).double(), rtol=0, atol=1e-8)


def test_the_loss_never_rises():
    module, blocks = Unknowns([-1.2, 1.0, 0.3, -2.0]), rosenbrock(4)
    optimizer = SSBroyden().start(module)
    losses = [optimizer.step(blocks)["loss"] for _ in range(60)]
    assert losses == sorted(losses, reverse=True)


def test_an_inverse_that_points_uphill_is_given_up():
    module, blocks = Unknowns([-1.2, 1.0]), rosenbrock(2)
    optimizer = SSBroyden().start(module)
    optimizer.load_state_dict({"inverse": -torch.eye(2, dtype=torch.float64)})
    first = float(total_loss(blocks, dict(module.named_parameters())))
    assert optimizer.step(blocks)["loss"] < first


def test_where_nothing_is_lower_no_step_is_made():
    module = Unknowns([1.0, 1.0])
    optimizer = SSBroyden().start(module)
    assert optimizer.step(rosenbrock(2)) == {"step": 0.0, "loss": 0.0}
    assert module.values.tolist() == [1.0, 1.0]


def test_residuals_that_are_not_numbers_are_reported_and_change_nothing():
    module = Unknowns([-1.0])
    blocks = [Block(lambda p, x: torch.log(p["values"]) + x, torch.zeros(3, 1).double(), torch.ones(3, 1).double())]
    assert math.isnan(SSBroyden().start(module).step(blocks)["loss"])
    assert module.values.tolist() == [-1.0]


def curve(points):
    """A network that is to be sin(3 x) at the points."""
    network = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    blocks = [
        residual_block(network, lambda net, d: net(d["x"]) - d["y"], {"x": x, "y": torch.sin(3 * x)}) for x in points
    ]
    return network, blocks


def test_it_goes_on_when_points_change(generator):
    torch.manual_seed(0)
    points = [2 * torch.rand(100, 1, generator=generator, dtype=torch.float64) - 1 for _ in range(15)]
    network, blocks = curve(points)
    optimizer = SSBroyden().start(network)
    losses = [optimizer.step([blocks[step // 20]])["loss"] for step in range(300)]
    assert losses[-1] < 1e-8
    everywhere = torch.linspace(-1, 1, 200, dtype=torch.float64)[:, None]
    assert (network(everywhere) - torch.sin(3 * everywhere)).abs().max() < 1e-3


def test_known_residuals_and_known_rows_change_no_bit(generator, one_thread):
    torch.manual_seed(0)
    network, (block,) = curve([torch.linspace(-1, 1, 30, dtype=torch.float64)[:, None]])
    start, ends = {name: p.detach().clone() for name, p in network.named_parameters()}, []

    def evaluated() -> Block:
        parameters = dict(network.named_parameters())
        return Block(block.function, block.data, block.weights, block.function(parameters, block.data))

    def anew() -> Block:
        return Block(block.function, block.data, block.weights)

    for make in (anew, evaluated, lambda: block):
        network.load_state_dict(start)
        optimizer = SSBroyden().start(network)
        ends.append([optimizer.step([make()])["loss"] for _ in range(30)])
    assert ends[0] == ends[1] == ends[2]


def test_too_many_parameters_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"10001 x 10001.*SOAP.*LevenbergMarquardt"):
        SSBroyden().start(Unknowns(torch.zeros(10_001)))
