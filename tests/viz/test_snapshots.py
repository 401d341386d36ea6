"""Pictures of snapshots and of the paths between them."""

import numpy as np
import pytest
import xarray as xr

from physml.viz.snapshots import plot_distances, plot_trajectories, plot_values


@pytest.fixture
def data() -> xr.Dataset:
    """Three snapshots of four points in three dimensions, the middle one held out, and five paths."""
    random = np.random.default_rng(0)
    return xr.Dataset(
        {
            "trajectories": (("time", "trajectory", "component"), random.normal(size=(9, 5, 3))),
            "observed": (("point", "component"), random.normal(size=(12, 3))),
            "observed_time": ("point", np.repeat([0.0, 1.0, 2.0], 4)),
            "observed_held_out": ("point", np.repeat([0.0, 1.0, 0.0], 4)),
            "V": ("iteration", np.array([10.0, 1.0, -2.0, -1.99])),
        },
        {"time": np.linspace(0, 2, 9), "component": ["x", "y", "z"]},
    )


@pytest.mark.parametrize("components, across, up", [((), "x", "y"), (("z", "x"), "z", "x"), (("y",), "time", "y")])
def test_paths_are_drawn_over_learned_and_held_out_points(data, components, across, up):
    (panel,) = plot_trajectories(data, components).axes[:1]
    assert (panel.get_xlabel(), panel.get_ylabel()) == (across, up)
    assert len(panel.lines) == 5
    assert [len(points.get_offsets()) for points in panel.collections] == [8, 4]


def test_several_runs_are_drawn_side_by_side_on_the_same_axes(data):
    one, other, _ = plot_trajectories({"one": data, "other": data.isel(trajectory=slice(2))}).axes
    assert [panel.get_title() for panel in (one, other)] == ["one", "other"]
    assert [len(panel.lines) for panel in (one, other)] == [5, 2]
    assert one.get_xlim() == other.get_xlim() and one.get_ylim() == other.get_ylim()


def test_values_are_drawn_above_the_least_one(data):
    (panel,) = plot_values(data).axes
    np.testing.assert_allclose(panel.lines[0].get_ydata(), [12.0, 3.0, np.nan, 0.01])


def test_bars_of_methods_that_miss_a_time_are_left_out():
    ours = {"W2 at t=1": 0.2, "W2 at t=3": 0.3, "floor at t=1": 0.1, "floor at t=3": 0.15, "W2": 0.25}
    (panel,) = plot_distances({"ours": ours, "quoted": {"W2 at t=3": 0.5}}).axes
    heights = [bar.get_height() for bar in panel.patches]
    np.testing.assert_allclose(heights, [0.2, 0.3, np.nan, 0.5])
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["t = 1", "t = 3"]
