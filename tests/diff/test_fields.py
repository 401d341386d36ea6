"""What a residual reads off a field, and what tracing sees of it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.diff import Field, Points, trace

POINTS = Points(torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], dtype=torch.float64), ("t", "x", "y"))


def test_tracing_finds_exactly_the_derivatives_that_are_read():
    def residual(u, v):
        return {"first": u.t + u * u.x - v.xx, "second": v.value}

    _, needed = trace(residual, ("u", "v"), POINTS)
    assert needed == {"u": {"", "t", "x"}, "v": {"", "xx"}}


@given(letters=st.text("txy", min_size=1, max_size=6), data=st.data())
def test_the_order_of_letters_does_not_matter(letters, data):
    shuffled = "".join(data.draw(st.permutations(letters)))
    (one, two), needed = trace(lambda u: (getattr(u, letters), getattr(u, shuffled)), ("u",), POINTS)
    assert one is two
    assert needed == {"u": {"".join(sorted(letters))}}


def test_a_missing_axis_is_named_beside_those_that_exist():
    with pytest.raises(AttributeError, match=r"u\.zz: the domain has no axis 'z'; axes: t, x, y"):
        trace(lambda u: u.zz, ("u",), POINTS)


def test_points_name_their_axes_when_another_is_asked_for():
    assert torch.equal(POINTS.x, POINTS.tensor[:, 1])
    with pytest.raises(AttributeError, match="no axis 'z'; axes: t, x, y"):
        _ = POINTS.z


@pytest.mark.parametrize(
    "function",
    [
        lambda u, c: 2 * u + c,
        lambda u, c: c * u - u / 3,
        lambda u, c: 1 - u,
        lambda u, c: 1 / u + u / c,
        lambda u, c: -(u**3) + c - u,
        lambda u, c: torch.sin(u) * torch.maximum(u, c),
        lambda u, c: torch.stack([u, c]).sum(0),
    ],
)
def test_a_field_takes_part_in_arithmetic_as_its_value(function):
    value, other = torch.tensor([0.5, 2.0]), torch.tensor([1.5, 0.25])
    field = Field("u", {"": value}, POINTS)
    assert torch.equal(function(field, other), function(value, other))
