"""Sinkhorn: the plan is POT's, whatever the range of the costs, the batch, the padding; bad input is named."""

import math

import ot
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import ConvergenceWarning, sinkhorn_log, transition


def cloud(n: int, d: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def squares(n: int, m: int, d: int, seed: int, shift: float = 1.0) -> torch.Tensor:
    return torch.cdist(cloud(n, d, seed), cloud(m, d, seed + 1, shift)) ** 2


def uniform(n: int) -> torch.Tensor:
    return torch.full((n,), 1 / n, dtype=torch.float64)


@pytest.mark.parametrize("reg", [10.0, 1.0, 0.3])
def test_the_plan_is_that_of_pot(reg):
    cost = squares(40, 30, 2, 0)
    ours = sinkhorn_log(cost / reg, tolerance=1e-14).plan()
    settings = {"method": "sinkhorn_log", "stopThr": 1e-15, "numItermax": 20_000}
    theirs = ot.sinkhorn(uniform(40), uniform(30), cost, reg, **settings)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)


def test_the_brownian_plan_has_the_regularisation_of_twice_the_variance():
    sigma, T = 0.7, 1.3
    x, y = cloud(20, 2, 0), cloud(25, 2, 1, 0.5)
    zero, eye = torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    brownian = transition(0 * eye, zero, sigma**2 * eye, T)
    ours = sinkhorn_log(-brownian.log_density(x, y), tolerance=1e-14).plan()
    cost, reg = torch.cdist(x, y) ** 2, 2 * sigma**2 * T
    theirs = ot.sinkhorn(uniform(20), uniform(25), cost, reg, method="sinkhorn_log", stopThr=1e-15, numItermax=20_000)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("reg", "d"), [(0.1, 2), (0.02, 2), (1e-3, 2), (1e-4, 3), (1e-5, 1)])
def test_costs_of_any_range_converge(reg, d):
    result = sinkhorn_log(squares(80, 80, d, 3) / reg)
    assert result.converged
    assert float((result.plan().sum(1) - 1 / 80).abs().sum() + (result.plan().sum(0) - 1 / 80).abs().sum()) <= 1e-8


def test_a_small_regularisation_gives_exact_transport():
    cost = squares(50, 50, 2, 5)
    found = float((sinkhorn_log(cost / 1e-5).plan() * cost).sum())
    assert abs(found - ot.emd2(uniform(50).numpy(), uniform(50).numpy(), cost.numpy())) < 1e-4


@given(seed=st.integers(0, 10_000), exponent=st.floats(-1, 3), n=st.integers(1, 12), m=st.integers(1, 12))
def test_marginals_and_potentials(seed, exponent, n, m):
    generator = torch.Generator().manual_seed(seed)
    cost = 10**exponent * torch.rand(n, m, generator=generator).double()
    a, b = torch.rand(n, generator=generator).double() + 0.01, torch.rand(m, generator=generator).double() + 0.01
    a, b = a / a.sum(), b / b.sum()
    result = sinkhorn_log(cost, a, b, tolerance=1e-10)
    plan = result.plan()
    torch.testing.assert_close(plan.sum(1), a, rtol=0, atol=1e-10)
    torch.testing.assert_close(plan.sum(0), b, rtol=0, atol=1e-10)
    torch.testing.assert_close(plan, (result.f[:, None] + result.g - cost).exp())
    torch.testing.assert_close(result.conditional(), plan / plan.sum(1, keepdim=True), rtol=1e-8, atol=1e-14)


def test_a_batch_with_padding_is_its_problems():
    generator = torch.Generator().manual_seed(0)
    costs = 300 * torch.rand(3, 20, 15, generator=generator, dtype=torch.float64)
    a, b = torch.rand(3, 20, generator=generator).double(), torch.rand(3, 15, generator=generator).double()
    a[1, 12:], b[2, :4] = 0, 0
    a, b = a / a.sum(1, keepdim=True), b / b.sum(1, keepdim=True)
    batch = sinkhorn_log(costs, a, b, tolerance=1e-13)
    for i in range(3):
        live = a[i] > 0
        one = sinkhorn_log(costs[i, live][:, b[i] > 0], a[i, live], b[i, b[i] > 0], tolerance=1e-13)
        torch.testing.assert_close(batch.plan()[i][live][:, b[i] > 0], one.plan(), rtol=0, atol=1e-12)
    assert (batch.plan()[1, 12:] == 0).all() and (batch.plan()[2, :, :4] == 0).all()
    torch.testing.assert_close(batch.conditional().sum(-1), torch.ones(3, 20).double())


def test_equivariance_under_permutation_and_transposition():
    cost, order = squares(20, 30, 2, 7) / 0.2, torch.randperm(20, generator=torch.Generator().manual_seed(0))
    plan = sinkhorn_log(cost, tolerance=1e-13).plan()
    torch.testing.assert_close(sinkhorn_log(cost[order], tolerance=1e-13).plan(), plan[order], rtol=0, atol=1e-12)
    torch.testing.assert_close(sinkhorn_log(cost.T, tolerance=1e-13).plan(), plan.T, rtol=0, atol=1e-12)


def test_over_relaxation_needs_a_fraction_of_the_rounds():
    cost = squares(100, 100, 2, 1) / 0.2
    plain, relaxed = sinkhorn_log(cost, relaxation=1, tolerance=1e-7), sinkhorn_log(cost, tolerance=1e-7)
    assert relaxed.rounds < 0.75 * plain.rounds


def test_a_start_at_the_solution_needs_no_rounds():
    cost = squares(50, 50, 2, 2) / 0.01
    first = sinkhorn_log(cost)
    again = sinkhorn_log(cost, start=(first.f, first.g))
    assert first.rounds > 100 and again.rounds <= 11


def test_single_precision_is_promoted():
    cost = squares(5, 6, 2, 0)
    torch.testing.assert_close(sinkhorn_log(cost.float()).plan(), sinkhorn_log(cost).plan(), rtol=1e-5, atol=1e-7)
    assert sinkhorn_log(cost.float()).plan().dtype == torch.float64


def test_what_has_not_converged_says_so():
    with pytest.warns(ConvergenceWarning, match=r"wrong by .* after .*annealing.*larger sigma"):
        result = sinkhorn_log(squares(50, 50, 2, 2) / 0.01, max_rounds=3)
    assert not result.converged and float(result.error) > 1e-8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cost": torch.tensor([[0.0, math.nan]])}, r"cost at \(0, 1\) is nan"),
        ({"cost": torch.tensor([[math.inf, 0.0]])}, r"cost at \(0, 0\) is inf"),
        ({"cost": torch.zeros(2, 2), "a": torch.tensor([1.5, -0.5])}, "weights a >= 0, given -0.5"),
        ({"cost": torch.zeros(2, 2), "a": torch.tensor([0.5, 0.6])}, "same mass"),
        ({"cost": torch.zeros(2, 2), "b": torch.zeros(2)}, "same mass"),
        ({"cost": torch.zeros(2, 2), "annealing": 0.5}, "annealing >= 1"),
        ({"cost": torch.zeros(2, 2), "relaxation": 2.0}, "relaxation < 2"),
        ({"cost": torch.zeros(2, 2), "start": (torch.zeros(2), torch.zeros(2) * math.nan)}, "potential g"),
        ({"cost": torch.zeros(0, 2)}, "cost of shape"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        sinkhorn_log(**arguments)
