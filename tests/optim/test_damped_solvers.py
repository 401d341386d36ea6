"""Damped least squares: every solver gives the same step, and what each is better at."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from physml.nets import MLP
from physml.optim import Block, LevenbergMarquardt, jacobians, normal_equations, orthogonal_solver, residual_block
from physml.optim.damped_solvers import NormalSystem, WoodburySystem
from physml.optim.iterative_solver import IterativeSystem, Linearization
from physml.optim.levenberg_marquardt import choose_solver
from physml.optim.orthogonal_solver import OrthogonalSystem
from physml.optim.sketched_solver import SketchedSystem, count_sketch


class Unknowns(nn.Module):
    """A module that is nothing but its parameters."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.zeros(size, dtype=torch.float64))


def linear(matrix, target) -> Block:
    """The rows ``matrix @ values - target``."""

    def function(parameters, data):
        return (data["row"] * parameters["values"]).sum(-1, keepdim=True) - data["target"]

    return Block(function, {"row": matrix, "target": target[:, None]}, torch.ones(len(matrix), 1).double())


def network_blocks(rows: int, seed: int):
    """Two blocks of rows of a network with 27 parameters, and the parameters."""
    generator = torch.Generator().manual_seed(seed)
    network = MLP(width=4, depth=1).build(2, 3, generator).double()

    def function(parameters, x):
        return torch.func.functional_call(network, dict(parameters), (x,)) ** 2 - 0.3

    parts = [torch.rand(2, n, 3, generator=generator).double() for n in (rows, 2)]
    blocks = [Block(function, x[..., :2], weights) for x, weights in parts]
    return blocks, {name: p.detach() for name, p in network.named_parameters()}


def explicit(blocks, parameters):
    chunks = list(jacobians.jacobian_chunks(blocks, parameters))
    return torch.cat([r for r, _ in chunks]), torch.cat([rows for _, rows in chunks])


SYSTEMS = [
    NormalSystem,
    WoodburySystem,
    OrthogonalSystem,
    lambda blocks, parameters: SketchedSystem(blocks, parameters, 60, 3),
    IterativeSystem,
]


@pytest.mark.parametrize("system", SYSTEMS, ids=["normal", "woodbury", "qr", "sketch", "cg"])
@given(rows=st.sampled_from([1, 4, 30]), seed=st.integers(0, 100), exponent=st.floats(-3, 1))
def test_every_solver_gives_the_step_of_the_closed_form(system, rows, seed, exponent):
    (blocks, parameters), damping = network_blocks(rows, seed), 10**exponent
    r, J = explicit(blocks, parameters)
    generator = torch.Generator().manual_seed(seed)
    anchor = torch.randn(J.shape[1], generator=generator, dtype=torch.float64)
    vectors = [torch.randn(b.weights.shape, generator=generator, dtype=torch.float64) for b in blocks]
    matrix = J.mT @ J + damping * torch.eye(J.shape[1]).double()
    solved = system(blocks, parameters)
    assert solved.factor(damping)
    precise = not isinstance(solved, SketchedSystem)

    def check(step, right):
        if isinstance(solved, IterativeSystem):
            assert float((matrix @ step - right).norm()) <= 1.01e-2 * float(right.norm())
            return
        expected = torch.linalg.solve(matrix, right)
        bound = (1e-10 if precise else 1e-2) * float(expected.norm())
        torch.testing.assert_close(step, expected, rtol=0, atol=bound)

    check(solved.velocity(), -J.mT @ r)
    check(solved.velocity(anchor), damping * anchor - J.mT @ r)
    check(solved.response(vectors), J.mT @ torch.cat([v.flatten() for v in vectors]))
    torch.testing.assert_close(solved.loss, r @ r, rtol=1e-12, atol=0)


def test_the_solver_is_chosen_by_the_smaller_matrix():
    assert choose_solver(rows=100, parameters=1000) == "woodbury"
    assert choose_solver(rows=1000, parameters=1000) == "normal"
    assert choose_solver(rows=10**5, parameters=10**5) == "sketch"
    assert choose_solver(rows=10**4, parameters=10**6) == "sketch"


@pytest.mark.parametrize("chunk", [1, 300, 2000])
def test_the_triangle_of_chunks_is_that_of_all_rows(monkeypatch, chunk):
    blocks, parameters = network_blocks(30, 0)
    r, J = explicit(blocks, parameters)
    monkeypatch.setattr(jacobians, "_CHUNK", chunk)
    triangle = orthogonal_solver.stacked_triangle(blocks, parameters)
    rows = torch.cat([J, r[:, None]], 1)
    torch.testing.assert_close(triangle.mT @ triangle, rows.mT @ rows, rtol=1e-12, atol=1e-13)
    assert torch.equal(triangle, triangle.triu())


