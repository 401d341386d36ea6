"""What is kept of a run for its figures: thin, rounded, and with the errors that it had."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

import physml
from physml.paper.saved import keep, read_saved
from physml.result import Result
from physml.train import Quiet


@pytest.fixture
def result(case) -> Result:
    return physml.solve(case.problem, case.method, budget="smoke", tracker=Quiet())


def on_grid(times: int, points: int) -> xr.Dataset:
    """An error of 1e-9 around values near 1, which float32 cannot tell apart."""
    t, x = np.linspace(0.0, 1.0, times), np.linspace(-1.0, 1.0, points)
    truth = 1 + 0.1 * np.sin(np.pi * x) * np.ones((times, 1))
    error = 1e-9 * (1 + t[:, None] * x)
    arrays = {"u": truth + error, "reference": truth, "residual": 1e-4 * truth}
    return xr.Dataset({name: (("t", "x"), array) for name, array in arrays.items()}, coords={"t": t, "x": x})


def test_errors_far_below_the_rounding_are_kept(result, tmp_path):
    data = on_grid(11, 13)
    keep(dataclasses.replace(result, data=data), tmp_path)
    saved = read_saved(tmp_path).data
    assert saved.u.dtype == np.float32
    error = saved.u.astype("float64") - saved.reference_u
    np.testing.assert_allclose(error, data.u - data.reference, rtol=1e-3)
    np.testing.assert_allclose(saved.reference_u, data.reference, rtol=1e-7)
    np.testing.assert_allclose(saved.residual, data.residual, rtol=1e-3)


def test_noise_of_three_digits_takes_less_than_half_of_what_its_bits_take(result, tmp_path):
    noise = np.random.default_rng(0).standard_normal((101, 101))
    data = on_grid(101, 101)
    keep(dataclasses.replace(result, data=data.assign(residual=(("t", "x"), noise))), tmp_path)
    np.testing.assert_allclose(read_saved(tmp_path).data.residual, noise, rtol=1e-3)
    with_residual = (tmp_path / "data.nc").stat().st_size
    keep(dataclasses.replace(result, data=data), tmp_path)
    assert with_residual - (tmp_path / "data.nc").stat().st_size < 2 * noise.size


@pytest.mark.parametrize("count", [2, 201, 202, 401, 1001])
def test_each_axis_is_thinned_to_201_values_at_most_by_an_even_step(result, tmp_path, count):
    data = on_grid(count, 7)
    keep(dataclasses.replace(result, data=data), tmp_path)
    saved = read_saved(tmp_path).data
    step = -(-(count - 1) // 200)
    np.testing.assert_allclose(saved.t, data.t[::step], rtol=1e-7)
    assert saved.sizes["t"] <= 201
    assert saved.sizes["x"] == 7
    np.testing.assert_allclose(saved.error_u, (data.u - data.reference)[::step], rtol=1e-3)


@pytest.mark.parametrize("count", [0, 1, 299, 300, 301, 5000])
def test_the_history_keeps_its_ends_and_its_order(result, tmp_path, count):
    rows = [{"step": n, "stage": "Adam", "seconds": 0.0, "losses": {"ring": 1.0}, "values": {}} for n in range(count)]
    keep(dataclasses.replace(result, history=rows), tmp_path)
    steps = [row["step"] for row in read_saved(tmp_path).history]
    assert len(steps) == min(count, 300)
    assert steps == sorted(set(steps))
    assert steps[:1] + steps[-1:] == ([0, count - 1] if count else [])


def test_the_history_keeps_the_last_row_of_each_window(result, tmp_path):
    """However many windows there are, and however many rows each has."""
    ends = np.cumsum(1 + np.arange(700) % 5)
    windows = np.repeat(np.arange(700), np.diff([0, *ends]))
    rows = [
        {"step": n + 1, "stage": f"window {w + 1}/700, Adam", "seconds": 0.0, "losses": {"ring": 1.0}, "values": {}}
        for n, w in enumerate(windows)
    ]
    keep(dataclasses.replace(result, history=rows), tmp_path)
    steps = [row["step"] for row in read_saved(tmp_path).history]
    assert set(ends) <= set(steps)
    assert len(steps) < len(rows) / 2
    assert steps == sorted(set(steps))


def test_the_passport_holds_metrics_settings_and_provenance(result, tmp_path):
    keep(result, tmp_path)
    passport = read_saved(tmp_path).passport
    assert passport["metrics"] == result.metrics
    for name in ("method", "settings", "seed", "budget"):
        assert passport[name] == result.config[name]
    for name in ("commit", "device", "versions", "wall_time_s"):
        assert passport[name] == result.provenance[name]
    assert passport["outcome"] == "finished"


def test_a_result_without_a_truth_is_kept_without_errors(result, tmp_path):
    keep(dataclasses.replace(result, data=result.data.drop_vars("reference")), tmp_path)
    saved = read_saved(tmp_path).data
    assert not [name for name in saved if str(name).startswith(("error", "reference"))]
    np.testing.assert_allclose(saved.u, result.data.u, rtol=1e-6, atol=1e-7)


def test_keeping_again_replaces_what_was_kept(result, tmp_path):
    keep(result, tmp_path)
    keep(dataclasses.replace(result, data=2 * result.data, metrics={"relative_l2": 7.0}), tmp_path)
    saved = read_saved(tmp_path)
    assert saved.passport["metrics"] == {"relative_l2": 7.0}
    np.testing.assert_allclose(saved.data.u, 2 * result.data.u, rtol=1e-6, atol=1e-7)


def test_an_empty_folder_says_how_to_fill_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no saved run; make it with: physml figures paper2020 --run"):
        read_saved(tmp_path / "paper2020" / "saved" / "case")
