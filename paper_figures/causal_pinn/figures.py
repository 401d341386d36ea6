"""Figures and tables of wang2024causal: Allen-Cahn, Lorenz, Kuramoto-Sivashinsky, turbulence."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from physml.bench import measured_rows
from physml.bench.benchmark import benchmarks_folder
from physml.catalog import load, run_file
from physml.paper import Case, Paper, Saved, published_beside_ours
from physml.pinn import PINN, CausalPINN, CausalWeights, ModifiedMLP, Windows
from physml.problem import PDE
from physml.solving import recommend
from physml.viz import (
    plot_error_over_time,
    plot_growth,
    plot_history,
    plot_scaling,
    plot_slices,
    plot_solution,
    plot_spectra,
    plot_speed_ups,
    plot_time_slices,
    plot_windows,
)
from physml.viz.style import Picture

PROBLEM = load("allen_cahn")
LORENZ = load("lorenz")
REGULAR, CHAOTIC, TRANSITION = (load(f"kuramoto_sivashinsky_{kind}") for kind in ("regular", "chaotic", "transition"))
TURBULENCE, SPIRAL, SPOTS = (load(name) for name in ("navier_stokes_torus", "ginzburg_landau", "gray_scott"))
LONGER = load(Path(__file__).with_name("navier_stokes_longer.py"))  # until T = 2
MARCHED = (LORENZ, REGULAR, CHAOTIC, TRANSITION, TURBULENCE, SPIRAL, SPOTS)
WITH_RULE, WITHOUT_RULE = "lorenz, stopped", "lorenz, not stopped"
TIMES = (0.0, 0.5, 1.0)  # of the paper's slices

# The paper's optimiser and soft initial condition, cut down to what two cores can do: 4 x 64 instead of 4 x 128,
# 20,000 steps on 2,048 random points instead of 200,000 and 300,000 steps on 25,600.
FIRST_ORDER = recommend(PROBLEM, "paper", "pinn")
ANNEALED = CausalWeights(epsilons=(1e-2, 1e-1, 1.0, 10.0, 100.0), level_steps=4_000)

# Ours: Levenberg-Marquardt in time windows, from a hard initial condition.
CAUSAL = recommend(PROBLEM, "paper", "causal_pinn")


def settings(method: PINN) -> dict[str, Any]:
    """Those that plain and causal training share."""
    return {field.name: getattr(method, field.name) for field in dataclasses.fields(PINN)}


# Lorenz with the stopping rule, and without: no weight exceeds the delta of the latter, so that levels end by steps.
STOPPED = CausalPINN(
    **settings(recommend(LORENZ, "short")), causal=CausalWeights(epsilons=(1e-2, 1.0, 1e2, 1e4), slices=30)
)
UNSTOPPED = dataclasses.replace(STOPPED, causal=dataclasses.replace(STOPPED.causal, delta=1 - 1e-16, level_steps=11))

TWICE_AS_MANY_WINDOWS = dataclasses.replace(recommend(TURBULENCE, "paper"), windows=Windows(100))

TAYLOR = run_file(benchmarks_folder() / "taylor_mode.py")


def case(name: str, method: PINN, answers: str = "", **settings: Any) -> Case:
    return Case(name, PROBLEM.name, method, answers, **settings)


CASES = (
    case("plain PINN, Adam", FIRST_ORDER, "PINN", seeds=(0,), dtype="float32"),
    case("causal PINN, Adam", CausalPINN(**settings(FIRST_ORDER), causal=ANNEALED), seeds=(0,), dtype="float32"),
    case("plain PINN", PINN(**settings(CAUSAL) | {"windows": Windows(1)})),
    case("time marching", PINN(**settings(CAUSAL)), "time marching"),
    case("causal PINN", CAUSAL, "causal, MLP"),
    case("causal PINN, modified MLP", dataclasses.replace(CAUSAL, network=ModifiedMLP(20)), "causal, modified MLP"),
    *(Case(p.name, p.name, recommend(p, "paper"), p.published[0].method) for p in MARCHED),
    Case(WITH_RULE, LORENZ.name, STOPPED),
    Case(WITHOUT_RULE, LORENZ.name, UNSTOPPED),
    Case(LONGER.name, LONGER.source, TWICE_AS_MANY_WINDOWS, seeds=(0,)),
)


def of(name: str, plot: Callable[..., Picture], *arguments: Any) -> Callable[[Mapping[str, Saved]], Picture]:
    """A figure of one case's data."""
    return lambda saved: plot(saved[name].data, *arguments)


def losses(name: str) -> Callable[[Mapping[str, Saved]], Picture]:
    return lambda saved: plot_history(saved[name].history)


def all_errors(saved: Mapping[str, Saved]) -> Picture:
    runs = {case.name: saved[case.name] for case in CASES if case.problem == PROBLEM.name}
    return plot_error_over_time({name: run.data for name, run in runs.items()})


def of_both(plot: Callable[..., Picture], part: str) -> Callable[[Mapping[str, Saved]], Picture]:
    """A figure of Lorenz with the stopping rule and without, from the data or the history of both."""
    return lambda saved: plot({name: getattr(saved[name], part) for name in (WITH_RULE, WITHOUT_RULE)})