def conditioned(number: float, generator):
    """Least squares with that condition number, and a solution all of whose directions matter."""
    left, right = (torch.linalg.qr(torch.randn(n, 20, generator=generator).double()).Q for n in (60, 20))
    values = torch.logspace(0, -torch.tensor(number).log10(), 20, dtype=torch.float64)
    matrix = left @ torch.diag(values) @ right.mT
    return linear(matrix, matrix @ right @ values.rsqrt())


@pytest.mark.parametrize(("solver", "low"), [("normal", False), ("qr", True)])
def test_orthogonal_factors_reach_what_the_square_of_the_condition_hides(generator, solver, low):
    block, module = conditioned(1e10, generator), Unknowns(20)
    optimizer = LevenbergMarquardt(solver=solver).start(module)
    losses = [optimizer.step([block])["loss"] for _ in range(60)]
    assert (losses[-1] < 1e-20) is low


@pytest.mark.parametrize("sketch_rows", [5, 40])
def test_a_sketch_solves_ill_conditioned_least_squares(generator, sketch_rows):
    block, module = conditioned(1e5, generator), Unknowns(20)
    optimizer = LevenbergMarquardt(solver="sketch", sketch_rows=sketch_rows).start(module)
    losses = [optimizer.step([block])["loss"] for _ in range(30)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-20


def test_the_mean_of_sketches_is_the_normal_matrix():
    blocks, parameters = network_blocks(8, 1)
    matrix = normal_equations(blocks, parameters)[0]
    sketches = [count_sketch(blocks, parameters, 10, seed) for seed in range(100)]
    mean = torch.stack([sketch.mT @ sketch for sketch in sketches]).mean(0)
    assert (mean - matrix).norm() < 0.2 * matrix.norm()
    one = sketches[0].mT @ sketches[0]
    assert (one - matrix).norm() > (mean - matrix).norm()


def test_products_with_the_jacobian_are_those_of_the_matrix(generator):
    blocks, parameters = network_blocks(6, 2)
    _, J = explicit(blocks, parameters)
    products, v = Linearization(blocks, parameters), torch.randn(J.shape[1], generator=generator).double()
    rows = products.push(v)
    torch.testing.assert_close(torch.cat([row.flatten() for row in rows]), J @ v, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(products.pull(rows), J.mT @ (J @ v), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("solver", ["woodbury", "qr", "sketch", "cg"])
def test_a_network_is_fitted_by_every_solver(generator, solver):
    network = MLP(width=6, depth=2).build(1, 1, generator).double()
    x = torch.linspace(-1, 1, 40, dtype=torch.float64)[:, None]
    block = residual_block(network, lambda net, x: net(x) - torch.sin(3 * x), x)
    optimizer = LevenbergMarquardt(solver=solver).start(network)
    losses = [optimizer.step([block])["loss"] for _ in range(40)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-7


def kaczmarz(momentum: float, solver: str) -> float:
    """The distance to the solution after 200 steps on 4 random rows each."""
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(200, 20, generator=generator).double() * torch.logspace(0, -1, 20, dtype=torch.float64)
    matrix /= matrix.norm(dim=1, keepdim=True)
    solution, module = torch.randn(20, generator=generator).double(), Unknowns(20)
    optimizer = LevenbergMarquardt(momentum=momentum, solver=solver, damping=1e-6, acceleration=0.0).start(module)
    for _ in range(200):
        rows = matrix[torch.randint(200, (4,), generator=generator)]
        optimizer.step([linear(rows, rows @ solution)])
    return float((module.values.detach() - solution).norm())


def test_momentum_keeps_what_earlier_rows_have_taught():
    plain, spring = kaczmarz(0.0, "woodbury"), kaczmarz(0.7, "woodbury")
    assert spring < plain / 3


def test_the_step_with_momentum_is_that_of_the_formula(generator):
    """phi <- m phi + J^T (J J^T + mu)^-1 (r - m J phi), and the parameters move by -phi times 3 (1 - m) / 2."""
    m, mu, module, values, phi = 0.6, 0.1, Unknowns(9), torch.zeros(9).double(), torch.zeros(9).double()
    optimizer = LevenbergMarquardt(momentum=m, damping=mu, decrease=1.5, acceleration=0.0).start(module)
    for _ in range(5):
        J, target = torch.randn(4, 9, generator=generator).double(), torch.randn(4, generator=generator).double()
        r = J @ values - target
        phi = m * phi + J.mT @ torch.linalg.solve(J @ J.mT + mu * torch.eye(4).double(), r - m * J @ phi)
        values = values - 1.5 * (1 - m) * phi
        mu = optimizer.step([linear(J, target)])["damping"]
        torch.testing.assert_close(module.values.detach(), values, rtol=1e-10, atol=1e-12)
