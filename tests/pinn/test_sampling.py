"""Collocation points: where they lie and which are kept."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.pinn import Sampling
from physml.pinn.sampling import draw, draw_on_faces, grid_shape, keep_where_large
from physml.problem import Axis

FLOAT64 = torch.float64
AXES = (Axis("t", 0.5, 2.0), Axis("x", -1.0, 3.0), Axis("y", -2.0, 2.0, periodic=True, even=True))


@given(seed=st.integers(0, 2**31 - 1), count=st.integers(1, 200))
def test_points_lie_in_the_box_and_in_one_half_of_an_even_axis(seed, count):
    points = draw(AXES, count, torch.Generator().manual_seed(seed), torch.float64)
    assert points.shape == (count, 3)
    low, high = torch.tensor([0.5, -1.0, 0.0]), torch.tensor([2.0, 3.0, 2.0])
    assert ((points >= low) & (points <= high)).all()


def test_times_cover_both_ends_as_chebyshev_points_do(generator):
    times = (draw(AXES, 4096, generator, torch.float64)[:, 0].sort().values - 0.5) / 1.5
    fractions = (torch.arange(4096, dtype=torch.float64) + 0.5) / 4096
    torch.testing.assert_close(times, torch.sin(fractions * math.pi / 2) ** 2, rtol=0, atol=2e-3)
    assert times[0] < 1e-5
    assert times[-1] > 1 - 1e-5


def test_space_is_covered_evenly(generator):
    points = draw(AXES, 1024, generator, torch.float64)
    counts = torch.histc(points[:, 1], 16, -1.0, 3.0)
    assert (counts - 64).abs().max() <= 2  # a Sobol sequence, not independent draws


def test_the_same_seed_draws_the_same_points_and_the_next_draw_others():
    one, two = (torch.Generator().manual_seed(1) for _ in range(2))
    first = draw(AXES, 10, one, torch.float64)
    assert torch.equal(first, draw(AXES, 10, two, torch.float64))
    assert not torch.equal(first, draw(AXES, 10, one, torch.float64))


@pytest.mark.parametrize("name", ["t", "x", "y"])
def test_face_points_lie_on_the_face(name, generator):
    points = draw_on_faces(AXES, [(name, 1.0)], 50, generator, torch.float64)
    column = "txy".index(name)
    assert (points[:, column] == 1.0).all()
    others = [i for i in range(3) if i != column]
    assert points[:, others].std(0).min() > 0.3


def test_the_face_of_an_interval_is_one_point(generator):
    assert draw_on_faces(AXES[1:2], [("x", 3.0)], 50, generator, torch.float64).tolist() == [[3.0]]


def test_large_residuals_are_kept_in_proportion(generator):
    """Half of the points have |r| = 3, half 1: their probabilities are 3/2 + 1 to 1/2 + 1."""
    count, kept = 20000, 1000
    points = torch.arange(count, dtype=torch.float64)[:, None]
    residual = torch.where(points[:, 0] < count / 2, 3.0, 1.0)
    chosen = keep_where_large(points, residual, kept, generator)
    assert len(chosen.unique()) == kept
    share, expected = float((chosen < count / 2).double().mean()), 2.5 / 4
    assert abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / kept)


def test_a_residual_of_zero_keeps_points_evenly(generator):
    points = torch.arange(100.0)[:, None]
    assert len(keep_where_large(points, torch.zeros(100), 50, generator)) == 50


def star_discrepancy(points: torch.Tensor) -> float:
    """The largest miss of a box [0, a) x [0, b) by points (n, 2) of the unit square, over the points' own corners."""
    inside = (points[:, None, :] < points[None, :, :]).all(-1).double().mean(0)
    return float((inside - points.prod(-1)).abs().max())


def in_the_unit_square(points: torch.Tensor) -> torch.Tensor:
    return torch.stack([points[:, 0] / 2, points[:, 1] / 4 + 0.25], -1)


SQUARE = (Axis("s", 0.0, 2.0), Axis("x", -1.0, 3.0))


def test_sobol_points_are_more_even_than_independent_ones(generator):
    """Discrepancies fall as log(n)^2 / n, and as n^(-1/2)."""
    sobol = [in_the_unit_square(draw(SQUARE, n, generator, FLOAT64)) for n in (256, 1024)]
    uniform = in_the_unit_square(draw(SQUARE, 1024, generator, FLOAT64, Sampling(points="uniform")))
    assert star_discrepancy(sobol[0]) < 0.02
    assert star_discrepancy(sobol[1]) < 0.006
    assert 0.01 < star_discrepancy(uniform) < 2 / math.sqrt(1024) * 1.5


def test_uniform_points_are_independent_draws_of_the_generator():
    one, two = (torch.Generator().manual_seed(3) for _ in range(2))
    points = draw(SQUARE, 20, one, FLOAT64, Sampling(points="uniform"))
    torch.testing.assert_close(in_the_unit_square(points), torch.rand(20, 2, generator=two, dtype=FLOAT64))


@given(count=st.integers(1, 10_000), dimensions=st.integers(1, 5))
def test_a_grid_is_the_largest_that_fits_with_sides_that_differ_by_one(count, dimensions):
    shape = grid_shape(count, dimensions)
    assert len(shape) == dimensions
    assert max(shape) - min(shape) <= 1
    assert math.prod(shape) <= count
    longer = list(shape)
    longer[longer.index(min(longer))] += 1
    assert math.prod(longer) > count


