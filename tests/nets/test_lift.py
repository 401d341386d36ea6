"""The evolved series against closed forms."""

import math

import pytest
import torch

from physml.diff import make_plan, read_derivatives
from physml.nets import EvolvedComplexSeries, EvolvedSeries, lift
from physml.problem import Axis

AXIS = Axis("x", -1.0, 1.0, periodic=True)
DIFFUSIVITY = 0.3


def samples_of(function, count: int = 64) -> torch.Tensor:
    x = AXIS.low + AXIS.length * torch.arange(count, dtype=torch.float64) / count
    return function(x)[:, None]


def start(x: torch.Tensor) -> torch.Tensor:
    return 0.5 + torch.sin(math.pi * x) - 0.25 * torch.cos(3 * math.pi * x)


def heat_series(start_time: float = 0.5) -> EvolvedSeries:
    return EvolvedSeries(samples_of(start), AXIS, lambda k: -DIFFUSIVITY * k**2, 16, start_time)


def exact(time: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    first, third = (torch.exp(-DIFFUSIVITY * (n * math.pi) ** 2 * (time - 0.5)) for n in (1, 3))
    return 0.5 + first * torch.sin(math.pi * x) - 0.25 * third * torch.cos(3 * math.pi * x)


def random_points(generator: torch.Generator, count: int = 50) -> torch.Tensor:
    unit = torch.rand(count, 2, generator=generator, dtype=torch.float64)
    return torch.stack([0.5 + unit[:, 0], 2 * unit[:, 1] - 1], -1)


def test_the_series_solves_the_heat_equation(generator):
    points = random_points(generator)
    torch.testing.assert_close(heat_series()(points)[:, 0], exact(*points.T), rtol=0, atol=1e-13)


def test_its_jets_are_the_derivatives_of_the_closed_form(generator):
    points = random_points(generator, 5).requires_grad_()
    plan = make_plan(["t", "xx", "tx", "xxxx"], ("t", "x"))
    values = read_derivatives(heat_series().jet(points, plan), plan)
    gradient = torch.autograd.grad(exact(*points.T).sum(), points, create_graph=True)[0]
    mixed = torch.autograd.grad(gradient[:, 0].sum(), points)[0][:, 1]
    torch.testing.assert_close(values["t"][:, 0], gradient[:, 0].detach(), rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(values["tx"][:, 0], mixed, rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(values["t"], DIFFUSIVITY * values["xx"], rtol=1e-11, atol=1e-12)


def test_a_complex_symbol_transports():
    series = EvolvedSeries(samples_of(start), AXIS, lambda k: -2j * k, 16, 0.0)
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)
    moved = series(torch.stack([torch.full_like(x, 0.7), x], -1))[:, 0]
    torch.testing.assert_close(moved, start(x - 1.4), rtol=0, atol=1e-13)


def test_at_the_start_the_samples_come_back():
    samples = samples_of(start)
    x = AXIS.low + AXIS.length * torch.arange(64, dtype=torch.float64) / 64
    values = heat_series()(torch.stack([torch.full_like(x, 0.5), x], -1))
    torch.testing.assert_close(values, samples, rtol=0, atol=1e-14)


def test_chunks_of_time_change_nothing(generator, monkeypatch):
    points, series = random_points(generator, 200), heat_series()
    plan = make_plan(["t", "xx"], ("t", "x"))
    whole = series.jet(points, plan)
    monkeypatch.setattr(lift, "_CHUNK", 16 * 7)
    for one, many in zip(whole.coefficients, series.jet(points, plan).coefficients, strict=True):
        torch.testing.assert_close(one, many, rtol=1e-13, atol=1e-13)


def test_single_points_under_vmap_give_the_same_as_many(generator):
    points, series = random_points(generator), heat_series()
    torch.testing.assert_close(torch.func.vmap(series)(points), series(points), rtol=1e-13, atol=1e-14)


def test_no_points_give_no_values():
    assert heat_series()(torch.zeros(0, 2, dtype=torch.float64)).shape == (0, 1)


def test_dead_modes_are_left_out_without_a_trace():
    series = EvolvedSeries(samples_of(start), AXIS, lambda k: -10 * k**2, 16, 0.0)
    late = torch.tensor([[0.5, 0.1]], dtype=torch.float64)
    expected = 0.5 + math.exp(-10 * math.pi**2 * 0.5) * math.sin(0.1 * math.pi)
    assert float(series(late)) == pytest.approx(expected, abs=1e-15)


def test_more_modes_than_the_samples_carry_are_refused():
    with pytest.raises(ValueError, match="at most 32 modes, asked for 33"):
        EvolvedSeries(samples_of(start), AXIS, lambda k: -(k**2), 33, 0.0)


def free_waves() -> tuple[EvolvedComplexSeries, list[tuple[complex, int]]]:
    """Waves of both directions under h_t = i h_xx / 2, and their amplitudes and wavenumbers over pi."""
    waves = [(0.3 - 0.2j, 0), (1.0 + 0.5j, 2), (-0.4 + 0.1j, -1), (0.2j, -5)]
    x = AXIS.low + AXIS.length * torch.arange(64, dtype=torch.float64) / 64
    field = sum(a * torch.exp(1j * n * math.pi * x) for a, n in waves)
    samples = torch.stack([field.real, field.imag], -1)
    return EvolvedComplexSeries(samples, AXIS, lambda k: -0.5j * k**2, 16, 0.5), waves


def test_the_complex_series_solves_the_free_schroedinger_equation(generator):
    series, waves = free_waves()
    points = random_points(generator)
    time, x = points.T
    exact = sum(a * torch.exp(1j * n * math.pi * x - 0.5j * (n * math.pi) ** 2 * (time - 0.5)) for a, n in waves)
    torch.testing.assert_close(series(points), torch.stack([exact.real, exact.imag], -1), rtol=0, atol=1e-13)


def test_the_jets_of_the_complex_series_satisfy_its_equation(generator):
    series, _ = free_waves()
    plan = make_plan(["t", "xx"], ("t", "x"))
    values = read_derivatives(series.jet(random_points(generator), plan), plan)
    u_t, v_t = values["t"].unbind(-1)
    u_xx, v_xx = values["xx"].unbind(-1)
    torch.testing.assert_close(u_t, -v_xx / 2, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(v_t, u_xx / 2, rtol=1e-11, atol=1e-12)


def test_a_complex_symbol_of_odd_order_moves_both_directions_alike(generator):
    series, waves = free_waves()
    samples = series(torch.stack([torch.full((64,), 0.5), AXIS.low + AXIS.length * torch.arange(64) / 64], -1).double())
    moving = EvolvedComplexSeries(samples, AXIS, lambda k: -2j * k, 16, 0.0)
    time, x = random_points(generator).T
    exact = sum(a * torch.exp(1j * n * math.pi * (x - 2 * time)) for a, n in waves)
    found = moving(torch.stack([time, x], -1))
    torch.testing.assert_close(found, torch.stack([exact.real, exact.imag], -1), rtol=0, atol=1e-12)
