"""One method with several seeds, trained in one batch."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from physml.catalog import load
from physml.methods import Method, check_fits
from physml.pinn.ensemble import Ensemble, batchable
from physml.problem import PDE, Problem
from physml.result import Result
from physml.solving import make_config, make_result, recommend
from physml.train import Outcome, Step, Tracker, default_tracker
from physml.train.history import History
from physml.train.interrupt import StopRequest


def solve_seeds(
    problem: Problem | str | Path,
    method: Method | None = None,
    seeds: Sequence[int] = tuple(range(8)),
    *,
    budget: str = "short",
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
    tracker: Tracker | None = None,
) -> list[Result]:
    """Solve a problem by a PINN with each of several seeds, all in one batch.

    Each seed has its own network and its own points, as :func:`physml.solve` with that seed has them, and so its loss
    and its weights, up to round-off. One graph holds them all (``torch.func.vmap``), which pays where a network is too
    small to keep the machine busy.

    Args:
        problem: a problem, or the name or path of one.
        method: a PINN with one time window and phases of Adam; by default what :func:`physml.recommend` gives.
        seeds: of the runs.
        budget: of all seeds together, as in :func:`physml.solve`.
        device, dtype, tracker: as in :func:`physml.solve`; the tracker sees the means over the seeds.

    Returns:
        A result for each seed, with a history of its own. The wall time is that of the whole batch. A seed whose loss
        is not a number leaves the batch, and the others go on.

    Raises:
        ValueError: no seeds, a seed twice, or a method that cannot be batched.
        ProblemError: the problem cannot be solved as it is written.

    Example:
        >>> from physml import pinn
        >>> from physml.train import Quiet
        >>> method = pinn.PINN(pinn.MLP(8, 1), phases=(pinn.Adam(steps=5),), sampling=pinn.Sampling(count=50))
        >>> [result.config["seed"] for result in solve_seeds("heat", method, seeds=(3, 4), tracker=Quiet())]
        [3, 4]
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"needs at least one seed and none of them twice, such as seeds=(0, 1, 2); given {seeds}")
    problem = problem if isinstance(problem, Problem) else load(problem)
    problem.check()
    chosen = batchable(method or recommend(problem, budget))
    check_fits(problem, chosen)
    assert isinstance(problem, PDE)
    config = make_config(problem, chosen, budget=budget, seed=seeds[0], device=device, dtype=dtype)
    begin = {"device": torch.device(config["device"]), "dtype": dtype}
    ensemble = Ensemble([chosen.start(problem, seed=seed, **begin) for seed in seeds])
    reason, seconds, histories = _train(ensemble, config["budget_s"], tracker or default_tracker())
    results = []
    for index, (seed, process, history) in enumerate(zip(seeds, ensemble.processes, histories, strict=True)):
        ended = ensemble.outcomes.get(index, "finished" if process.finished else reason)
        outcome = Outcome(ended, process.done, seconds, history)
        results.append(make_result(problem, process, config | {"seed": seed, "batch": list(seeds)}, outcome))
    return results


def _train(ensemble: Ensemble, seconds: float, tracker: Tracker) -> tuple[str, float, list[list[dict[str, Any]]]]:
    """Step to the end; returns why it ended, the wall time, and the history of each seed."""
    histories = [History(None) for _ in ensemble.processes]
    number, started, reason = 0, time.monotonic(), "finished"
    with StopRequest() as stop, tracker:
        while not ensemble.finished and reason == "finished":
            steps = ensemble.step()
            number, spent = number + 1, time.monotonic() - started
            for index, step in steps.items():
                if step.logged:
                    histories[index].append(number, spent, step)
            if steps:
                tracker.update(number, spent, _mean(list(steps.values())))
            if stop.requested or spent > seconds:
                reason = "interrupted" if stop.requested else "budget spent"
    return reason, time.monotonic() - started, [history.rows for history in histories]


def _mean(steps: Sequence[Step]) -> Step:
    """What a tracker shows: the means over the seeds."""

    def mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
        return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}

    values = mean([step.values for step in steps])
    return dataclasses.replace(steps[0], losses=mean([s.losses for s in steps]), values=values | {"seeds": len(steps)})
