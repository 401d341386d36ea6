"""Figures and tables of shen2025multimarginal: paths between snapshots, with and without a refined reference."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from physml.bridge import IPML, GaussianProcess, IterativeReferenceRefinement
from physml.catalog import load
from physml.paper import Case, Paper, Saved, markdown_table, published_beside_ours
from physml.solving import recommend
from physml.viz.comparison import plot_errors_over_wall_time
from physml.viz.html import cell_text
from physml.viz.snapshots import plot_distances, plot_parameters, plot_trajectories, plot_values
from physml.viz.style import Picture

PREY, GENES, VORTEX, COUNTRIES = (
    load(name) for name in ("lotka_volterra", "repressilator", "vortex_lamb_oseen", "gapminder")
)
COMPARED = (PREY, GENES, VORTEX, COUNTRIES)
EXACT = ("ou1d", "ou2d_rotation", "ou2d_aliased")
REFINED, BROWNIAN, ITERATED = "refined", "Brownian", "IPML"
SEEDS = {VORTEX.name: (0,)}  # tens of minutes on a busy core
QUICK = (GENES.name, "double_well_bridge")  # whose recipe for short budgets is enough

# The paper's solver, with settings with which its half-bridges reach the next snapshot.
REGRESSED = IterativeReferenceRefinement(
    solver=IPML(regressor=GaussianProcess(amplitude=500.0, length=10.0, speed=1.0), step=0.1), iterations=5
)


def refined(problem: Any) -> IterativeReferenceRefinement:
    return recommend(problem, "short" if problem.name in QUICK else "paper", "reference_refinement")


def cases(problem: Any) -> tuple[Case, Case]:
    """The recommended method, and the same without any refinement."""
    method = refined(problem)
    unrefined = dataclasses.replace(method, iterations=0)
    answers = "SBIRR" if problem.published else ""
    return (
        Case(f"{problem.name} {REFINED}", problem.name, method, answers, SEEDS.get(problem.name, (0, 1, 2)), "30min"),
        Case(f"{problem.name} {BROWNIAN}", problem.name, unrefined),
    )


CASES = (
    *(case for problem in COMPARED for case in cases(problem)),
    Case(f"{PREY.name} {ITERATED}", PREY.name, REGRESSED, "SBIRR"),
    Case("double_well_bridge", "double_well_bridge", refined(load("double_well_bridge"))),
    *(Case(name, name, refined(load(name)), seeds=(0,)) for name in EXACT),
)


def runs_on(problem: Any) -> dict[str, str]:
    """Cases by the name that a picture shows."""
    kinds = {case.name: case.name.removeprefix(problem.name).strip() for case in CASES if case.problem == problem.name}
    return {kind or problem.title: name for name, kind in kinds.items()}


def paths(problem: Any) -> Callable[[Mapping[str, Saved]], Picture]:
    return lambda saved: plot_trajectories({kind: saved[name].data for kind, name in runs_on(problem).items()})


def bars(problem: Any, *quoted: str) -> Callable[[Mapping[str, Saved]], Picture]:
    """Distances of the first seed's runs, and those that are quoted."""
    others = {
        f"{method} (quoted)": {row.metric: row.value for row in problem.published if row.method == method}
        for method in quoted
    }

    def draw(saved: Mapping[str, Saved]) -> Picture:
        ours = {kind: saved[name].passport["metrics"] for kind, name in runs_on(problem).items()}
        return plot_distances({**ours, **others})

    return draw


def of(name: str, plot: Callable[..., Picture]) -> Callable[[Mapping[str, Saved]], Picture]:
    return lambda saved: plot(saved[name].data)


