"""What a result on a dynamical system shows: its spectrum, the circle, forecasts, or running averages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from physml.viz.html import figure_html
from physml.viz.koopman import plot_averages, plot_circle, plot_forecasts, plot_residuals, plot_spectrum
from physml.viz.style import Picture

if TYPE_CHECKING:
    from physml.result.result import Result

_PICTURES = {
    "spectrum": plot_spectrum,
    "residuals": plot_residuals,
    "circle": plot_circle,
    "forecasts": lambda data: plot_forecasts({"forecast": data}),
}
_NEEDED = {"circle": "angle", "forecasts": "lead"}  # coordinates of the data


def plot(result: Result, name: str) -> Picture:
    """The picture of that name; running averages where there are some.

    ``spectrum`` and ``residuals`` are always there, ``circle`` for isometries, ``forecasts`` with held-out samples.

    Raises:
        ValueError: no picture of that name.
    """
    if "average" in result.data:
        known = getattr(result.problem, "discrete_part", None)
        return plot_averages(result.data, known(result.problem.params) if known else None)
    name = name or "spectrum"
    drawn = [kind for kind in _PICTURES if _NEEDED.get(kind, "eigenvalue_real") in result.data]
    if name not in drawn:
        raise ValueError(f"no picture {name!r}; there are {', '.join(drawn)}")
    return _PICTURES[name](result.data)


def pictures(result: Result) -> str:
    """The spectrum, for notebooks."""
    return figure_html(plot(result, ""), "spectrum with residuals")


def sections(result: Result) -> tuple[tuple[str, str], ...]:
    """The report's sections; those whose data is missing are empty."""
    if "average" in result.data:
        return (("Discrete and continuous spectrum", pictures(result)),)
    circle, forecasts = "angle" in result.data, "lead" in result.data
    return (
        ("Spectrum", pictures(result)),
        ("Residuals", figure_html(plot(result, "residuals"), "residuals in order")),
        ("On the unit circle", figure_html(plot(result, "circle"), "levels on the circle") if circle else ""),
        ("Forecasts", figure_html(plot(result, "forecasts"), "errors by lead") if forecasts else ""),
    )
