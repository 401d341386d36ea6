"""Energy spectra, and the growth of perturbations."""

import math

import numpy as np
import pytest
import xarray as xr

from physml.numerics import growth
from physml.viz import energy_spectrum, plot_growth, plot_spectra

N = 32
SIDE = 2 * math.pi * np.arange(N) / N


def test_one_wave_has_its_energy_at_its_wavenumber():
    wave = 3 * np.cos(3 * SIDE[:, None] + 4 * SIDE)  # |k| = 5
    spectrum = energy_spectrum(wave, 0 * wave)
    assert spectrum.argmax() == 5
    assert spectrum[5] == pytest.approx(9 / 4)


def test_all_waves_together_have_half_the_mean_square():
    rng = np.random.default_rng(0)
    slow = [np.fft.irfft2(np.pad(rng.standard_normal((7, 7)), ((0, N - 7), (0, N // 2 - 6))), (N, N)) for _ in "uv"]
    assert energy_spectrum(*slow).sum() == pytest.approx(sum((c**2).mean() for c in slow) / 2)


def test_the_spectrum_of_a_flow_is_drawn_beside_its_reference():
    t = np.array([0.0, 1.0])
    u = np.cos(2 * SIDE[:, None] + SIDE) * np.array([1.0, 0.5])[:, None, None]
    axes = ("t", "x", "y")
    data = xr.Dataset(
        {"u": (axes, u), "v": (axes, u), "reference_u": (axes, u), "reference_v": (axes, u)},
        coords={"t": t, "x": SIDE, "y": SIDE},
    )
    figure = plot_spectra(data, ("u", "v"), (0.0, 1.0), slope=-4)
    assert [axes.get_title() for axes in figure.axes] == ["t = 0", "t = 1"]
    assert {text.get_text() for text in figure.axes[-1].get_legend().get_texts()} == {
        "reference",
        "solution",
        "$k^{-4}$",
    }


def test_growth_is_the_ratio_of_distances():
    t = np.linspace(0, 1, 5)
    one, other = (xr.Dataset({"u": (("t", "x"), s * np.exp(t)[:, None] * np.ones(3))}, coords={"t": t}) for s in (1, 2))
    found = growth(one, other).growth
    np.testing.assert_allclose(found, np.exp(t))
    assert plot_growth(found).axes[0].get_yscale() == "log"


def test_two_solutions_that_start_alike_are_refused():
    same = xr.Dataset({"u": ("t", np.ones(2))}, coords={"t": [0.0, 1.0]})
    with pytest.raises(ValueError, match="start alike"):
        growth(same, same)
