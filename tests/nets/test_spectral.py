"""The spectral ansatz: exact start, exact linear part, and derivatives that two other ways confirm."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.diff import make_plan
from physml.nets import MLP, SpectralAnsatz
from physml.nets.spectral import wavenumbers
from physml.pinn.terms import residual_term
from physml.problem import PDE, Axis, Domain

TIME = Axis("t", 0.5, 0.9)
RING, OTHER = Axis("x", -1.0, 1.0, periodic=True), Axis("y", 0.0, 3.0, periodic=True)
MODES = 3
EMPTY = torch.empty(0, dtype=torch.float64)


def make_ansatz(*space: Axis, fields: int = 1, symbol=lambda *k: -0.3 * sum(one**2 for one in k), scale=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (fields, *[2 * MODES + 1] * (len(space) - 1), MODES + 1)
    start = torch.randn(shape, generator=generator, dtype=torch.complex128)
    rates = symbol(*wavenumbers(space, shape[1:], EMPTY)).expand(shape)
    network = MLP(width=5, depth=1).build(1, 2 * start.numel(), generator).double()
    return SpectralAnsatz(network, (TIME, *space), start, rates, torch.full(shape, scale).double(), [11] * len(space))


def scattered(space: tuple[Axis, ...], count: int = 9) -> torch.Tensor:
    unit = torch.rand(count, 1 + len(space), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    axes = (TIME, *space)
    return torch.stack([a.low + a.length * u for a, u in zip(axes, unit.unbind(1), strict=True)], 1)


def waves(ansatz: SpectralAnsatz, points: torch.Tensor, coefficients: torch.Tensor) -> torch.Tensor:
    """Re sum c_k exp(i k (x - a)) at points on one axis, one c a point or for all; shape (n, fields)."""
    k = wavenumbers(ansatz.space, ansatz.start.shape[1:], EMPTY)[0]
    return (coefficients * torch.exp(1j * k * (points[:, 1, None, None] - ansatz.space[0].low))).sum(-1).real


@pytest.mark.parametrize("symbol", [lambda k: -0.3 * k**2, lambda k: 2j * k + 0.1], ids=["heat", "wave that grows"])
def test_without_a_network_the_linear_equation_is_solved(symbol):
    ansatz, points = make_ansatz(RING, symbol=symbol, scale=0.0), scattered((RING,))
    rates = symbol(wavenumbers((RING,), (MODES + 1,), EMPTY)[0])
    exact = waves(ansatz, points, ansatz.start * torch.exp(rates * (points[:, :1, None] - TIME.low)))
    torch.testing.assert_close(ansatz.evaluate(points), exact, rtol=0, atol=1e-13)


@given(seed=st.integers(0, 2**31 - 1), scale=st.floats(0.1, 100.0))
def test_the_start_holds_whatever_the_weights(seed, scale):
    ansatz, points = make_ansatz(RING, scale=scale, seed=seed), scattered((RING,))
    points[:, 0] = TIME.low
    torch.testing.assert_close(ansatz.evaluate(points), waves(ansatz, points, ansatz.start), rtol=0, atol=1e-13)


def test_the_linear_part_drops_out_of_the_residual():
    r"""u_t - L u is the sum of N + phi N' over the waves: N alone where the rate has made phi small."""
    ansatz, points = make_ansatz(RING, symbol=lambda k: -1e9 * k**2 - 1e9), scattered((RING,))
    plan = make_plan({"t", "xx"}, ("t", "x"))
    values = ansatz(ansatz.encode(points, plan), plan)
    left = values["t"] - 1e9 * values["xx"] + 1e9 * values[""]
    learnt = ansatz._learnt(ansatz.encode(points, plan)["time"], 0)[0]
    torch.testing.assert_close(left, waves(ansatz, points, learnt), rtol=0, atol=1e-5)


@pytest.mark.parametrize("space", [(RING,), (RING, OTHER)], ids=["one axis", "two axes"])
def test_every_derivative_is_that_of_nested_autograd(space):
    def residual(u, v, p):
        mixed = u.tx * v + u.laplacian + v.txx + u.xxx
        return {"mixed": mixed if len(space) == 1 else mixed + u.xyy * v.y + u.biharmonic}

    domain, fields = Domain((TIME, *space)), ("u", "v")
    problem = PDE(name="mixed", title="Mixed", equation="u_t = 0", domain=domain, residual=residual, fields=fields)
    ansatz, points = make_ansatz(*space, fields=2), scattered(space)
    terms = [residual_term(problem, ansatz, engine) for engine in ("jets", "autograd")]
    ours, oracle = (term(dict(ansatz.named_parameters()), term.prepare(points)) for term in terms)
    torch.testing.assert_close(ours, oracle, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("space", [(RING,), (RING, OTHER)], ids=["one axis", "two axes"])
def test_a_slice_is_the_solution_at_the_points_of_its_grid(space):
    ansatz, times = make_ansatz(*space, fields=2), torch.tensor([0.5, 0.6, 0.9], dtype=torch.float64)
    plan = make_plan({"t", "x"}, ("t", *(axis.name for axis in space)))
    slices = ansatz(ansatz.encode_times(times), plan)
    points = ansatz.grid(times)
    alone = ansatz(ansatz.encode(points.flatten(0, 1), plan), plan)
    for name, values in slices.items():
        torch.testing.assert_close(values.flatten(0, 1), alone[name], rtol=1e-12, atol=1e-12)
    assert points.shape == (3, 11 ** len(space), 1 + len(space))


def test_many_points_of_few_times_are_summed_together():
    """A hundred times as many points as times, in any order, and each of them by itself."""
    ansatz, points = make_ansatz(RING, OTHER, fields=2), scattered((RING, OTHER), 400)
    points[:, 0] = torch.tensor([0.5, 0.7, 0.6, 0.9], dtype=torch.float64).repeat(100)
    plan = make_plan({"t", "x"}, ("t", "x", "y"))
    together = ansatz.encode(points, plan)
    assert "own" in together
    for name, values in ansatz(together, plan).items():
        alone = torch.stack([ansatz(ansatz.encode(point, plan), plan)[name] for point in points])
        torch.testing.assert_close(values, alone, rtol=1e-12, atol=1e-12)


def test_the_end_is_where_the_next_window_starts():
    ansatz, points = make_ansatz(RING), scattered((RING,))
    points[:, 0] = TIME.high
    torch.testing.assert_close(ansatz.evaluate(points), waves(ansatz, points, ansatz.at_end()), rtol=0, atol=1e-12)


def test_small_and_large_angles_meet():
    """(exp(z) - 1) / z by its series and by itself, on both sides of where they change."""
    ansatz = make_ansatz(RING, symbol=lambda k: -0.0 * k)
    for rate in (1e-9, 9.9e-3, 1.01e-2, 3.0):
        ansatz.rates = torch.full_like(ansatz.rates, rate)
        ramp = ansatz.encode_times(torch.tensor(TIME.low + 1.0, dtype=torch.float64))["ramp"]
        assert float(ramp.max()) == pytest.approx(math.expm1(rate) / rate, rel=1e-14)
