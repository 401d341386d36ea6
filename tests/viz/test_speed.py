"""Pictures of benchmarks."""

import numpy as np

from physml.viz import plot_scaling, plot_times


def test_each_kind_of_work_has_a_panel_with_the_times_of_all_alternatives():
    panels = {"few": {"slow": [4.0, 8.0], "fast": [1.0, 2.0]}, "many": {"slow": [40.0, 80.0], "fast": [10.0, 20.0]}}
    few, many = plot_times(panels, (2, 3), "layers").axes
    assert (few.get_title(), many.get_title(), many.get_xlabel()) == ("few", "many", "layers")
    np.testing.assert_array_equal(few.lines[1].get_xydata(), [(2, 1.0), (3, 2.0)])
    np.testing.assert_array_equal(many.lines[0].get_ydata(), [40.0, 80.0])


def test_half_the_time_is_twice_the_speed_and_the_same_time_full_efficiency():
    left, right = plot_scaling({1: 1.0, 2: 0.5, 4: 0.5}, {1: 1.0, 2: 1.0, 4: 2.0}).axes
    ideal, measured = left.lines
    np.testing.assert_array_equal(ideal.get_xydata(), [(1, 1), (2, 2), (4, 4)])
    np.testing.assert_array_equal(measured.get_xydata(), [(1, 1), (2, 2), (4, 2)])
    np.testing.assert_array_equal(right.lines[1].get_xydata(), [(1, 1), (2, 1), (4, 0.5)])
