"""Bands of residuals hold the true residual as often as they say, if the data were not used in the fit."""

import math

import numpy as np
import pytest

from physml.koopman import EDMD, DelayDictionary, FourierDictionary

REPEATS, LEVEL = 200, 0.9
FLUCTUATION = 3 * math.sqrt(LEVEL * (1 - LEVEL) / REPEATS)


def doubling(rng, count):
    x = rng.uniform(size=(count, 1))
    return x, 2 * x


def test_bands_of_the_doubling_map_hold_what_exact_quadrature_gives(circle):
    rng = np.random.default_rng(0)
    model, x = EDMD(FourierDictionary(1)).fit(*doubling(rng, 1000)), circle(64).numpy()
    truth = model.residuals(x, 2 * x)[1:]
    np.testing.assert_allclose(truth, np.sqrt(1 + np.abs(model.eigenvalues_[1:]) ** 2), atol=1e-2)  # K has norm 1
    held = []
    for _ in range(REPEATS):
        bands = model.residual_bands(*doubling(rng, 200), level=LEVEL)
        held.append((bands.low[1:] <= truth) & (truth <= bands.high[1:]))
    assert np.mean(held, 0) == pytest.approx(LEVEL, abs=FLUCTUATION)


def noisy_rotation(rng, count, alpha=0.31, noise=0.1):
    return np.cumsum(rng.normal(alpha, noise, (count, 1)), axis=0)


def test_bands_along_one_trajectory_of_a_noisy_rotation():
    """K multiplies the wave number k by m_k, and the squared residual is sum |v_k|^2 (1 + |z|^2 - 2 Re z* m_k)."""
    rng, waves = np.random.default_rng(1), np.arange(-2, 3)
    model = EDMD(FourierDictionary(2)).fit(noisy_rotation(rng, 1000))
    multipliers = np.exp(2j * math.pi * waves * 0.31 - (2 * math.pi * waves * 0.1) ** 2 / 2)
    values, shares = model.eigenvalues_, np.abs(frequencies(model)) ** 2
    squares = 1 + np.abs(values) ** 2 - 2 * (values.conj() * multipliers[:, None]).real
    truth = np.sqrt((shares * squares).sum(0) / shares.sum(0))[1:]
    held = []
    for _ in range(REPEATS):
        bands = model.residual_bands(noisy_rotation(rng, 400), level=LEVEL)
        held.append((bands.low[1:] <= truth) & (truth <= bands.high[1:]))
    assert np.mean(held, 0) == pytest.approx(LEVEL, abs=FLUCTUATION)


def frequencies(model):
    """The Fourier coefficients of the eigenfunctions, wave numbers -2 to 2."""
    x = np.arange(5)[:, None] / 5
    return np.exp(-2j * math.pi * np.arange(-2, 3)[:, None] * x.T) @ model.eigenfunctions(x) / 5


@pytest.mark.filterwarnings("ignore:.*times as many")
def test_bands_on_the_data_of_the_fit_are_too_low(circle):
    rng, x = np.random.default_rng(2), circle(64).numpy()
    below = []
    for _ in range(60):
        seen, fresh = doubling(rng, 20), doubling(rng, 200)
        model = EDMD(FourierDictionary(3)).fit(*seen)
        truth = model.residuals(x, 2 * x)
        below.append([(model.residual_bands(*data).high < truth)[1:].mean() for data in (seen, fresh)])
    optimistic, honest = np.mean(below, 0)
    assert optimistic > 0.5
    assert honest < 0.1


def test_upper_ends_at_points_of_the_plane_bound_the_least_residual():
    rng, z = np.random.default_rng(3), np.array([[0.0, 0.5], [0.5j, 0.9]])
    slow = math.cos(math.pi / 4)  # waves up to 4 make chains of three doublings
    exact = np.minimum(np.abs(1 - z), np.sqrt(1 + np.abs(z) ** 2 - 2 * np.abs(z) * slow))
    above = []
    for _ in range(60):
        model = EDMD(FourierDictionary(4)).fit(*doubling(rng, 400))
        bands = model.residual_bands(*doubling(rng, 400), z=z)
        assert bands.high.shape == z.shape
        above.append(bands.high >= exact - 1e-12)
    assert np.mean(above, 0).min() > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 60)
    assert bands.high[1, 1] < 0.11


def test_few_trajectories_say_less_than_what_they_are_cut_into():
    """One phase for each trajectory: pairs of one are no independent draws."""
    rng = np.random.default_rng(4)
    frequency = rng.normal(0.5, 0.05, size=8)
    paths = [np.cos(f * np.arange(100) + rng.uniform(0, 6))[:, None] for f in frequency]
    model = EDMD(DelayDictionary(3)).fit(paths)
    whole = model.residual_bands(paths)
    assert (whole.low <= whole.residuals).all()
    np.testing.assert_allclose(whole.residuals, model.residuals_, rtol=1e-9)
    parts = [part for path in paths for part in np.split(path, 4)]
    cut = model.residual_bands(parts, blocks=32)
    assert np.log(whole.high / whole.low).max() > 1.3 * np.log(cut.high / cut.low).max()


def test_bands_widen_with_the_level_and_do_not_know_units():
    rng = np.random.default_rng(5)
    model, fresh = EDMD(FourierDictionary(2)).fit(*doubling(rng, 500)), doubling(rng, 500)
    narrow, wide = (model.residual_bands(*fresh, level=level) for level in (0.5, 0.99))
    assert (wide.low[1:] < narrow.low[1:]).all()
    assert (wide.high[1:] > narrow.high[1:]).all()
    weighted = model.residual_bands(*fresh, sample_weight=np.full(500, 7.0), level=0.5)
    np.testing.assert_allclose(weighted.high, narrow.high, rtol=1e-12)
