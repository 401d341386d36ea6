"""Spectra, convergence certificates, files and the cache."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import certify, fitted_order, pointwise, spectrum_of, values_on_grid
from physml.numerics.cache import cached_dataset, source_hash
from physml.numerics.files import atomic_create, atomic_write


def wave(x: np.ndarray) -> np.ndarray:
    return 0.5 + np.sin(2 * np.pi * x) - 2 * np.cos(6 * np.pi * x)


def on_circle(points: int) -> np.ndarray:
    return np.arange(points) / points


@given(points=st.integers(1, 100))
def test_a_spectrum_gives_the_function_on_any_grid(points):
    spectrum = spectrum_of(wave(on_circle(32)), 8)
    np.testing.assert_allclose(values_on_grid(spectrum, points), wave(on_circle(points)), atol=1e-13)


def test_a_cube_of_spectra_is_free_of_aliasing():
    cube = pointwise(lambda u: u**3)(spectrum_of(wave(on_circle(32)), 5))
    np.testing.assert_allclose(cube, spectrum_of(wave(on_circle(64)) ** 3, 5), atol=1e-13)


def test_too_few_samples_for_the_modes_are_refused():
    with pytest.raises(ValueError, match="8 modes need at least 14 samples, given 13"):
        spectrum_of(np.ones(13), 8)


@given(order=st.floats(0.5, 8.0), factor=st.floats(0.1, 10.0))
def test_orders_are_recovered(order, factor):
    steps = [0.2, 0.1, 0.05, 0.025]
    assert fitted_order(steps, [factor * h**order for h in steps]) == pytest.approx(order, abs=1e-9)
    truth = np.linspace(1.0, 2.0, 5)
    certificate = certify([truth + factor * h**order for h in steps[:3]])
    assert certificate.order == pytest.approx(order, abs=1e-6)


def test_a_certificate_needs_three_solutions_on_one_grid():
    with pytest.raises(ValueError, match="three solutions on one grid"):
        certify([np.ones(3), np.ones(3), np.ones(4)])


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "kept.txt"
    atomic_write(path, b"old")

    def fail(temporary) -> None:
        temporary.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        atomic_create(path, fail)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_dataset_is_made_once_and_again_when_it_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("PHYSML_CACHE", str(tmp_path))
    made = []

    def make() -> xr.Dataset:
        made.append(1)
        return xr.Dataset({"u": ("x", np.arange(3.0))})

    for _ in range(2):
        assert cached_dataset("key", make).u.values.tolist() == [0.0, 1.0, 2.0]
    assert len(made) == 1
    (tmp_path / "key.nc").write_bytes(b"nonsense")
    with pytest.warns(UserWarning, match="made again"):
        cached_dataset("key", make)
    assert len(made) == 2
    assert cached_dataset("", make).equals(cached_dataset("key", make))
    assert len(made) == 3  # without a key nothing is kept


def test_the_hash_depends_on_arguments_and_refuses_closures():
    assert source_hash(wave, "a") == source_hash(wave, "a") != source_hash(wave, "b")
    factor = 2.0
    assert source_hash(lambda x: factor * x) == ""
