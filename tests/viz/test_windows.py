"""What each window was left with."""

import numpy as np

from physml.viz import plot_windows
from physml.viz.windows import last_of_each_window


def test_the_last_row_of_each_window_is_found(history):
    assert last_of_each_window(history) == [3, 7]
    assert last_of_each_window([]) == []


def test_the_curves_are_the_summed_losses_and_the_steps_of_each_window(history):
    loss, steps = (panel.lines[0] for panel in plot_windows({"run": history}).axes)
    np.testing.assert_allclose(loss.get_xydata(), [(1, 1e-4 + 2**-4), (2, 1e-8 + 2**-8)])
    np.testing.assert_array_equal(steps.get_xydata(), [(1, 4), (2, 4)])


def test_each_run_has_its_colour_and_its_name(history):
    above, below = plot_windows({"short": history[:6], "long": history}).axes
    assert [line.get_label() for line in above.lines] == ["short", "long"]
    assert [line.get_color() for line in above.lines] == [line.get_color() for line in below.lines]
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [4, 2])