def flow(title: str, name: str, plot: Callable[..., Picture]) -> dict[str, Callable[[Mapping[str, Saved]], Picture]]:
    """A picture of each velocity and of the vorticity, whose name fills the title's blank."""
    return {title.format(quantity): of(name, plot, quantity) for quantity in ("u", "v", "w")}


def energy_spectra(saved: Mapping[str, Saved]) -> Picture:
    return plot_spectra(saved[TURBULENCE.name].data, ("u", "v"), TIMES, slope=-4)


def taylor_mode(saved: Mapping[str, Saved]) -> Picture:
    """Ratios only: times of different sizes were measured at different moments of a busy machine."""
    ratios = {(row["work"], row["alternative"]): row["ratio"] for row in measured_rows("taylor_mode")}
    nested, *ours = TAYLOR.ALTERNATIVES

    def of_depths(points: int, alternative: str) -> list[float]:
        return [ratios[TAYLOR.name(depth, points), alternative] for depth in TAYLOR.DEPTHS]

    panels = {f"{n} points": {a: of_depths(n, a) for a in ours} for n in TAYLOR.POINTS}
    return plot_speed_ups(panels, TAYLOR.DEPTHS, "layers", nested)


def scaling(saved: Mapping[str, Saved]) -> Picture:
    ratios: dict[str, dict[int, float]] = {}
    for row in measured_rows("scaling"):
        ratios.setdefault(row["work"], {})[int(row["alternative"].split()[0])] = row["ratio"]
    strong, weak = ratios.values()
    return plot_scaling(strong, weak)


def growth(problem: PDE) -> Callable[[Mapping[str, Saved]], Picture]:
    return lambda saved: plot_growth(problem.sensitivity.dataset(problem.params).growth)


def beside_ours(problem: PDE) -> Callable[[list[dict[str, Any]]], str]:
    """A table of the published numbers of each metric."""

    def table(rows: list[dict[str, Any]]) -> str:
        tables = [(n, published_beside_ours([n], rows, n.metric, problem.name)) for n in problem.published]
        return "\n".join(f"**{number.metric}**\n\n{text}" for number, text in tables)

    return table


def table_1(rows: list[dict[str, Any]]) -> str:
    return published_beside_ours([n for n in PROBLEM.published if n.where == "Table 1"], rows, problem=PROBLEM.name)


PLAIN, OURS, MODIFIED = "plain PINN, Adam", "causal PINN", "causal PINN, modified MLP"

paper = Paper(
    key="wang2024causal",
    cases=CASES,
    figures={
        "figure_01_plain_solution": of(PLAIN, plot_solution),
        "figure_01_plain_slices": of(PLAIN, plot_slices, "u", TIMES),
        "figure_02_plain_losses": losses(PLAIN),
        "figure_02_plain_time_slices": of(PLAIN, plot_time_slices),
        "figure_03_causal_solution": of(OURS, plot_solution),
        "figure_03_causal_slices": of(OURS, plot_slices, "u", TIMES),
        "figure_04_causal_losses": losses(OURS),
        "figure_04_causal_time_slices": of(OURS, plot_time_slices),
        "figure_14_scaling": scaling,
        "figure_15_modified_mlp_solution": of(MODIFIED, plot_solution),
        "figure_15_modified_mlp_slices": of(MODIFIED, plot_slices, "u", TIMES),
        "figure_16_modified_mlp_losses": losses(MODIFIED),
        "figure_16_modified_mlp_time_slices": of(MODIFIED, plot_time_slices),
        "errors_over_time": all_errors,
        **{f"figure_05_lorenz_{field}": of("lorenz", plot_solution, field) for field in LORENZ.fields},
        "figure_06_kuramoto_sivashinsky_regular": of(REGULAR.name, plot_solution),
        "figure_07_taylor_mode": taylor_mode,
        "figure_08_kuramoto_sivashinsky_regular_errors": of(REGULAR.name, plot_error_over_time),
        "figure_09_kuramoto_sivashinsky_chaotic": of(CHAOTIC.name, plot_solution),
        "figure_10_kuramoto_sivashinsky_transition": of(TRANSITION.name, plot_solution),
        "figure_10_kuramoto_sivashinsky_transition_errors": of(TRANSITION.name, plot_error_over_time),
        **flow("figure_11_navier_stokes_{}", TURBULENCE.name, plot_solution),
        **flow("figure_12_navier_stokes_{}_errors", TURBULENCE.name, plot_error_over_time),
        "figure_13_navier_stokes_spectra": energy_spectra,
        "figure_17_lorenz_losses": of_both(plot_windows, "history"),
        "figure_18_lorenz_errors": of_both(lambda runs: plot_error_over_time(runs, "x"), "data"),
        "figure_19_lorenz_not_stopped": of(WITHOUT_RULE, plot_solution, "x"),
        "figure_20_kuramoto_sivashinsky_regular_losses": losses(REGULAR.name),
        **flow("figure_26_navier_stokes_longer_{}", LONGER.name, plot_solution),
        **flow("figure_27_navier_stokes_longer_{}_errors", LONGER.name, plot_error_over_time),
        "ginzburg_landau": of(SPIRAL.name, plot_solution),
        "gray_scott": of(SPOTS.name, plot_solution, "v"),
        **{f"sensitivity_{p.name}": growth(p) for p in (LORENZ, REGULAR, CHAOTIC, TRANSITION)},
    },
    tables={"table_1": table_1, **{problem.name: beside_ours(problem) for problem in MARCHED}},
)
