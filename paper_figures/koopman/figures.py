"""Spectra with residuals: the experiments of colbrook2026adversarial and of the papers that it rests on."""

from collections.abc import Mapping
from typing import Any

from physml.koopman import (
    Delays,
    EDMDSpectrum,
    Eigenvalues,
    FourierTimes,
    MeasurePreservingSpectrum,
    Plane,
    Radial,
    RAGESplit,
    ResDMDSpectrum,
)
from physml.paper import Case, Paper, markdown_table
from physml.paper.saved import Saved
from physml.solving import recommend
from physml.viz.koopman import (
    plot_averages,
    plot_circle,
    plot_forecasts,
    plot_residuals,
    plot_spectrum,
    plot_worst_residuals,
)
from physml.viz.style import Picture

UPPER = Plane(bottom=0.0, step=0.05)
COARSE = Plane(bottom=0.0, step=0.5)

CENTERS = (100, 200, 400)
DELAYS = {"lorenz63": (20, 40, 100), "rossler": (20, 40, 100, 200), "duffing_invariant": (50, 100, 150)}
LARGEST = {"rossler": 200, "duffing_invariant": 150}
NOISE = {"periodic": 0.0, "mixed": 0.5, "noise": 1.0}


def pair(name: str, problem: str, dictionary: Any, plane: Plane, search: Any) -> tuple[Case, Case]:
    """The same data and dictionary: all eigenvalues, and points of the spectrum by local minimisation."""
    edmd = EDMDSpectrum(dictionary, COARSE)
    resdmd = ResDMDSpectrum(dictionary, plane, search=search, kappa=5.0, tolerance=1.0)
    return (
        Case(f"{name}_edmd", problem, edmd, seeds=(0,)),
        Case(f"{name}_resdmd", problem, resdmd, seeds=(0,)),
    )


def radial(problem: str) -> tuple[Case, ...]:
    cases: tuple[Case, ...] = ()
    for n in CENTERS:
        search = Plane(left=-0.5, right=1.0, bottom=0.0, top=1.0, step=0.02)
        plane = UPPER if n == 200 else COARSE
        cases += pair(f"{problem}_{n}", problem, Radial(n, scale=0.5, constant=False), plane, search)
    return cases


def delayed(problem: str) -> tuple[Case, ...]:
    of = "states" if problem == "lorenz63" else "observable"
    cases: tuple[Case, ...] = ()
    for n in DELAYS[problem]:
        plane = UPPER if n == LARGEST.get(problem) else COARSE
        cases += pair(f"{problem}_{n}", problem, Delays(n, of=of), plane, Eigenvalues())
    return cases


def recommended(problem: str, method: str = "", seeds: tuple[int, ...] = (0,)) -> Case:
    return Case(f"{problem}{'_' * bool(method)}{method}", problem, recommend_for(problem, method), seeds=seeds)


def recommend_for(problem: str, method: str) -> Any:
    from physml.catalog import load

    return recommend(load(problem), "paper", method)


DISC = EDMDSpectrum(FourierTimes(8, 9, "legendre"), Plane(step=0.25))
HIDDEN = ResDMDSpectrum(FourierTimes(8, 9, "legendre"), Plane(step=0.25))
PENDULUM = Delays(40, of="observable")

CASES = (
    *radial("duffing"),
    *radial("duffing_damped"),
    *delayed("duffing_invariant"),
    *delayed("lorenz63"),
    *delayed("rossler"),
    recommended("gauss_iterated_map", "edmd"),
    recommended("cat_map"),
    recommended("rogers_szego"),
    recommended("doubling_map", "edmd"),
    recommended("doubling_map", "resdmd"),
    recommended("circle_rotation"),
    recommended("linear_map"),
    recommended("cylinder_wake"),
    recommended("skew_product"),
    Case("pendulum_edmd", "pendulum", EDMDSpectrum(PENDULUM), seeds=(0,)),
    Case("pendulum_mpedmd", "pendulum", MeasurePreservingSpectrum(PENDULUM), seeds=(0,)),
    *(Case(f"cavity_{n}", "cavity_rage", RAGESplit(20, 10), params={"noise": v}) for n, v in NOISE.items()),
    recommended("sea_ice_synthetic", "resdmd", seeds=(0, 1, 2)),
    recommended("sea_ice_synthetic", "edmd", seeds=(0, 1, 2)),
    recommended("shift_indicator"),
    recommended("lorenz_hermite"),
    Case("disc_hidden", "adversarial_disc", HIDDEN, seeds=(0,)),
    Case("disc_identity", "adversarial_disc", HIDDEN, seeds=(0,), params={"amplitude": 0.0}),
    Case("disc_seen", "adversarial_disc", DISC, seeds=(0,), params={"hidden": 0.0}),
)


def worst(saved: Mapping[str, Saved], problem: str) -> Picture:
    """The worst residual of what is returned against the number of functions, for both ways."""
    curves = {}
    for method, name in (("edmd", "EDMD, all eigenvalues"), ("resdmd", "local minima of residuals")):
        passports = [
            saved[case.name].passport["metrics"]
            for case in CASES
            if case.problem == problem and case.name.endswith(f"_{method}")
        ]
        curves[name] = [(metrics["functions"], metrics["worst residual"]) for metrics in passports]
    return plot_worst_residuals(curves)


SHOWN = {
    "duffing": "duffing_200_resdmd",
    "duffing_damped": "duffing_damped_200_resdmd",
    "duffing_invariant": "duffing_invariant_150_resdmd",
    "rossler": "rossler_200_resdmd",
    "gauss_map": "gauss_iterated_map_edmd",
    "doubling_map": "doubling_map_edmd",
    "pendulum": "pendulum_edmd",
    "sea_ice_synthetic": "sea_ice_synthetic_resdmd",
    "disc_hidden": "disc_hidden",
    "disc_seen": "disc_seen",
}
CURVES = ("duffing", "duffing_damped", "duffing_invariant", "lorenz63", "rossler")


def table(rows: list[dict[str, Any]]) -> str:
    """One line for each case: what is returned, and how wrong it is."""
    metrics = ("worst residual", "mean residual", "points", "spurious", "mean level", "density error", "discrete part")
    lines: dict[str, dict[str, float]] = {}
    for row in rows:
        lines.setdefault(row["case"], {})[row["metric"]] = row["value"]
    return markdown_table(("case", *metrics), [(case, *map(found.get, metrics)) for case, found in lines.items()])


paper = Paper(
    key="colbrook2026adversarial",
    cases=CASES,
    figures={
        **{
            f"spectrum_{name}": lambda saved, case=case: plot_spectrum(saved[case].data) for name, case in SHOWN.items()
        },
        **{f"curve_{name}": lambda saved, name=name: worst(saved, name) for name in CURVES},
        **{
            f"circle_{name}": lambda saved, name=name: plot_circle(saved[name].data)
            for name in ("cat_map", "rogers_szego", "shift_indicator", "pendulum_mpedmd")
        },
        **{
            f"rage_{name}": lambda saved, name=name: plot_averages(saved[f"cavity_{name}"].data, 1 - NOISE[name])
            for name in NOISE
        },
        "rage_skew_product": lambda saved: plot_averages(saved["skew_product"].data, 0.5),
        "forecasts_sea_ice_synthetic": lambda saved: plot_forecasts(
            {
                "all eigenpairs": saved["sea_ice_synthetic_edmd"].data,
                "those of small residuals": saved["sea_ice_synthetic_resdmd"].data,
            }
        ),
        "residuals_lorenz63": lambda saved: plot_residuals(saved["lorenz63_40_resdmd"].data),
    },
    tables={"cases": table},
)