def test_a_grid_has_every_pair_once_with_both_ends_but_one_of_a_period(generator):
    axes = (Axis("x", 0.0, 1.0), Axis("y", -1.0, 1.0, periodic=True), Axis("z", -1.0, 1.0, periodic=True, even=True))
    points = draw(axes, 64, generator, FLOAT64, Sampling(points="grid"))
    assert len(points.unique(dim=0)) == len(points) == 64
    for column, expected in enumerate(([0, 1 / 3, 2 / 3, 1], [-1, -0.5, 0, 0.5], [0, 1 / 3, 2 / 3, 1])):
        torch.testing.assert_close(points[:, column].unique(), torch.tensor(expected, dtype=FLOAT64))


@pytest.mark.parametrize("clustered", [True, False])
def test_times_of_a_grid_are_chebyshev_points_or_even(clustered, generator):
    axis = Axis("t", -1.0, 1.0)
    times = draw((axis,), 9, generator, FLOAT64, Sampling(points="grid", clustered=clustered))[:, 0]
    steps = torch.linspace(0, 1, 9, dtype=FLOAT64)
    torch.testing.assert_close(times, -torch.cos(math.pi * steps) if clustered else 2 * steps - 1)


def test_points_spread_evenly_over_faces(generator):
    axes = tuple(Axis(name, 0.0, 1.0 + i) for i, name in enumerate("abcdefghij"))
    faces = [(axis.name, at) for axis in axes for at in (axis.low, axis.high)]
    for count in (7, 20, 205):
        points = draw_on_faces(axes, faces, count, generator, FLOAT64)
        assert len(points) == max(count, 20)
        on = [int((points[:, axes.index(a)] == at).sum()) for a in axes for at in (a.low, a.high)]
        assert max(on) - min(on) <= 1
        assert sum(on) == len(points)


@pytest.mark.parametrize("points", ["sobol", "uniform", "grid"])
def test_points_of_many_faces_cover_each_of_them(points, generator):
    faces = [("x", -1.0), ("x", 3.0), ("y", -2.0)]
    drawn = draw_on_faces(AXES, faces, 300, generator, FLOAT64, Sampling(points=points))
    assert len(drawn) == 300
    for face, (name, at) in zip(drawn.split(100), faces, strict=True):
        column = "txy".index(name)
        assert (face[:, column] == at).all()
        others = [i for i in range(3) if i != column]
        low, high = torch.tensor([0.5, -1.0, 0.0])[others], torch.tensor([2.0, 3.0, 2.0])[others]
        quarters = ((face[:, others] - low) / (high - low) < 0.5).double() @ torch.tensor([2.0, 1.0], dtype=FLOAT64)
        assert torch.bincount(quarters.long(), minlength=4).min() >= 15


def test_the_ends_of_an_interval_are_two_points(generator):
    ends = draw_on_faces(AXES[1:2], [("x", -1.0), ("x", 3.0)], 50, generator, FLOAT64)
    assert ends.tolist() == [[-1.0], [3.0]]


def share_of_large(settings: Sampling, generator: torch.Generator, weights: torch.Tensor | None = None) -> float:
    """How many of 1000 kept points have |r| = 3, where half of 20000 have and half have |r| = 1."""
    points = torch.arange(20000, dtype=FLOAT64)[:, None]
    residual = torch.where(points[:, 0] < 10000, -3.0, 1.0)
    chosen = keep_where_large(points, residual, 1000, generator, settings, weights)
    return float((chosen < 10000).double().mean())


@pytest.mark.parametrize(
    ("exponent", "offset", "expected"),
    [(1.0, 0.0, 3 / 4), (2.0, 0.0, 9 / 10), (2.0, 1.0, (9 / 5 + 1) / 4), (1.0, 1e9, 1 / 2), (60.0, 0.0, 1.0)],
)
def test_exponent_and_offset_set_the_odds(exponent, offset, expected, generator):
    share = share_of_large(Sampling(exponent=exponent, offset=offset), generator)
    assert abs(share - expected) <= 4 * math.sqrt(expected * (1 - expected) / 1000)


def test_weights_multiply_the_odds(generator):
    weights = torch.where(torch.arange(20000) < 10000, 0.25, 1.0).double()
    expected = 0.75 / 1.75
    share = share_of_large(Sampling(offset=0.0), generator, weights)
    assert abs(share - expected) <= 4 * math.sqrt(expected * (1 - expected) / 1000)


def test_without_an_offset_points_of_no_residual_only_fill_up(generator):
    points = torch.arange(100.0)[:, None]
    residual = torch.where(points[:, 0] < 10, 1.0, 0.0)
    chosen = keep_where_large(points, residual, 30, generator, Sampling(offset=0.0))
    assert len(chosen.unique()) == 30
    assert (chosen < 10).sum() == 10


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"exponent": 0.0}, "exponent"), ({"offset": -1.0}, "offset"), ({"causal": True, "candidates": 1}, "candidates")],
)
def test_odds_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Sampling(**settings)


@pytest.mark.parametrize("name", ["count", "condition_count", "candidates", "period"])
def test_counts_outside_their_range_are_refused(name):
    with pytest.raises(ValueError, match=name):
        Sampling(**{name: -1})
