"""``physml run``: the flags are the fields of the method and of the problem's parameters."""

import dataclasses
import re
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import tyro
from docstring_parser import parse

from physml.catalog import load, names
from physml.cli.output import say, say_result
from physml.methods import Method
from physml.optim.processes import process_rank
from physml.problem import Problem
from physml.result import Result
from physml.result.store import REPORT, RUN
from physml.solving import recommend, solve
from physml.train import Quiet
from physml.train.processes import of_first


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """Solve a problem and write a folder with data, weights, history and report.html.

    Args:
        problem: a name from the catalog, or the path of a Python file.
        method: by default the problem's recommended one.
        budget: smoke, short or paper, or a wall time such as 90s, 10min, 1h.
        seed: of every random draw.
        device: cpu, or cuda.
        dtype: of networks and points.
        output: the folder to write; runs/<problem> by default, with a number if that is taken.
        quiet: show no progress.
    """

    problem: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PROBLEM")]
    method: str = ""
    budget: str = "short"
    seed: int = 0
    device: str = "cpu"
    dtype: Literal["float64", "float32"] = "float64"
    output: str = ""
    quiet: bool = False


def run_command(arguments: Sequence[str]) -> int:
    """Read the options, solve, and say how it went; returns the exit status."""
    arguments = _problem_first(arguments)
    if not arguments or arguments[0].startswith("-"):  # no problem whose flags could be shown
        tyro.cli(RunOptions, args=arguments or ["--help"], prog="physml run")
    plain = [a for a in arguments if a not in ("-h", "--help")]
    options, _ = tyro.cli(RunOptions, args=plain, prog="physml run", return_unknown_args=True)
    problem = load(options.problem)
    method = recommend(problem, options.budget, options.method)
    chosen = tyro.cli(_all_options(problem, method), args=arguments, prog=f"physml run {options.problem}")
    problem = problem.replace(**dataclasses.asdict(chosen.params))
    folder = of_first(Path(options.output) if options.output else free_folder(Path("runs") / problem.name))
    result = solve(
        problem,
        dataclasses.replace(method, **{f.name: getattr(chosen, f.name) for f in dataclasses.fields(method)}),
        budget=options.budget,
        seed=options.seed,
        device=options.device,
        dtype=getattr(torch, options.dtype),
        tracker=Quiet() if options.quiet else None,
        output=None if process_rank() else folder,
    )
    return finish(result, folder)


def _problem_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with the problem in front, so that the value of a flag is not taken for it."""
    words = [a for a in arguments if not a.startswith("-")]
    problem = next((a for a in words if a in names() or a.endswith(".py")), words[0] if words else None)
    rest = list(arguments)
    if problem is not None:
        rest.remove(problem)
    return [problem, *rest] if problem is not None else rest


def finish(result: Result, folder: Path) -> int:
    """Say how a run ended, and what to do next; returns the exit status."""
    say_result(result)
    say(f"\nreport: {folder / REPORT}")
    if result.outcome in ("interrupted", "budget spent"):
        say(f"go on with: physml resume {folder}" + (" --budget 1h" if result.outcome == "budget spent" else ""))
    return 1 if result.outcome.startswith("not a number") else 130 if result.outcome == "interrupted" else 0


def free_folder(folder: Path, content: str = RUN) -> Path:
    """The folder, or the first of folder_2, folder_3, ... that holds no such content; ``""`` is any folder."""
    number, candidate = 1, folder
    while (candidate / content).exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}_{number}")
    return candidate


def _all_options(problem: Problem, method: Method) -> type:
    """The options of a run, the method's fields and the problem's parameters as one dataclass of flags."""
    hints = typing.get_type_hints(RunOptions, include_extras=True)
    entries: list[Any] = []
    for field in dataclasses.fields(RunOptions):
        default = () if field.default is dataclasses.MISSING else (field.default,)
        entries.append((field.name, _with_help(hints[field.name], RunOptions, field.name), *default))
    hints = typing.get_type_hints(type(method))
    for field in dataclasses.fields(method):
        value = getattr(method, field.name)
        entries.append((field.name, _with_help(_flag_type(value, hints[field.name]), type(method), field.name), value))
    parameters = _parameter_flags(problem)
    entries.append(("params", parameters, parameters()))
    options = dataclasses.make_dataclass("Options", entries, frozen=True)
    options.__doc__ = f"Solve {problem.title!r} by {type(method).__name__}, whose settings are flags too."
    return options


def _with_help(hint: Any, owner: type, name: str) -> Any:
    """The type of a flag, with what the docstring of its class says of it; parts have help of their own."""
    if dataclasses.is_dataclass(hint):
        return hint
    described = {p.arg_name: p.description for part in owner.__mro__ for p in parse(part.__doc__ or "").params}
    text = " ".join((described.get(name) or "").split())
    return Annotated[hint, tyro.conf.arg(help=re.sub(r":\w+:`([^`]*)`|``([^`]*)``", r"\1\2", text))]


def _parameter_flags(problem: Problem) -> type:
    """The parameters with their meanings as help; the class in the problem's file cannot be asked for its source."""
    entries: list[Any] = []
    for field in dataclasses.fields(problem.params):
        meaning = tyro.conf.arg(help=field.metadata.get("meaning") or "a parameter of the problem")
        entries.append((field.name, Annotated[float, meaning], getattr(problem.params, field.name)))
    return dataclasses.make_dataclass("Parameters", entries, frozen=True)


def _flag_type(value: Any, hint: Any) -> Any:
    """The type of a setting's flags: that of its value, so that each part has flags of its own."""
    if dataclasses.is_dataclass(value):
        return type(value)
    if isinstance(value, tuple) and value and all(map(dataclasses.is_dataclass, value)):
        return tuple[tuple(type(part) for part in value)]  # type: ignore[misc]
    return hint
