"""Solutions: what is drawn is what was given, for any number of axes."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from physml.viz import plot_error_over_time, plot_slices, plot_solution

AXES = {"tx": "tx", "xy": "xy", "txy": "xy", "xyz": "xy", "txyz": "xy"}


def meshes(figure):
    """Values of the maps by the first word of their titles."""
    panels = [axes for axes in figure.axes if axes.get_title().startswith(("solution", "reference", "absolute"))]
    return {p.get_title().split(",")[0]: p.collections[0].get_array() for p in panels}


def lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def test_every_dimension_shows_solution_reference_and_error(of_any_dimension):
    data = of_any_dimension
    figure = plot_solution(data)
    axes = "".join(data.u.dims)
    if len(axes) == 1:
        drawn = lines(figure.axes[0])
        np.testing.assert_array_equal(drawn["solution"][:, 1], data.u)
        np.testing.assert_array_equal(drawn["reference"][:, 1], data.reference)
        np.testing.assert_array_equal(lines(figure.axes[1])["absolute error"][:, 1], abs(data.u - data.reference))
        return
    cut = {n: data.sizes[n] - 1 if n == "t" else data.sizes[n] // 2 for n in axes if n not in AXES[axes]}
    there = data.isel(cut).transpose(*AXES[axes][::-1])
    drawn = meshes(figure)
    np.testing.assert_array_equal(drawn["solution"], there.u)
    np.testing.assert_array_equal(drawn["reference"], there.reference)
    error = abs(there.u - there.reference).to_numpy()
    shown = drawn["absolute error"]
    assert shown.shape == error.shape
    large = error > 0.1 * error.max()
    np.testing.assert_array_equal(np.asarray(shown)[large], error[large])


def test_time_is_horizontal_whatever_the_order_of_the_axes(heat):
    figure = plot_solution(heat.transpose("x", "t"))
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("$t$", "$x$")


def test_axes_carry_their_units(heat):
    heat.x.attrs["units"] = "m"
    assert plot_solution(heat).axes[0].get_ylabel() == "$x$ [m]"


def test_greek_names_are_drawn_as_letters(heat):
    panels = plot_solution(heat.rename(u="psi", x="theta"), "psi").axes
    assert panels[0].get_ylabel() == r"$\theta$"
    assert r"$\psi$" in [panel.get_title() for panel in panels]


def test_without_a_reference_the_residuals_of_all_equations_are_shown(heat):
    data = heat.drop_vars("reference").rename(residual="residual_mass")
    data["residual_energy"] = 3 * data.residual_mass
    drawn = meshes(plot_solution(data))
    assert list(drawn) == ["solution", "absolute residual of mass", "absolute residual of energy"]
    np.testing.assert_allclose(drawn["absolute residual of mass"].max(), abs(data.residual_mass).max())


def test_one_of_several_fields_is_compared_with_its_own_reference(heat):
    data = heat.rename(reference="reference_u").assign(v=5 * heat.u, reference_v=5 * heat.reference)
    np.testing.assert_array_equal(meshes(plot_solution(data, "v"))["reference"], data.reference_v.T)


def test_a_field_that_the_data_lacks_is_refused_by_name(heat):
    with pytest.raises(ValueError, match="no field 'v' in the data; it has u, reference"):
        plot_solution(heat, "v")


def test_a_solution_known_in_part_and_an_exact_one_can_be_drawn(heat):
    part = heat.assign(u=heat.u.where(heat.t < 0.5))
    assert plot_solution(part).image("png")
    nothing = heat.assign(u=heat.u * np.nan)
    assert plot_solution(nothing).image("png")
    assert plot_solution(heat.assign(u=heat.reference)).image("png")


def test_slices_are_the_rows_nearest_to_the_times(heat):
    figure = plot_slices(heat, times=[0.26, 1.0])
    for axes, time in zip(figure.axes, (0.25, 1.0), strict=True):
        assert axes.get_title() == f"$t = {time:g}$"
        np.testing.assert_array_equal(lines(axes)["solution"][:, 1], heat.u.sel(t=time))
        np.testing.assert_array_equal(lines(axes)["reference"][:, 1], heat.reference.sel(t=time))
    assert len(plot_slices(heat).axes) == 3


def test_slices_of_a_steady_problem_are_refused(heat):
    with pytest.raises(ValueError, match="need the axis t and another one"):
        plot_slices(heat.isel(t=0, drop=True))


def test_the_error_over_time_is_relative_at_each_time(heat):
    data = heat.assign(u=heat.reference * (1 + heat.t * 1e-3))
    ((time, error),) = [line.get_data() for line in plot_error_over_time(data).axes[0].lines]
    np.testing.assert_array_equal(time, heat.t)
    np.testing.assert_allclose(error, 1e-3 * heat.t, atol=1e-15)


def test_the_error_over_time_has_gaps_where_there_is_nothing_to_compare(heat):
    data = heat.assign(u=heat.u.where(heat.t < 0.9), reference=heat.reference.where(heat.t > 0, 0.0))
    error = plot_error_over_time(data).axes[0].lines[0].get_ydata()
    assert np.isnan(error[[0, -1]]).all()
    np.testing.assert_allclose(error[1:-1], 0.01)


def test_the_error_over_time_needs_a_reference(heat):
    with pytest.raises(ValueError, match="needs a reference and the axis t"):
        plot_error_over_time(heat.drop_vars("reference"))


def test_pictures_leave_no_trace_in_matplotlib(heat):
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    image, size = plot_solution(heat)._repr_png_()
    assert size == {"width": 990, "height": 275}
    assert image.startswith(b"\x89PNG")
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_small_negative_noise_does_not_change_the_colours():
    from physml.viz.style import DIVERGING, SEQUENTIAL, value_scale

    assert value_scale(np.array([-1e-6, 1.0]))["cmap"] == SEQUENTIAL
    scale = value_scale(np.array([-0.5, 1.0, np.nan]))
    assert scale["cmap"] == DIVERGING
    assert (scale["norm"].vmin, scale["norm"].vmax) == (-1.0, 1.0)


def test_a_field_of_time_alone_has_no_slices():
    data = xr.Dataset({"u": ("t", np.ones(3))}, coords={"t": [0.0, 1.0, 2.0]})
    with pytest.raises(ValueError, match="u has t"):
        plot_slices(data)
