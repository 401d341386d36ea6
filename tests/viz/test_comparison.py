"""The picture of errors against wall time shows the numbers that it was given, and what they are errors of."""

import numpy as np
import pytest

from physml.viz.comparison import plot_errors_over_wall_time


def row(seconds, error, stage="Adam"):
    return {"step": 1, "stage": stage, "seconds": seconds, "losses": {}, "values": {"relative_l2 here": error}}


WHOLE = [row(1.0, 0.5), row(2.0, 0.25), row(4.0, 0.125)]
WINDOWS = [
    row(1.0, 1e-3, "window 1/2, Adam"),
    row(2.0, 1e-4, "window 1/2, L-BFGS"),
    row(3.0, 5e-3, "window 2/2, Adam"),
]


def test_lines_are_the_errors_of_each_window_and_markers_those_of_the_whole_domain():
    figure = plot_errors_over_wall_time({"a": (WHOLE, 5.0, 0.1), "b_c": (WINDOWS, 3.0, 2e-3)})
    (panel,) = figure.axes
    lines = [line for line in panel.lines if len(line.get_xdata()) and line.get_marker() != "o"]
    drawn = [(list(line.get_xdata()), list(line.get_ydata())) for line in lines]
    assert drawn == [([1, 2, 4], [0.5, 0.25, 0.125]), ([1, 2], [1e-3, 1e-4]), ([3], [5e-3])]
    assert lines[0].get_linewidth() > lines[1].get_linewidth() == lines[2].get_linewidth()
    markers = [line for line in panel.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert [(m.get_xdata()[0], m.get_ydata()[0]) for m in markers] == [(5.0, 0.1), (3.0, 2e-3)]
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["a", "b c"]
    assert (panel.get_xscale(), panel.get_yscale()) == ("log", "log")
    assert "inside the present one" in figure._supxlabel.get_text()


def test_a_run_without_an_error_over_the_whole_domain_has_no_marker():
    (panel,) = plot_errors_over_wall_time({"a": (WINDOWS[:2], 2.5, None)}).axes
    assert all(line.get_marker() != "o" or not len(line.get_xdata()) for line in panel.lines)
    assert np.isfinite(panel.get_ylim()).all()


def test_nothing_to_draw_is_said():
    with pytest.raises(ValueError, match="no run has an error against a reference"):
        plot_errors_over_wall_time({"a": ([{"stage": "Adam", "seconds": 1.0, "values": {}}], 1.0, None)})
