"""Collocation points: where they lie and which are kept."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.pinn import Sampling
from physml.pinn.sampling import draw, draw_on_face, keep_where_large
from physml.problem import Axis

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
    points = draw_on_face(AXES, name, 1.0, 50, generator, torch.float64)
    column = "txy".index(name)
    assert (points[:, column] == 1.0).all()
    others = [i for i in range(3) if i != column]
    assert points[:, others].std(0).min() > 0.3


def test_the_face_of_an_interval_is_one_point(generator):
    assert draw_on_face(AXES[1:2], "x", 3.0, 50, generator, torch.float64).tolist() == [[3.0]]


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


@pytest.mark.parametrize("name", ["count", "condition_count", "candidates", "period"])
def test_counts_outside_their_range_are_refused(name):
    with pytest.raises(ValueError, match=name):
        Sampling(**{name: -1})
