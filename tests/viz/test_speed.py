"""Pictures of benchmarks."""

import numpy as np

from physml.viz import plot_scaling, plot_speed_ups


def test_each_kind_of_work_has_a_panel_with_the_speed_of_all_alternatives():
    panels = {"few": {"fast": [0.5, 0.25], "slow": [2.0, 4.0]}, "many": {"fast": [0.1, 0.2], "slow": [1.0, 5.0]}}
    few, many = plot_speed_ups(panels, (2, 3), "layers", "autograd").axes
    assert (few.get_title(), many.get_title(), many.get_xlabel()) == ("few", "many", "layers")
    assert few.get_ylabel() == "times as fast as\nautograd"
    np.testing.assert_array_equal(few.lines[0].get_xydata(), [(2, 2.0), (3, 4.0)])
    assert [list(line.get_ydata()) for line in many.lines[:2]] == [[10, 5], [1, 0.2]]


def test_half_the_time_is_twice_the_speed_and_the_same_time_full_efficiency():
    left, right = plot_scaling({1: 1.0, 2: 0.5, 4: 0.5}, {1: 1.0, 2: 1.0, 4: 2.0}).axes
    ideal, measured = left.lines
    np.testing.assert_array_equal(ideal.get_xydata(), [(1, 1), (2, 2), (4, 4)])
    np.testing.assert_array_equal(measured.get_xydata(), [(1, 1), (2, 2), (4, 2)])
    np.testing.assert_array_equal(right.lines[1].get_xydata(), [(1, 1), (2, 1), (4, 0.5)])
