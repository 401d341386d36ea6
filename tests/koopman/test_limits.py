"""Limits that come, limits that stall, and systems that no data can tell apart."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml import koopman
from physml.koopman import EDMD, DiscTwist, FourierDictionary, LegendreDictionary, MonomialDictionary, TensorDictionary

AT = torch.tensor([np.exp(1j)])


def disc_model(twist, wave_numbers, radial):
    """In coordinates (angle, r squared), in which the area is a constant."""
    dictionary = TensorDictionary(
        [FourierDictionary(wave_numbers, 2 * math.pi), LegendreDictionary(radial - 1, 0.0, 1.0)]
    )
    angles = koopman.trapezoid(0.0, 2 * math.pi, 2 * wave_numbers + 2, periodic=True)
    squares = koopman.gauss_legendre(0.0, 1.0, 200)
    x = torch.cartesian_prod(angles.points[:, 0], squares.points[:, 0])
    weights = (angles.weights[:, None] * squares.weights).flatten()
    y = torch.stack([x[:, 0] + twist.phase(x[:, 1]), x[:, 1]], 1)
    return EDMD(dictionary).fit(x, y, sample_weight=weights)


@pytest.mark.parametrize(
    ("amplitude", "sizes", "expected"),
    [
        (0.0, [(4, 6), (8, 10)], [0.959, 0.959]),
        (0.3, [(4, 6), (8, 10)], [0.336, 0.183]),
        (0.03, [(4, 6), (8, 10)], [0.877, 0.762]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*times as many")  # exact quadrature
def test_a_twist_of_any_size_spreads_the_spectrum(amplitude, sizes, expected):
    levels = [float(disc_model(DiscTwist(amplitude), *size).pseudospectrum(AT)[0]) for size in sizes]
    assert levels == pytest.approx(expected, abs=6e-4)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.floats(1e-8, 3.0))
def test_data_cannot_tell_the_adversary_from_the_identity(radii, amplitude):
    twist = koopman.adversarial_disc(radii, amplitude)
    angles = np.linspace(0, 6, len(radii))
    points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)
    assert (twist(points) == points).all()  # bit for bit
    middle = np.array([[twist.center**0.5, 0.0]])
    assert np.arctan2(*twist(middle)[0, ::-1]) == pytest.approx(amplitude, rel=1e-6)
    ring = np.linspace(0, 1, 9)
    around = np.stack([ring * np.cos(3 * ring), ring * np.sin(3 * ring)], 1)
    np.testing.assert_allclose(np.linalg.norm(twist(around), axis=1), ring, atol=1e-14)  # radii, and so areas, stay


def test_every_estimator_is_refuted_by_equal_data(generator):
    points = (2 * torch.rand(60, 2, generator=generator, dtype=torch.float64) - 1) * 0.7
    twist = koopman.adversarial_disc(points.norm(dim=1), 0.1)
    models = [EDMD(MonomialDictionary(2)).fit(points, F(points)) for F in (lambda x: x, twist)]
    assert (models[0].eigenvalues_ == models[1].eigenvalues_).all()
    found = [model.spectrum() for model in models]
    assert (found[0].points == found[1].points).all()
    circle = torch.polar(torch.ones(400).double(), torch.linspace(0, 2 * math.pi, 400).double())
    assert koopman.hausdorff(found[0].points, circle) == pytest.approx(2.0, abs=1e-4)  # the spectrum of the twist
    assert "there may be others" in found[0].certificate


def test_towers_name_the_limit_that_has_not_come():
    """The level at i of the doubling map falls with N; what EDMD finds there does not settle."""

    def model(M, N):
        x = torch.arange(M, dtype=torch.float64)[:, None] / M
        return EDMD(FourierDictionary(N)).fit(x, 2 * x)

    at = np.array([1j])
    tower = koopman.convergence_tower(
        lambda M, N, eps: float(model(M, N).pseudospectrum(at)[0]), [500, 600], [3, 7, 15, 31], [0.1]
    )
    assert tower.stalled() == ()
    expected = [2 * math.sin(math.pi / (2 * (level + 2))) for level in (1, 2, 3, 4)]
    np.testing.assert_allclose(tower.values[-1, :, 0], expected, atol=1e-12)
    spurious = koopman.convergence_tower(
        lambda M, N, eps: float((model(M, N).residuals_ > eps).sum()), [500], [3, 7, 15], [0.9]
    )
    assert spurious.stalled() == ("functions",)
    assert "functions: STALLED" in str(spurious)


def test_sets_of_certain_points_grow_and_stay_inside():
    """For the circle: all points are within eps of the unit circle, and fill that ring."""
    shift = torch.diag(torch.ones(60, dtype=torch.float64), -1)[:, :60]
    section = koopman.Compression.of_section(shift)
    counts = []
    for n in (4, 8, 16):
        inside = koopman.pseudospectral_set(section, n, eps=0.4)
        assert ((inside.abs() - 1).abs() <= 0.4 - 1 / n + 1e-12).all()
        counts.append(len(inside) / n**2)
    assert counts == sorted(counts)
    assert counts[-1] == pytest.approx(math.pi * ((1.4 - 1 / 16) ** 2 - (0.6 + 1 / 16) ** 2), rel=0.1)


def test_the_error_of_levels_is_bounded_by_the_modulus_of_continuity():
    """For x -> x + 1/4 + sin(2 pi x) / 20 and midpoints of cells."""
    psi, n = FourierDictionary(2), 100
    z = torch.tensor([1.0 + 0.0j, 0.5j, -1.2])

    def levels(count):
        x = (torch.arange(count, dtype=torch.float64)[:, None] + 0.5) / count
        return EDMD(psi).fit(x, x + 0.25 + 0.05 * torch.sin(2 * math.pi * x)).pseudospectrum(z)

    coarse, fine = levels(n), levels(5000)
    slack = koopman.level_error(z, coarse, 5, 1 / n, 1.0, 4 * math.pi, 1 + 0.1 * math.pi)
    assert (fine <= coarse + slack).all()
    assert (slack > 0).all()


def test_distances_and_knees():
    assert koopman.hausdorff([0.0, 1.0], [0.0, 1.0 + 0.5j]) == pytest.approx(0.5)
    rng = np.random.default_rng(0)
    angles, weights = rng.uniform(-3, 3, 40), rng.dirichlet(np.ones(40))
    for turn in (0.1, 1.0):
        moved = koopman.wasserstein1_circle(angles, weights, angles + turn, weights)
        assert moved <= turn + 1e-12
    narrow = rng.uniform(-0.3, 0.3, 40)
    assert koopman.wasserstein1_circle(narrow, weights, narrow + 0.2, weights) == pytest.approx(0.2, abs=1e-9)
    assert koopman.wasserstein1_circle([0.0], [1.0], [np.pi / 2, -np.pi / 2], [0.5, 0.5]) == pytest.approx(np.pi / 2)
    even = 2 * np.pi * np.arange(50) / 50
    assert koopman.wasserstein1_circle(even, np.ones(50) / 50, even + 0.02, np.ones(50) / 50) == pytest.approx(0.02)
    curve = np.concatenate([0.1 * np.arange(20), 1.9 + 2.0 * np.arange(1, 15)])
    assert koopman.knee_point(curve) == 19
