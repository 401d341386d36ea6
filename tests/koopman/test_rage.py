"""How much of a signal is discrete spectrum: exact orbits of Fourier modes, and signals."""

import numpy as np
import pytest
import scipy.signal
import torch

from physml import koopman
from physml.koopman import SkewProduct, rage_average, running_averages


def test_the_orbit_of_the_cat_map_leaves_every_finite_space():
    """K e_k = e_{C^T k} with integer wave vectors, all of which are different."""
    k, orbit = np.array([1, 0], dtype=object), []
    for _ in range(60):
        orbit.append(tuple(k))
        k = np.array([[2, 1], [1, 1]], dtype=object) @ k
    assert len(set(orbit)) == 60
    overlaps = torch.tensor([[float(q == image) for image in orbit] for q in orbit[:10]], dtype=torch.float64)
    averages = running_averages(overlaps)
    for n in (1, 4, 10):
        for L in range(n - 1, 60):
            assert averages[n - 1, L] == pytest.approx(n / (L + 1), abs=1e-15)


def test_half_of_a_mode_pair_of_the_skew_product_is_discrete(generator):
    """g = (e_10 + e_01) / sqrt 2: the first is an eigenfunction, the second wanders."""
    system, length = SkewProduct(2**0.5), 4000
    basis = torch.cartesian_prod(torch.arange(-3, 4), torch.arange(-3, 4))
    overlaps = torch.zeros(len(basis), length, dtype=torch.complex128)
    for start in ([1, 0], [0, 1]):
        mode, factor = torch.tensor([start]), torch.ones(1, dtype=torch.complex128)
        for step in range(length):
            overlaps[:, step] += (basis == mode).all(1) * factor / 2**0.5
            mode, phase = system.modes(mode)
            factor = factor * phase
    assert running_averages(overlaps)[-1, -1] == pytest.approx(0.5, abs=0.01)
    points = torch.rand(5, 2, generator=generator, dtype=torch.float64)
    image, phase = system.modes(torch.tensor([[2, -1]]))

    def wave(x, k):
        return torch.exp(2j * torch.pi * (x @ k[0].to(torch.float64)))

    torch.testing.assert_close(wave(system(points), torch.tensor([[2, -1]])), phase * wave(points, image))


def test_the_skew_product_has_its_eigenvalue_in_the_pseudospectrum():
    system = SkewProduct(2**0.5)
    rule = koopman.trapezoid((0.0, 0.0), (1.0, 1.0), 24, periodic=True)
    model = koopman.EDMD(koopman.FourierDictionary(2)).fit(rule.points, system(rule.points))
    eigenvalue = torch.exp(torch.tensor([2j * torch.pi * 2**0.5]))
    assert model.pseudospectrum(eigenvalue.to(torch.complex128))[0] < 1e-6


def signals(length, generator):
    t, noise = np.arange(length), generator.standard_normal(length + 1000)
    sines = np.sin(0.21 * t) + 0.7 * np.sin(0.57 * t + 1.0)
    mixing = scipy.signal.lfilter([1.0], [1.0, -0.6], noise)[1000:]
    return sines / sines.std(), mixing / mixing.std()


@pytest.fixture(scope="module")
def averages():
    sines, mixing = signals(12200, np.random.default_rng(0))
    settings = {"n_delays": 20, "stride": 10, "n_samples": 6000, "horizon": 6000}
    both = (sines + mixing) / 2**0.5
    return {name: rage_average(s, **settings) for name, s in (("sines", sines), ("mixing", mixing), ("both", both))}


def test_signals_are_told_apart(averages):
    assert averages["sines"][3, -1] > 0.9995  # windows differ in energy by the part of a period
    assert averages["mixing"][19, -1] < 0.08
    assert averages["both"][19, -1] == pytest.approx(0.5, abs=0.08)
    assert (np.diff(averages["both"], axis=0) >= 0).all()


def test_four_functions_hold_two_sines_and_three_do_not():
    """Windows of whole periods, which all have the same energy."""
    t = np.arange(4000)
    sines = np.sin(2 * np.pi * 31 / 1000 * t) + 0.7 * np.sin(2 * np.pi * 83 / 1000 * t + 1.0)
    shares = rage_average(sines, n_delays=4, stride=10, n_samples=2000, horizon=2000)[:, -1]
    assert shares[2] < 0.85
    assert shares[3] == pytest.approx(1, abs=1e-12)


def test_correlations_by_fft_are_inner_products():
    rng = np.random.default_rng(1)
    s = rng.standard_normal(60) + 1j * rng.standard_normal(60)
    found = rage_average(s, n_delays=3, stride=2, n_samples=40, horizon=15)
    s = s - s.mean()
    Q = np.linalg.qr(np.stack([s[2 * j : 2 * j + 40] for j in range(3)], 1))[0]
    shifted = np.stack([s[level : level + 40] for level in range(16)], 1) / np.sqrt(np.mean(np.abs(s) ** 2) * 40)
    squares = np.minimum(np.cumsum(np.abs(Q.conj().T @ shifted) ** 2, 0), 1.0)
    np.testing.assert_allclose(found, np.cumsum(squares, 1) / np.arange(1, 17), atol=1e-13)
