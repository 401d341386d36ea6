"""The training loop that every method shares."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from physml.train.checkpoint import load_checkpoint, save_checkpoint
from physml.train.history import History
from physml.train.interrupt import StopRequest
from physml.train.step import Step
from physml.train.tracker import Quiet, Tracker

CHECKPOINT_SECONDS = 10.0


@runtime_checkable
class Process(Protocol):
    """What the loop trains."""

    @property
    def finished(self) -> bool: ...

    def step(self) -> Step: ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next steps depend on: weights, optimiser, generators, points, counters."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        reason: ``finished``, ``budget spent``, ``interrupted`` or ``not a number: <term> at step <n>``.
        steps: steps done.
        seconds: wall time, over all sittings.
        history: the logged steps.
    """

    reason: str
    steps: int
    seconds: float
    history: list[dict[str, Any]]


def train(
    process: Process,
    *,
    folder: Path | None = None,
    tracker: Tracker | None = None,
    seconds: float = math.inf,
    resume: bool = False,
) -> Outcome:
    """Run a process to its end.

    Args:
        process: what to train; stepped in place.
        folder: for the checkpoint and the history; None keeps nothing on disk.
        tracker: what shows the progress.
        seconds: the budget of wall time, over all sittings.
        resume: go on from the folder's checkpoint.

    Returns:
        The outcome. On Ctrl-C and on a spent budget, the state is saved first. After a loss that is not a number, the
        process is put back to its last good state.

    Raises:
        FileNotFoundError: ``resume`` without a checkpoint.
    """
    tracker = tracker or Quiet()
    history = History(folder)
    steps, before = 0, 0.0
    if resume:
        assert folder is not None
        saved = load_checkpoint(folder)
        process.load_state_dict(saved["process"])
        steps, before = saved["steps"], saved["seconds"]
        history.truncate(saved["logged"])
    else:
        history.truncate(0)
    good = process.state_dict()
    started = last_saved = time.monotonic()
    reason = "finished"

    def spent() -> float:
        return before + time.monotonic() - started

    def save() -> None:
        if folder is not None:
            save_checkpoint(folder, {"process": good, "steps": steps, "seconds": spent(), "logged": len(history.rows)})

    with StopRequest() as stop, tracker:
        save()
        while not process.finished:
            step = process.step()
            steps += 1
            bad = _not_a_number(step)
            if bad:
                process.load_state_dict(good)
                reason = f"not a number: {bad} at step {steps} ({step.stage})"
                break
            if step.logged:
                history.append(steps, spent(), step)
            tracker.update(steps, spent(), step)
            ends = stop.requested or spent() > seconds
            if ends or time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                good = process.state_dict()
                save()
                last_saved = time.monotonic()
            if ends and not process.finished:
                reason = "interrupted" if stop.requested else "budget spent"
                break
        else:
            good = process.state_dict()
            save()
    history.close()
    return Outcome(reason, steps, spent(), history.rows)


def _not_a_number(step: Step) -> str:
    return next((name for name, loss in step.losses.items() if not math.isfinite(loss)), "")
