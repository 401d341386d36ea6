"""The commands beside ``run``, which has flags of its own for each method."""

import os
from pathlib import Path
from typing import Annotated, Literal

import torch
from tyro.conf import Positional, arg
from tyro.extras import SubcommandApp

from physml import catalog
from physml.bench import benchmark_names, load_benchmark
from physml.cli.bench import bench
from physml.cli.output import say, say_table
from physml.cli.run import RunOptions, finish, free_folder
from physml.comparing import NUMBERS, PICTURE
from physml.comparing import compare as compare_methods
from physml.methods import METHODS
from physml.paper import best_values, draw, load_paper, paper_names, papers_folder, run_case, writable_folder
from physml.problem.facts import facts, published
from physml.result.cite import bibtex_entries
from physml.result.scoreboard import HEADERS, scoreboard
from physml.solving import open_run
from physml.solving import resume as resume_run
from physml.train import Quiet

Problem = Annotated[str, Positional, arg(metavar="PROBLEM")]
Folder = Annotated[Path, Positional, arg(metavar="FOLDER")]

app = SubcommandApp()


@app.command(name="list")
def list_problems() -> None:
    """The catalog: each problem with its equation, the best published error, and ours."""
    problems = catalog.list()
    ours = best_values({problem.name: problem.headline for problem in problems})
    rows = []
    for problem in problems:
        best = min((row.value for row in problem.published if row.metric == problem.headline), default=None)
        rows.append((problem.name, problem.kind, problem.equation, best, ours.get(problem.name)))
    say_table(("name", "kind", "equation", "best published", "ours"), rows)


@app.command
def show(name: Problem, /) -> None:
    """The card of a problem: what it is, its parameters, conditions, references and published numbers.

    Args:
        name: a name from the catalog, or the path of a Python file.
    """
    problem = catalog.load(name)
    say(f"{problem.title}\n", "bold")
    say(f"{problem.equation}\n")
    for headers, rows in (*facts(problem), published(problem)):
        if rows:
            say_table(headers, rows)
            say()
    for text in (problem.card, *problem.notices):
        say(f"{text}\n")


@app.command
def check(name: Problem, /) -> None:
    """Look for mistakes in a problem without solving it; also compute its references and say how converged they are.

    Args:
        name: a name from the catalog, or the path of a Python file.
    """
    problem = catalog.load(name)
    problem.check()
    say(f"{problem.name}: no mistake found")
    for reference in problem.references:
        certificate = reference.certificate(problem.params)
        order = "closed form" if certificate.order is None else f"order {certificate.order:.2f}"
        say(f"reference {reference.name!r}: {order}, relative distance to its own refinement {certificate.error:.1e}")


@app.command
def run(options: RunOptions, /) -> None:
    """Solve a problem; `physml run NAME --help` shows the flags of its method and parameters."""
    raise AssertionError("main() sends `run` to run_command")


@app.command
def resume(folder: Folder, /, *, budget: str = "", quiet: bool = False) -> int:
    """Go on with a run exactly where it was stopped.

    Args:
        folder: of the run.
        budget: a new wall time, counted over all sittings.
        quiet: show no progress.
    """
    result = resume_run(folder, budget=budget or None, tracker=Quiet() if quiet else None)
    return finish(result, folder)


@app.command
def compare(
    name: Problem,
    /,
    *,
    methods: str,
    budget: str = "short",
    seed: int = 0,
    device: str = "cpu",
    dtype: Literal["float64", "float32"] = "float64",
    output: str = "",
    quiet: bool = False,
) -> int:
    """Solve a problem by several methods, for the same wall time each, and draw error against wall time.

    Args:
        name: a name from the catalog, or the path of a Python file.
        methods: names separated by commas, such as pinn,causal_pinn,deepxde.
        budget: of each method: smoke, short or paper, or a wall time such as 90s, 10min, 1h.
        seed: of every random draw.
        device: cpu, or cuda.
        dtype: of networks and points.
        output: the folder to write; runs/compare_<problem> by default, with a number if that is taken.
        quiet: show no progress.
    """
    problem = catalog.load(name)
    folder = Path(output) if output else free_folder(Path("runs") / f"compare_{problem.name}", "")
    comparison = compare_methods(
        problem,
        [method.strip() for method in methods.split(",")],
        budget=budget,
        seed=seed,
        device=device,
        dtype=getattr(torch, dtype),
        tracker=Quiet() if quiet else None,
        output=folder,
        begin=lambda method: None if quiet else say(f"{problem.name}: {method}", "bold"),
    )
    rows = comparison.table()
    say_table([key.replace("_", " ") for key in rows[0]], [list(row.values()) for row in rows], f"{budget} each")
    for file in (NUMBERS, PICTURE):
        if (folder / file).exists():
            say(str(folder / file))
    return 130 if rows[-1]["outcome"] == "interrupted" else 0


@app.command(name="bench")
def run_bench(
    names: Annotated[tuple[str, ...], Positional, arg(metavar="NAME")] = (), /, *, output: str = "runs"
) -> None:
    """Measure speed as ratios: alternatives in turn, against the limit of the machine; writes JSON.

    Args:
        names: of benchmarks; all of them if none is given.
        output: the folder to write bench_<name>.json into.
    """
    benchmarks = {name: load_benchmark(name) for name in names or benchmark_names()}
    for name, benchmark in benchmarks.items():
        bench(name, benchmark, Path(output) / f"bench_{name}.json")


@app.command
def figures(
    paper: Annotated[str, Positional, arg(metavar="PAPER")] = "",
    /,
    *,
    run: bool = False,
    case: tuple[str, ...] = (),
    quiet: bool = False,
) -> None:
    """Redraw the figures and tables of a paper from its saved runs; without a name, of all papers.

    Args:
        paper: such as causal_pinn.
        run: first run its cases and write their rows to results.json. This can take hours; it can be stopped, and goes
            on with the same command.
        case: with --run, only these cases.
        quiet: show no progress.
    """
    for name in [paper] if paper else paper_names():
        if run:
            _run_cases(name, case, quiet)
        for file in draw(name):
            say(os.path.relpath(file))


def _run_cases(name: str, chosen: tuple[str, ...], quiet: bool) -> None:
    if writable_folder(name) != papers_folder() / name:
        raise ValueError("an installed physml keeps the rows of its release; run the papers' cases in a checkout")
    cases = {case.name: case for case in load_paper(name).cases}
    unknown = [c for c in chosen if c not in cases]
    if unknown:
        raise ValueError(f"{name} has no case {unknown[0]!r}; there are {', '.join(cases)}")
    for case in cases.values():
        if not chosen or case.name in chosen:
            say(f"{name}: {case.name}", "bold")
            run_case(case, Path("runs") / name, papers_folder() / name, Quiet() if quiet else None)


@app.command(name="scoreboard")
def show_scoreboard() -> None:
    """Every published number that we reproduce, beside ours."""
    say_table(HEADERS, scoreboard(papers_folder()))


@app.command
def cite(folder: Folder, /) -> None:
    """BibTeX of all that a run rests on: its problem, its method, and the published numbers it is compared with.

    Args:
        folder: of the run.
    """
    result = open_run(folder)
    method = METHODS[result.config["method"]]
    compared = [row.source for row in result.problem.published]
    print(bibtex_entries(catalog.bibliography(), (*result.problem.citations, *method.citations, *compared)))
