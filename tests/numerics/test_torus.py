"""Spectra on a torus: real and complex, one axis and two, several components."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import Torus, spectrum_of, values_on_grid

COMPLEX = Torus((2.0,), (6,), real=False)
SHEET = Torus((2.0, 3.0), (5, 4))


def random_spectrum(torus: Torus, seed: int, components: tuple[int, ...] = ()) -> np.ndarray:
    """Of a function of the torus' kind: taken from values, so that a real one has its symmetry."""
    points = tuple(2 * k - 1 for k in torus.modes)
    values = np.random.default_rng(seed).normal(size=(2, *components, *points))
    return torus.spectrum(values[0] if torus.real else values[0] + 1j * values[1])


def by_summation(torus: Torus, spectrum: np.ndarray, *x: float) -> complex:
    """The sum over modes at one point; of a real torus with the mirrors of the last axis."""
    phase = sum(k * a for k, a in zip(torus.wavenumbers, x, strict=True))
    weight = np.where(torus.wavenumbers[-1] > 0, 2.0, 1.0) if torus.real else 1.0
    return complex((weight * spectrum * np.exp(1j * phase)).sum())


@pytest.mark.parametrize("torus", [COMPLEX, SHEET, Torus((1.0, 2.0), (3, 5), real=False)])
@given(seed=st.integers(0, 100), points=st.integers(1, 20))
def test_values_on_any_grid_are_the_sum_over_modes(torus, seed, points):
    spectrum = random_spectrum(torus, seed)
    values = torus.values(spectrum, (points,) * len(torus.modes))
    assert values.shape == (points,) * len(torus.modes)
    corner = (points // 2,) * len(torus.modes)
    expected = by_summation(torus, spectrum, *(n * p / points for n, p in zip(corner, torus.lengths, strict=True)))
    assert values[corner] == pytest.approx(expected.real if torus.real else expected, abs=1e-12)


@pytest.mark.parametrize("torus", [COMPLEX, SHEET])
@given(seed=st.integers(0, 100), more=st.integers(0, 5))
def test_a_spectrum_is_found_from_its_values(torus, seed, more):
    spectrum = random_spectrum(torus, seed, components=(2,))
    values = torus.values(spectrum, tuple(2 * k - 1 + more for k in torus.modes))
    np.testing.assert_allclose(torus.spectrum(values), spectrum, atol=1e-13)


def test_modes_that_few_samples_do_not_tell_are_zero():
    found = COMPLEX.spectrum(np.exp(2j * np.pi * np.arange(5) / 5))
    np.testing.assert_allclose(found, np.eye(11)[1], atol=1e-15)


def test_one_real_axis_is_the_other_module():
    samples = np.random.default_rng(0).normal(size=40)
    torus, spectrum = Torus((3.0,), (12,)), spectrum_of(samples, 12)
    np.testing.assert_allclose(torus.spectrum(samples), spectrum, atol=1e-14)
    for points in (7, 24, 50):
        np.testing.assert_allclose(torus.values(spectrum, (points,)), values_on_grid(spectrum, points), atol=1e-13)


def test_derivatives_of_the_highest_modes_are_right():
    """There is no mode without its mirror, so cos and sin of the last one have their derivatives."""
    x, y = np.meshgrid(2 * np.arange(20) / 20, 3 * np.arange(18) / 18, indexing="ij")
    a, b = 4 * np.pi, 2 * np.pi  # modes 4 and 3, the last of each axis
    spectrum = SHEET.spectrum(np.sin(a * x) * np.cos(b * y))
    k, q = SHEET.wavenumbers
    mixed = SHEET.values(-(k**2) * 1j * q * spectrum, (20, 18))
    np.testing.assert_allclose(mixed, a**2 * np.sin(a * x) * b * np.sin(b * y), atol=1e-10)


@pytest.mark.parametrize(("factors", "padding"), [(2, 1.5), (3, 2)])
@pytest.mark.parametrize("torus", [COMPLEX, SHEET])
def test_products_are_free_of_aliasing(torus, factors, padding):
    spectra = [random_spectrum(torus, seed) for seed in range(factors)]
    fine = tuple(8 * k for k in torus.modes)
    expected = torus.spectrum(np.prod([torus.values(c, fine) for c in spectra], axis=0))

    def product(*values: np.ndarray) -> np.ndarray:
        return np.prod(values, axis=0)

    np.testing.assert_allclose(torus.pointwise(product, padding)(*spectra), expected, atol=1e-12)
    too_coarse = torus.pointwise(product, padding=1)(*spectra)
    assert np.abs(too_coarse - expected).max() > 1e-3


def test_complex_samples_of_a_real_function_are_refused():
    with pytest.raises(ValueError, match="samples are complex; say real=False"):
        SHEET.spectrum(np.ones((9, 9), dtype=complex))


@pytest.mark.parametrize(("lengths", "modes"), [((), ()), ((1.0,), (0,)), ((0.0,), (3,)), ((1.0,), (3, 3))])
def test_a_torus_needs_a_length_and_modes_for_each_axis(lengths, modes):
    with pytest.raises(ValueError, match="a length > 0 and modes >= 1 for each axis"):
        Torus(lengths, modes)
