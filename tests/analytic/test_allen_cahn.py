"""Allen-Cahn: numbers that an independent solver gave, the floor of the published file, and exact solutions."""

import math

import numpy as np
import pytest
import torch
import xarray as xr

import physml
from physml.diff import Field, Points
from physml.numerics import FiniteVolume, Wall
from physml.problem import PDE, relative_l2

AT_THE_KINK = {
    0.005: "-.99847812",
    0.01: "-.99795014",
    0.025: "-.9972019",
    0.05: "-.99690456",
    0.1: "-.99732374",
}
AT_THE_END = {0.0: ".029579721", 0.25: ".9884746477", 0.5: "-.0640767977", 0.75: "-.9998772446"}
ROOT_MEAN_SQUARE = {0.5: ".6906476887", 1.0: ".9353339440"}


@pytest.fixture(scope="module")
def problem() -> PDE:
    return physml.load("allen_cahn")


@pytest.fixture(scope="module")
def exact(problem) -> xr.DataArray:
    """At a quarter of the working step: its error is far below the digits."""
    return problem.reference.dataset(problem.params, refinement=2).u


def assert_digits(value: float, digits: str) -> None:
    """The value rounds to the digits, up to one unit in the last place."""
    assert abs(value - float(digits)) <= 10.0 ** -len(digits.partition(".")[2])


@pytest.mark.parametrize("t", AT_THE_KINK)
def test_the_kink_is_smoothed_as_it_should_be(exact, t):
    assert_digits(float(exact.sel(t=t, x=-1.0, method="nearest")), AT_THE_KINK[t])


@pytest.mark.parametrize("x", AT_THE_END)
def test_the_solution_ends_where_it_should(exact, x):
    assert_digits(float(exact.sel(t=1.0, x=x)), AT_THE_END[x])


@pytest.mark.parametrize("t", ROOT_MEAN_SQUARE)
def test_the_mean_square_grows_as_it_should(exact, t):
    assert_digits(math.sqrt(float((exact.sel(t=t) ** 2).mean())), ROOT_MEAN_SQUARE[t])


def test_the_published_grid_is_its_known_distance_away(problem):
    published = problem.other_references[0].dataset(problem.params).u
    assert relative_l2(published, problem.reference.dataset(problem.params).u) == pytest.approx(1.166e-5, rel=0.01)


def test_nearly_all_of_that_distance_lies_in_the_first_layer(problem, exact):
    square = (problem.other_references[0].dataset(problem.params).u - exact) ** 2
    layer = (abs(square.x) > 0.9) & (square.t < 0.3)
    assert float(square.where(layer).sum() / square.sum()) > 0.99


def test_the_solution_stays_even_and_within_the_phases(exact):
    mirrored = exact.isel(x=(-np.arange(exact.sizes["x"])) % exact.sizes["x"])
    assert float(np.abs(mirrored.to_numpy() - exact.to_numpy()).max()) < 1e-11
    assert float(abs(exact).max()) <= 1.0


@pytest.mark.parametrize("level", [-1.0, 0.0, 1.0])
def test_the_phases_and_the_state_between_them_stay(problem, level):
    points = Points(torch.zeros(1, 2, dtype=torch.float64), ("t", "x"))
    zero = torch.zeros(1, dtype=torch.float64)
    u = Field("u", {"": zero + level, "t": zero, "xx": zero}, points)
    assert float(problem.residual(u, problem.params)["allen_cahn"]) == 0.0


def test_the_closed_flow_is_that_of_the_reaction(problem):
    """Its derivative in t is f(u), it starts at u, and it composes."""
    splitting, p = problem.semilinear, problem.params
    u = torch.linspace(-1.2, 1.2, 25, dtype=torch.float64)
    t = torch.full_like(u, 0.3)
    value, rate = torch.func.jvp(lambda s: splitting.flow(u, s, p), (t,), (torch.ones_like(t),))
    torch.testing.assert_close(rate, splitting.nonlinear(value, p), rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(splitting.flow(u, torch.zeros_like(u), p), u, rtol=1e-15, atol=0)
    torch.testing.assert_close(splitting.flow(value, t, p), splitting.flow(u, 2 * t, p), rtol=1e-12, atol=0)


def test_the_splitting_is_the_residual(problem):
    """u_t - L u - f(u) for a wave, whose symbol multiplies it."""
    splitting, p, k = problem.semilinear, problem.params, 3 * math.pi
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)
    wave = torch.cos(k * x)
    points = Points(torch.stack([0 * x, x], -1), ("t", "x"))
    u = Field("u", {"": wave, "t": torch.full_like(x, 0.7), "xx": -(k**2) * wave}, points)
    expected = 0.7 - splitting.symbol(k, p) * wave - splitting.nonlinear(wave, p)
    torch.testing.assert_close(problem.residual(u, p)["allen_cahn"], expected, rtol=0, atol=1e-13)


def test_finite_volumes_on_half_of_the_ring_find_the_same_solution(problem, exact):
    """An even solution has no slope at x = 0 and x = 1; cells and steps are narrow where the kink was."""
    p, s = problem.params, np.linspace(0.0, 1.0, 1601)
    faces = 1 - (1 - s) * (0.02 + 0.98 * (1 - s) ** 2)
    scheme = FiniteVolume(
        faces, diffusivity=p.diffusivity, source=lambda u: problem.semilinear.nonlinear(u, p), low=Wall(), high=Wall()
    )
    x, times = scheme.centres, np.array([0.0, 0.005, 0.1])
    found = scheme.solve(x**2 * np.cos(math.pi * x), times, 400)
    for t, u in zip(times[1:], found[1:], strict=True):
        assert u[-1] == pytest.approx(float(exact.sel(t=t, x=-1.0, method="nearest")), abs=1e-7)
