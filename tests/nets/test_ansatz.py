"""The hard ansatz: the start holds whatever the weights, and the base is exact in its limits."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.nets import MLP, Embedding, EvolvedSeries, HardInitialAnsatz
from physml.nets.ansatz import VALUE_ONLY
from physml.numerics import fitted_order
from physml.problem import Axis

START, DURATION = 0.2, 0.5
TIME, SPACE = Axis("t", START, START + DURATION), Axis("x", -1.0, 1.0, periodic=True)


def start_of(x: torch.Tensor) -> torch.Tensor:
    return 0.5 * torch.sin(math.pi * x) + 0.2


def make_ansatz(*, diffusivity: float, nonlinear=None, flow=None, scale: float = 0.0, seed: int = 0):
    x = SPACE.low + SPACE.length * torch.arange(256, dtype=torch.float64) / 256
    samples = start_of(x)[:, None]
    channels = samples if nonlinear is None else torch.cat([samples, nonlinear(samples)], 1)
    series = EvolvedSeries(channels, SPACE, lambda k: -diffusivity * k**2, 64, START)
    embedding = Embedding((TIME, SPACE), modes=2)
    network = MLP(width=6).build(embedding.size + channels.shape[1], 1, torch.Generator().manual_seed(seed)).double()
    scales = torch.tensor([scale, 1.0], dtype=torch.float64)
    return HardInitialAnsatz(
        network, embedding, series, nonlinear, flow, DURATION, scales, lambda p: start_of(p[:, 1:])
    )


def points_at(elapsed: float) -> torch.Tensor:
    x = torch.linspace(-1, 1, 21, dtype=torch.float64)
    return torch.stack([torch.full_like(x, START + elapsed), x], -1)


def logistic(u):
    return u - u * u


def logistic_flow(u, t):
    growth = torch.exp(t)
    return u * growth / (1 + u * (growth - 1))


@given(seed=st.integers(0, 2**31 - 1), with_flow=st.booleans(), spread=st.floats(0.1, 100.0))
def test_the_start_holds_whatever_the_weights(seed, with_flow, spread):
    flow = logistic_flow if with_flow else None
    ansatz = make_ansatz(diffusivity=0.1, nonlinear=logistic, flow=flow, scale=spread, seed=seed)
    points = points_at(0.0)
    network_says = ansatz(ansatz.encode(points, VALUE_ONLY), VALUE_ONLY)[""][:, 0].detach()
    torch.testing.assert_close(network_says, start_of(points[:, 1]), rtol=0, atol=1e-14)


def test_at_the_start_itself_the_condition_is_taken_not_its_truncated_series():
    ansatz = make_ansatz(diffusivity=0.1)
    ansatz.start_values = lambda points: points[:, 1:].abs()  # has a kink
    points = torch.cat([points_at(0.0), points_at(0.1)])
    values = ansatz.evaluate(points)[:, 0]
    assert torch.equal(values[:21], points[:21, 1].abs())
    assert (values[21:] - points[21:, 1].abs()).abs().max() > 0.1


def test_away_from_the_start_the_network_counts():
    zero, one = (make_ansatz(diffusivity=0.1, scale=s).evaluate(points_at(0.3)) for s in (0.0, 1.0))
    assert (zero - one).abs().max() > 1e-3


def test_without_a_nonlinearity_the_base_is_the_linear_solution():
    points = points_at(0.3)
    exact = 0.2 + 0.5 * math.exp(-0.1 * math.pi**2 * 0.3) * torch.sin(math.pi * points[:, 1])
    torch.testing.assert_close(make_ansatz(diffusivity=0.1).evaluate(points)[:, 0], exact, rtol=0, atol=1e-14)


def test_without_diffusion_a_closed_flow_is_the_solution():
    ansatz = make_ansatz(diffusivity=0.0, nonlinear=logistic, flow=logistic_flow)
    points = points_at(0.5)
    u = start_of(points[:, 1])
    exact = 1 / (1 + (1 / u - 1) * math.exp(-0.5))
    torch.testing.assert_close(ansatz.evaluate(points)[:, 0], exact, rtol=1e-12, atol=1e-13)


def test_the_trapezoidal_base_is_of_second_order_in_the_elapsed_time():
    rate, decay = 0.7, 0.2 * math.pi**2

    def error(elapsed: float) -> float:
        # u_t = L u + rate u commutes, so the solution is closed
        ansatz = make_ansatz(diffusivity=0.2, nonlinear=lambda u: rate * u)
        points = points_at(elapsed)
        wave = 0.2 + 0.5 * math.exp(-decay * elapsed) * torch.sin(math.pi * points[:, 1])
        return float((ansatz.evaluate(points)[:, 0] - math.exp(rate * elapsed) * wave).abs().max())

    steps = [0.08, 0.04, 0.02, 0.01]
    assert abs(fitted_order(steps, [error(h) for h in steps]) - 2.0) < 0.1
