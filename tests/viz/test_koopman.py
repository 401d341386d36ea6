"""Pictures of spectra show what they are given."""

import numpy as np
import pytest
import xarray as xr

import physml
from physml.koopman import EDMDSpectrum, Fourier, Plane, RAGESplit, ResDMDSpectrum
from physml.train import Quiet
from physml.viz.koopman import plot_forecasts, plot_worst_residuals


@pytest.fixture(scope="module")
def result():
    return physml.solve("doubling_map", ResDMDSpectrum(Fourier(6), Plane(step=0.25)), tracker=Quiet())


def test_the_spectrum_has_all_eigenvalues_and_rings_what_is_returned(result):
    panel = result.plot().axes[0]
    dots = next(c for c in panel.collections if c.get_label() == "eigenvalue")
    assert len(dots.get_offsets()) == 13
    rings = next(line for line in panel.lines if line.get_label() == "returned as spectrum")
    np.testing.assert_allclose(rings.get_xdata(), [1.0], atol=1e-12)
    assert panel.get_aspect() == 1.0


def test_eigenvalues_that_are_all_returned_have_no_rings():
    edmd = physml.solve("doubling_map", EDMDSpectrum(Fourier(6), Plane(step=0.5)), tracker=Quiet())
    assert "returned as spectrum" not in [line.get_label() for line in edmd.plot().axes[0].lines]


def test_residuals_and_circle(result):
    curves = result.plot("residuals").axes[0].lines
    assert sorted(len(line.get_ydata()) for line in curves) == [1, 13]
    assert (np.diff(curves[0].get_ydata()) >= 0).all()
    assert len(result.plot("circle").axes) == 1
    with pytest.raises(ValueError, match="no picture 'circles'; there are spectrum, residuals, circle"):
        result.plot("circles")


def test_reports_have_all_sections(result, tmp_path):
    page = (result.save(tmp_path / "run") / "report.html").read_text()
    for heading in ("Spectrum", "Residuals", "On the unit circle"):
        assert f"<h2>{heading}</h2>" in page


def test_running_averages_show_the_limit():
    split = physml.solve("skew_product", RAGESplit(delays=4), tracker=Quiet())
    labels = [line.get_label() for line in split.plot().axes[0].lines]
    assert labels == ["1 function", "2 functions", "4 functions", "limit"]


def test_worst_residuals_are_sorted_by_size():
    figure = plot_worst_residuals({"EDMD": [(200, 0.9), (100, 0.8)], "ResDMD": [(100, 0.2)]})
    assert figure.axes[0].lines[0].get_xdata().tolist() == [100, 200]


def test_forecasts_stand_beside_climatology_and_persistence():
    names = ("forecast_error", "climatology", "persistence")
    data = xr.Dataset({name: ("lead", [size, size]) for size, name in enumerate(names)}, {"lead": [1, 2]})
    lines = plot_forecasts({"ours": data, "theirs": data + 3}).axes[0].lines
    assert [(line.get_label(), line.get_ydata()[1]) for line in lines] == [
        ("persistence", 2), ("climatology", 1), ("ours", 0), ("theirs", 3)
    ]  # fmt: skip
