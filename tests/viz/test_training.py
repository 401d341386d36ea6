"""Loss terms and time slices."""

import itertools

import numpy as np
import pytest

from physml.viz import plot_history, plot_time_slices


def curves(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines if not line.get_label().startswith("_")}


def test_the_curves_are_the_loss_terms(history):
    figure = plot_history(history)
    assert len(figure.axes) == 1
    drawn = curves(figure.axes[0])
    assert set(drawn) == {"heat", "initial"}
    np.testing.assert_array_equal(drawn["heat"], [(r["step"], r["losses"]["heat"]) for r in history])
    assert figure.axes[0].get_yscale() == "log"


def test_lines_stand_where_stages_begin(history):
    lines = [line for line in plot_history(history).axes[0].lines if line.get_label().startswith("_")]
    begin = [b["step"] for a, b in itertools.pairwise(history) if a["stage"] != b["stage"]]
    assert [line.get_xdata()[0] for line in lines] == begin


def test_windows_are_named_where_there_is_room(history):
    names = [text.get_text() for text in plot_history(history).axes[0].texts]
    assert names == ["window 1/2", "window 2/2"]
    many = [row | {"step": i, "stage": f"window {i + 1}/100, Adam"} for i, row in enumerate(history * 12)]
    assert {text.get_text() for text in plot_history(many).axes[0].texts} == {""}


def test_the_error_has_its_own_panel_with_the_rows_that_know_it(history):
    history[2]["values"]["relative_l2 here"] = 0.5
    history[7]["values"]["relative_l2 here"] = 0.25
    _, panel = plot_history(history).axes
    np.testing.assert_array_equal(panel.lines[0].get_xydata(), [(3, 0.5), (8, 0.25)])


def test_a_single_row_and_zero_losses_can_be_drawn(history):
    row = history[0] | {"losses": {"heat": 0.0, "initial": float("nan")}}
    assert plot_history([row]).image("png")


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="no step was logged"):
        plot_history([])


def test_windows_show_first_and_last_slices_side_by_side(causal):
    left, right = plot_time_slices(causal).axes[:2]
    assert len(left.lines) == len(right.lines) == 2 * 4
    for panel, name in ((left, "slice_loss"), (right, "causal_weights")):
        for line, row in zip(panel.lines[::4], (0, 12), strict=True):
            np.testing.assert_array_equal(line.get_ydata(), causal[name][row])
        for line, row in zip(panel.lines[3::4], (11, 23), strict=True):
            np.testing.assert_array_equal(line.get_ydata(), causal[name][row])
    assert left.lines[0].get_xdata().max() < left.lines[4].get_xdata().min()


def test_the_same_step_of_each_window_has_the_same_colour(causal):
    left = plot_time_slices(causal).axes[0]
    colours = [line.get_color() for line in left.lines]
    assert colours[:4] == colours[4:]
    assert len(set(colours[:4])) == 4


def test_the_first_two_steps_have_different_colours(causal):
    """A second-order method takes a few steps in a window, and the second is far better than the first."""
    few = causal.isel(step=[0, 1, 12, 13]).assign_coords(step=[0, 1, 3, 4])
    first, second, *others = (line.get_color() for line in plot_time_slices(few).axes[0].lines)
    assert first != second
    assert others == [first, second]


def test_a_single_window_shows_eight_steps_at_most(causal):
    alone = causal.isel(step=slice(0, 12)).drop_vars("window")
    assert len(plot_time_slices(alone).axes[0].lines) == 8
    assert len(plot_time_slices(alone.isel(step=[0])).axes[0].lines) == 1


def test_without_causal_weights_the_convergence_rates_are_shown(causal):
    plain = causal.assign(causal_weights=causal.causal_weights * 0 + 1)
    right = plot_time_slices(plain).axes[1]
    np.testing.assert_array_equal(right.lines[0].get_ydata(), causal.slice_rate[0])
    assert right.get_ylabel() == "convergence rate"


def test_data_without_causal_weights_is_refused(heat):
    with pytest.raises(ValueError, match="no slice_time, slice_loss, causal_weights, slice_rate"):
        plot_time_slices(heat)
