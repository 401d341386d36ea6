"""Distances between clouds: closed forms, invariances, bad input."""

import math

import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import bures_wasserstein, emd, energy_distance, mmd2, sliced_wasserstein

DISTANCES = [emd, sliced_wasserstein, mmd2, energy_distance]


def clouds(seed: int, n: int = 12, m: int = 9, d: int = 2):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, m))


@given(seed=st.integers(0, 1000), p=st.sampled_from([1, 2, 3]))
def test_one_dimension_is_sorting(seed, p):
    x, y = clouds(seed, 10, 10, 1)
    sorted_distance = float((x.sort(0)[0] - y.sort(0)[0]).abs().pow(p).mean() ** (1 / p))
    assert emd(x, y, p) == pytest.approx(sorted_distance, rel=1e-9)
    assert sliced_wasserstein(x, y, 7, torch.Generator(), p) == pytest.approx(sorted_distance, rel=1e-9)


@given(seed=st.integers(0, 1000))
def test_translations_add_to_the_squared_distance(seed):
    x, y = clouds(seed)
    x, y, shift = x - x.mean(0), y - y.mean(0), torch.tensor([3.0, 4.0], dtype=torch.float64)
    assert emd(x, y + shift) ** 2 == pytest.approx(emd(x, y) ** 2 + 25, rel=1e-9)
    assert emd(x, x + shift, 1) == pytest.approx(5.0)
    turn = torch.linalg.qr(torch.randn(2, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))[0]
    assert emd(x @ turn, y @ turn) == pytest.approx(emd(x, y), rel=1e-9)


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_cloud_is_at_no_distance_from_itself_and_arrays_do(distance):
    x, y = clouds(0)
    assert distance(x, x) == pytest.approx(0.0, abs=1e-7)
    torch.manual_seed(0)
    of_tensors = distance(x, y)
    torch.manual_seed(0)
    assert distance(x.numpy(), y.numpy()) == of_tensors > 0


def test_weights_are_repeated_points():
    x, y = clouds(1)
    repeated = torch.cat([x, x[:1], x[:1]])
    weights = torch.tensor([3.0] + [1.0] * 11) / 14
    assert emd(x, y, a=weights) == pytest.approx(emd(repeated, y), rel=1e-6)


def test_the_sliced_distance_of_a_shift():
    x, _ = clouds(0, 30, d=3)
    shift = torch.tensor([0.0, 0.0, 2.0], dtype=torch.float64)
    found = sliced_wasserstein(x, x + shift, 20_000, torch.Generator().manual_seed(0))
    assert found == pytest.approx(2 / math.sqrt(3), rel=0.02)


def test_energy_distance_is_that_of_scipy():
    x, y = clouds(2, 30, 40, 1)
    assert energy_distance(x, y) == pytest.approx(scipy.stats.energy_distance(x[:, 0], y[:, 0]), rel=1e-9)


def test_mmd2_of_two_points():
    x, y = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    assert mmd2(x, y, 5.0) == pytest.approx(2 - 2 * math.exp(-0.5))
    assert mmd2(x, y) == mmd2(x, y, 5.0)


def test_bures_of_commuting_covariances():
    zero, S0, S1 = torch.zeros(2), torch.diag(torch.tensor([4.0, 1.0])), torch.diag(torch.tensor([1.0, 9.0]))
    assert bures_wasserstein(zero, S0, zero + 1, S1) == pytest.approx(math.sqrt(2 + 1 + 4))
    with pytest.raises(ValueError, match="smallest eigenvalue is -1"):
        bures_wasserstein(zero, -torch.eye(2), zero, S1)
    with pytest.raises(ValueError, match="not symmetric"):
        bures_wasserstein(zero, torch.tensor([[1.0, 0.5], [0.0, 1.0]]), zero, S1)


@pytest.mark.parametrize("distance", DISTANCES)
def test_bad_clouds_are_named(distance):
    x, y = clouds(0)
    with pytest.raises(ValueError, match="one dimension, given 2 and 1"):
        distance(x, y[:, :1])
    bad = y.numpy().copy()
    bad[[2, 5]] = math.nan
    with pytest.raises(ValueError, match=r"points y .* rows \[2, 5\]"):
        distance(x, bad)


def test_bad_settings_are_named():
    x, y = clouds(0)
    with pytest.raises(ValueError, match="p >= 1"):
        emd(x, y, 0.5)
    with pytest.raises(ValueError, match="weights a of shape"):
        emd(x, y, a=torch.ones(3))
    with pytest.raises(ValueError, match="same sum"):
        emd(x, y, a=torch.ones(12))
    with pytest.raises(ValueError, match="bandwidth > 0"):
        mmd2(x[:1], x[:1])
    with pytest.raises(ValueError, match="projections >= 1"):
        sliced_wasserstein(x, y, 0)
