"""Pictures of solutions and runs, and the HTML that holds them; one style, no global figures."""

from physml.viz.error import error_over_time as error_over_time
from physml.viz.error import plot_error_over_time as plot_error_over_time
from physml.viz.field import plot_solution as plot_solution
from physml.viz.growth import plot_growth as plot_growth
from physml.viz.history import plot_history as plot_history
from physml.viz.slices import plot_slices as plot_slices
from physml.viz.spectra import energy_spectrum as energy_spectrum
from physml.viz.spectra import plot_spectra as plot_spectra
from physml.viz.speed import plot_scaling as plot_scaling
from physml.viz.speed import plot_speed_ups as plot_speed_ups
from physml.viz.time_slices import plot_time_slices as plot_time_slices
from physml.viz.windows import plot_windows as plot_windows
