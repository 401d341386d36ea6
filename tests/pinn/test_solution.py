"""What is solved, how well, and how the solution is evaluated and rebuilt."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from physml.nets import Ansatz
from physml.pinn import MLP, PINN, LevenbergMarquardt, Sampling, Windows
from physml.pinn.solution import load_weights
from physml.problem import PDE, Axis, Condition, Domain

TIME, CIRCLE = Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True)
GRID = {"t": np.linspace(0.0, 1.0, 11), "x": np.linspace(-1.0, 1.0, 21)}


def second_order(steps: int, **changes) -> PINN:
    settings = {
        "network": MLP(width=10, depth=2),
        "modes": 1,
        "phases": (LevenbergMarquardt(steps=steps),),
        "sampling": Sampling(count=300, condition_count=60),
    }
    return PINN(**{**settings, **changes})


def condition(name: str, axis: str, at: float, target, **quantity) -> Condition:
    return Condition(name, axis, at, target=lambda points, p: target(points), **quantity)


def make(name: str, axes: tuple[Axis, ...], residual, *conditions: Condition, fields=("u",)) -> PDE:
    return PDE(name, name, "", Domain(axes), residual, conditions, fields=fields)


def test_the_heat_equation_is_solved(heat, run):
    u = run(heat, second_order(15)).solution.predict(**GRID).u
    exact = np.exp(-0.05 * math.pi**2 * u.t) * np.sin(math.pi * u.x)
    assert abs(u - exact).max() < 1e-4


def test_a_steady_problem_with_two_walls_is_solved(run):
    problem = make(
        "poisson",
        (Axis("x", 0.0, 1.0),),
        lambda u, p: {"poisson": u.xx + math.pi**2 * torch.sin(math.pi * u.points.x)},
        condition("left", "x", 0.0, lambda points: 0.0),
        condition("right", "x", 1.0, lambda points: 0.0),
    )
    problem.check()
    u = run(problem, second_order(25)).solution.predict(x=np.linspace(0.0, 1.0, 51)).u
    assert abs(u - np.sin(math.pi * u.x)).max() < 1e-4


def test_a_flux_is_a_condition_too(run):
    problem = make(
        "parabola",
        (Axis("x", 0.0, 1.0),),
        lambda u, p: {"poisson": u.xx - 2},
        condition("flux", "x", 0.0, lambda points: 0.0, quantity=lambda u: u.x),
        condition("right", "x", 1.0, lambda points: 1.0),
    )
    u = run(problem, second_order(25)).solution.predict(x=np.linspace(0.0, 1.0, 51)).u
    assert abs(u - u.x**2).max() < 1e-4


def test_a_wave_with_position_and_velocity_is_solved_over_windows(run):
    problem = make(
        "wave",
        (TIME, CIRCLE),
        lambda u, p: {"wave": u.tt - u.xx},
        condition("position", "t", 0.0, lambda points: torch.sin(math.pi * points.x)),
        condition("velocity", "t", 0.0, lambda points: 0.0, quantity=lambda u: u.t),
    )
    problem.check()
    u = run(problem, second_order(20, windows=Windows(2))).solution.predict(**GRID).u
    assert abs(u - np.sin(math.pi * u.x) * np.cos(math.pi * u.t)).max() < 2e-3


def test_a_system_of_two_fields_is_solved(run):
    problem = make(
        "acoustics",
        (TIME, CIRCLE),
        lambda u, v, p: {"pressure": u.t + v.x, "velocity": v.t + u.x},
        condition(
            "pressure at rest",
            "t",
            0.0,
            lambda points: torch.sin(math.pi * points.x),
            quantity=lambda u, v: u.value,
        ),
        condition("no velocity", "t", 0.0, lambda points: 0.0, quantity=lambda u, v: v.value),
        fields=("u", "v"),
    )
    problem.check()
    data = run(problem, second_order(30, windows=Windows(2))).solution.predict(**GRID)
    assert abs(data.u - np.sin(math.pi * data.x) * np.cos(math.pi * data.t)).max() < 1e-2
    assert abs(data.v + np.cos(math.pi * data.x) * np.sin(math.pi * data.t)).max() < 1e-2


def test_two_dimensions_of_space_are_solved(run):
    problem = make(
        "plane",
        (TIME, CIRCLE, dataclasses.replace(CIRCLE, name="y", even=True)),
        lambda u, p: {"heat": u.t - 0.05 * u.laplacian},
        condition("start", "t", 0.0, lambda points: torch.sin(math.pi * points.x) * torch.cos(math.pi * points.y)),
    )
    problem.check()
    u = run(problem, second_order(20)).solution.predict(**GRID, y=np.linspace(-1.0, 1.0, 9)).u
    exact = np.exp(-0.1 * math.pi**2 * u.t) * np.sin(math.pi * u.x) * np.cos(math.pi * u.y)
    assert u.dims == ("t", "x", "y")
    assert abs(u - exact).max() < 1e-2


@pytest.fixture
def process(heat, run):
    return run(heat, second_order(2, windows=Windows(2), series_modes=64))


def test_an_edge_belongs_to_the_earlier_window(process):
    points = torch.tensor([[0.0, 0.1], [0.5, 0.1], [0.51, 0.1], [1.0, 0.1]], dtype=torch.float64)
    assert process.solution._window_of(points).tolist() == [0, 0, 1, 1]


def test_predictions_on_a_grid_are_those_at_its_points(process):
    u = process.solution.predict(t=0.7, x=np.array([0.2, -0.4])).u
    points = torch.tensor([[0.7, 0.2], [0.7, -0.4]], dtype=torch.float64)
    assert u.dims == ("t", "x")
    np.testing.assert_array_equal(u.values[0], process.solution.evaluate(points)[:, 0].numpy())


def test_a_missing_axis_and_points_outside_are_refused(process):
    with pytest.raises(ValueError, match="needs coordinates for t, x; x is missing"):
        process.solution.predict(t=0.5)
    with pytest.raises(ValueError, match=r"x from 0\.0 to 1\.5 leaves the domain \[-1\.0, 1\.0\]"):
        process.solution.predict(t=0.5, x=np.array([0.0, 1.5]))


def test_the_residual_is_that_of_the_training_term(process):
    points = process.objective.points[0]
    given = process.solution.residual(points)["heat"]
    term = process.objective.residual
    expected = term(dict(process.ansatz.named_parameters()), term.prepare(points))[:, 0]
    inside = points[:, 0] > process.marching.edges[1]
    torch.testing.assert_close(given[inside], expected[inside].detach(), rtol=1e-10, atol=1e-12)


def test_saved_weights_rebuild_the_solution(process, heat, start):
    weights = process.solution.weights()
    fresh = start(heat, second_order(2, windows=Windows(2), series_modes=64), seed=7)
    load_weights(fresh.pieces[0], 0, weights)
    points = torch.tensor([[0.3, 0.1], [0.0, -0.9]], dtype=torch.float64)
    assert torch.equal(fresh.pieces[0].evaluate(points), process.pieces[0].evaluate(points))
    assert all(not tensor.is_complex() and tensor.is_contiguous() for tensor in weights.values())


class Piece(Ansatz):
    """A window whose one buffer is complex; keeps what it is given."""

    def __init__(self) -> None:
        torch.nn.Module.__init__(self)

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"start": torch.zeros(1, 97, dtype=torch.complex128)}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        self.given = state["start"]


def test_complex_weights_are_aligned_wherever_they_lie_in_a_file():
    """Torch may crash on complex128 that does not begin at a multiple of 16 bytes; a file promises 8 only."""
    memory = np.arange(2 * 97 + 2, dtype=np.float64)
    skipped = 1 if memory.ctypes.data % 16 == 0 else 2
    pairs = torch.from_numpy(memory[skipped : skipped + 2 * 97].reshape(1, 97, 2))  # as a file gives it: no offset
    assert (pairs.data_ptr() % 16, pairs.storage_offset()) == (8, 0)
    piece = Piece()
    load_weights(piece, 0, {"window_00.start": pairs})
    assert piece.given.data_ptr() % 16 == 0
    assert torch.equal(torch.view_as_real(piece.given), pairs)
