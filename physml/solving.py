"""Solving is a verb: a problem and a method in, a result out; stopped runs go on, saved ones open again."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from physml.catalog import load, recipe
from physml.methods import (
    Method,
    SolvingProcess,
    check_fits,
    default_method,
    method_from_table,
    name_of,
    to_table,
)
from physml.optim.processes import process_rank
from physml.problem import Budget, Problem
from physml.result import Predictor, Result, read_result
from physml.result.provenance import provenance
from physml.result.store import PROBLEM, RUN, read_settings, write_settings
from physml.train import Outcome, Tracker, default_tracker, train
from physml.train.checkpoint import NAME as CHECKPOINT
from physml.train.checkpoint import load_checkpoint
from physml.train.processes import of_first

Config = dict[str, Any]


def solve(
    problem: Problem | str | Path,
    method: Method | None = None,
    *,
    budget: str = "short",
    seed: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
    tracker: Tracker | None = None,
    output: str | Path | None = None,
) -> Result:
    """Solve a problem by a method.

    Args:
        problem: a problem, or the name or path of one.
        method: such as ``CausalPINN()``; by default what :func:`recommend` gives.
        budget: ``"smoke"``, ``"short"``, ``"paper"``, or a wall time such as ``"90s"``, ``"10min"``, ``"1h"``.
        seed: of every random draw.
        device, dtype: of networks and points. Second-order optimisers need float64.
        tracker: what shows the progress: a live table in a terminal, plain lines in a pipe, nothing in a notebook.
        output: folder for checkpoints, history and the saved result; None keeps everything in memory.

    Returns:
        The result; on Ctrl-C and on a spent budget, what has been reached.

    Raises:
        ProblemError: the problem cannot be solved as it is written.
        MethodError: the method is for another kind of problem.
        ValueError: an unknown budget, or a device that this machine lacks.
        FileExistsError: ``output`` holds a run already.

    Example:
        >>> from physml import pinn
        >>> from physml.train import Quiet
        >>> method = pinn.PINN(phases=(pinn.LevenbergMarquardt(steps=15),))
        >>> solve("heat", method, tracker=Quiet()).metrics["relative_l2"] < 1e-3
        True
    """
    problem = problem if isinstance(problem, Problem) else load(problem)
    problem.check()
    method = method or recommend(problem, budget)
    check_fits(problem, method)
    config = make_config(problem, method, budget=budget, seed=seed, device=device, dtype=dtype)
    folder = Path(output) if output is not None else None
    if of_first(folder is not None and (folder / RUN).exists()):
        raise FileExistsError(
            f"{folder} holds a run already; physml resume {folder} goes on with it, or give another output"
        )
    return _run(problem, method, config, folder, tracker, resume=False)


def resume(
    folder: str | Path,
    *,
    problem: Problem | None = None,
    budget: str | None = None,
    tracker: Tracker | None = None,
) -> Result:
    """Go on with a run exactly where its last checkpoint is; from the beginning if it has none yet.

    Args:
        folder: of a run that was started with ``output``.
        problem: for a problem that was made in Python and has no file.
        budget: a new budget, counted over all sittings.
        tracker: as in :func:`solve`.

    Raises:
        FileNotFoundError: no run in the folder.
        ValueError: the budget is spent, the checkpoint damaged, or the problem not the one of the run.
    """
    folder = Path(folder)
    config, problem = _reopen(folder, problem)
    if budget is not None:
        config |= {"budget": budget, "budget_s": _seconds(problem, budget)}
    begun = (folder / CHECKPOINT).exists()
    spent = load_checkpoint(folder)["seconds"] if begun else 0.0
    if spent >= config["budget_s"]:
        raise ValueError(
            f"the run has spent {spent:.0f} s of its {config['budget_s']:.0f} s; give a larger --budget, such as 1h"
        )
    return _run(problem, _method(config), config, folder, tracker, resume=begun)


def open_run(folder: str | Path, problem: Problem | None = None) -> Result:
    """Read the result of a run folder, with its networks ready to predict on the CPU.

    Raises:
        FileNotFoundError: no run in the folder, or one that has not ended.
        ValueError: ``problem`` is not the one of the run.
    """
    folder = Path(folder)
    config, problem = _reopen(folder, problem)

    def rebuild(weights: dict[str, Tensor]) -> Predictor:
        return _start(problem, _method(config), config | {"device": "cpu"}).restore(weights)

    return read_result(folder, problem, rebuild)


def make_config(
    problem: Problem, method: Method, *, budget: str, seed: int, device: str | torch.device, dtype: torch.dtype
) -> Config:
    """All that a run is determined by, as its folder keeps it.

    Raises:
        ValueError: an unknown budget, or a device that this machine lacks.
    """
    return {
        "problem": problem.name,
        **to_table(problem.frame),
        "params": dataclasses.asdict(problem.params),
        "method": name_of(method),
        "settings": to_table(method),
        "budget": budget,
        "budget_s": _seconds(problem, budget),
        "seed": seed,
        "device": str(_device(device)),
        "dtype": str(dtype).removeprefix("torch."),
    }


def recommend(problem: Problem, budget: str = "short", method: str = "") -> Method:
    """What the problem's TOML file recommends, method and settings; else a causal PINN, plain for steady problems.

    Args:
        problem: what to solve.
        budget: of that name, or a wall time: then the settings of the smallest named budget that reaches it.
        method: settings for this method only.
    """
    name, table = recipe(problem, _named(problem, budget), method)
    return method_from_table(name or default_method(problem), table)


def _named(problem: Problem, budget: str) -> str:
    if budget in problem.budgets:
        return budget
    seconds = Budget.parse(budget).seconds
    enough = {name: b.seconds for name, b in problem.budgets.items() if b.seconds >= seconds}
    return min(enough, key=lambda name: enough[name], default="paper")


def _seconds(problem: Problem, budget: str) -> float:
    return problem.budgets[budget].seconds if budget in problem.budgets else Budget.parse(budget).seconds


def _device(device: str | torch.device) -> torch.device:
    device = torch.device(device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device {str(device)!r} was asked for, but torch finds no GPU here; use device 'cpu'")
    return device


def _check_precision(device: torch.device, dtype: torch.dtype) -> None:
    if device.type == "cuda" and dtype == torch.float32 and torch.get_float32_matmul_precision() != "highest":
        warnings.warn(
            "matrix products are rounded to TF32 or less, which residuals do not survive; "
            "call torch.set_float32_matmul_precision('highest')",
            stacklevel=3,
        )


def _method(config: Config) -> Method:
    return method_from_table(config["method"], config["settings"])


def _start(problem: Problem, method: Method, config: Config) -> SolvingProcess:
    dtype, device = getattr(torch, config["dtype"]), _device(config["device"])
    _check_precision(device, dtype)
    return method.start(problem, seed=config["seed"], device=device, dtype=dtype)


def _reopen(folder: Path, problem: Problem | None) -> tuple[Config, Problem]:
    config = read_settings(folder)
    if problem is None:
        if not (folder / PROBLEM).is_file():
            raise ValueError(
                f"{folder}: its problem was made in Python; pass it, as in physml.resume({str(folder)!r}, problem=...)"
            )
        problem = load(folder / PROBLEM)
    problem = problem.replace(**config["params"])
    for name, value in to_table(problem.frame).items():
        if config[name] != value:
            raise ValueError(f"{folder} solved {config['problem']} with other {name} than the problem given has")
    return config, problem


def _run(
    problem: Problem, method: Method, config: Config, folder: Path | None, tracker: Tracker | None, *, resume: bool
) -> Result:
    process = _start(problem, method, config)
    if folder is not None and not process_rank():
        write_settings(folder, config, problem)
    outcome = train(
        process, folder=folder, tracker=tracker or default_tracker(), seconds=config["budget_s"], resume=resume
    )
    result = make_result(problem, process, config, outcome)
    if folder is not None and not process_rank():
        result.save(folder)
    return result


def make_result(problem: Problem, process: SolvingProcess, config: Config, outcome: Outcome) -> Result:
    """The result of a process that has been trained."""
    findings = process.findings()
    return Result(
        problem=problem,
        data=findings.data,
        history=outcome.history,
        config=config,
        provenance=provenance(_device(config["device"]), getattr(torch, config["dtype"]), outcome.seconds),
        metrics=findings.metrics,
        weights=findings.weights,
        outcome=outcome.reason,
        solution=findings.solution,
    )