def held_out(problem: Any) -> Callable[[list[dict[str, Any]]], str]:
    """W2 at each held-out time: the floor, then our cases."""

    def table(rows: list[dict[str, Any]]) -> str:
        known = {(row["case"], row["metric"]): row for row in rows if row["problem"] == problem.name}
        names = list(runs_on(problem).values())
        times = [metric.removeprefix("W2 at ") for case, metric in known if case == names[0] and "W2 at" in metric]
        times = [time for time in times if not time.startswith("sliced")]
        lines = [("sampling floor", *(_cell(known.get((names[0], f"floor at {time}"))) for time in times), "")]
        for name in names:
            cells = [_cell(known.get((name, f"W2 at {time}"))) for time in times]
            lines.append((name, *cells, f"{known[name, 'W2']['wall_time_s']:.0f} s" if (name, "W2") in known else ""))
        return markdown_table(("W2 at", *times, "wall time"), lines)

    return table


def wall_times(saved: Mapping[str, Saved]) -> Picture:
    """Mean W2 to the held-out snapshots against wall time, for the linearised solver and the paper's."""
    names = {kind: f"{PREY.name} {kind}" for kind in (REFINED, ITERATED)}
    runs = {kind: saved[name] for kind, name in names.items()}
    metrics = runs[REFINED].passport["metrics"]
    floors = [value for name, value in metrics.items() if name.startswith("floor at")]
    curves = {
        kind: (run.history, run.passport["wall_time_s"], run.passport["metrics"]["W2"]) for kind, run in runs.items()
    }
    return plot_errors_over_wall_time(curves, "W2", ("1.5 x sampling floor", 1.5 * sum(floors) / len(floors)))


def quoted(rows: list[dict[str, Any]]) -> str:
    """The published numbers of Lotka-Volterra beside ours, metric by metric."""
    metrics = dict.fromkeys(number.metric for number in PREY.published)
    parts = []
    for metric in metrics:
        numbers = [number for number in PREY.published if number.metric == metric]
        parts.append(f"**{metric}**\n\n{published_beside_ours(numbers, rows, metric, PREY.name)}")
    return "\n".join(parts)


def parameters(rows: list[dict[str, Any]]) -> str:
    """The relative error of each parameter whose truth is known."""
    errors = [row for row in rows if row["metric"].startswith("error of")]
    lines = [(row["case"], row["metric"].removeprefix("error of "), _cell(row)) for row in errors]
    return markdown_table(("case", "parameter", "relative error"), lines)


def paired(rows: list[dict[str, Any]]) -> str:
    """How far interpolated countries are from themselves."""
    return markdown_table(
        ("case", "paired rms"), [(row["case"], _cell(row)) for row in rows if row["metric"] == "paired rms"]
    )


def _cell(row: dict[str, Any] | None) -> str:
    """The median, and the range over the seeds."""
    if row is None:
        return "–"
    low, high = row["spread"]
    return cell_text(row["value"]) + (f" ({cell_text(low)}, {cell_text(high)})" if low < high else "")


paper = Paper(
    key="shen2025multimarginal",
    cases=CASES,
    figures={
        **{f"paths_{problem.name}": paths(problem) for problem in COMPARED},
        "paths_double_well_bridge": paths(load("double_well_bridge")),
        **{f"parameters_{p.name}": of(f"{p.name} {REFINED}", plot_parameters) for p in (PREY, GENES, VORTEX)},
        "parameters_lotka_volterra_ipml": of(f"{PREY.name} {ITERATED}", plot_parameters),
        **{f"parameters_{name}": of(name, plot_parameters) for name in EXACT},
        **{f"divergence_{p.name}": of(f"{p.name} {REFINED}", plot_values) for p in COMPARED},
        "wall_time_lotka_volterra": wall_times,
        "distances_lotka_volterra": bars(PREY, "SBIRR", "3MSBM"),
        **{f"distances_{p.name}": bars(p) for p in (GENES, VORTEX, COUNTRIES, load("double_well_bridge"))},
    },
    tables={
        **{p.name: held_out(p) for p in (*COMPARED, load("double_well_bridge"))},
        "lotka_volterra_quoted": quoted,
        "parameters": parameters,
        "gapminder_paired": paired,
    },
)
