"""The training loop that every method shares.

Several processes step together and end together; the first one writes files and shows the progress.
"""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from physml.numerics.memory import keep_freed_memory
from physml.optim.processes import process_rank
from physml.train.checkpoint import load_checkpoint, save_checkpoint
from physml.train.history import History
from physml.train.interrupt import StopRequest
from physml.train.processes import in_any, of_first
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
        reason: ``finished``, ``budget spent``, ``interrupted``, ``not a number: <term> at step <n>``, or what the
            process says is wrong.
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
    keep_freed_memory()
    sitting = _Sitting(process, folder, resume=resume)
    with StopRequest() as stop, tracker if tracker and not process_rank() else Quiet() as shown:
        sitting.save()
        reason = _steps(sitting, shown, stop, seconds)
    sitting.history.close()
    return Outcome(reason, sitting.steps, sitting.seconds, sitting.history.rows)


def _steps(sitting: "_Sitting", tracker: Tracker, stop: StopRequest, seconds: float) -> str:
    """Step until an end is reached, and save; returns why it ended."""
    while not sitting.process.finished:
        step = sitting.step()
        bad = _not_a_number(step)
        if bad:
            sitting.process.load_state_dict(sitting.good)
            return f"not a number: {bad} at step {sitting.steps} ({step.stage})"
        if step.logged:
            sitting.history.append(sitting.steps, sitting.seconds, step)
        tracker.update(sitting.steps, sitting.seconds, step)
        interrupted, spent, due = in_any(stop.requested, sitting.seconds > seconds, sitting.is_time_to_save)
        if interrupted or spent or due:
            sitting.keep()
        if step.trouble:
            sitting.keep()
            return step.trouble
        if (interrupted or spent) and not sitting.process.finished:
            return "interrupted" if interrupted else "budget spent"
    sitting.keep()
    return "finished"


class _Sitting:
    """One sitting of a run: its process, its clock over all sittings, and its last good state.

    Args:
        process: what is trained.
        folder: of the run, or None; all processes read it, and the first one writes.
        resume: go on from the folder's checkpoint.
    """

    def __init__(self, process: Process, folder: Path | None, *, resume: bool) -> None:
        self.process, self.folder = process, None if process_rank() else folder
        self.history = History(self.folder)
        self.steps, self.before = 0, 0.0
        logged = 0
        if resume:
            assert folder is not None
            saved = load_checkpoint(folder)
            process.load_state_dict(saved["process"])
            self.steps, self.before, logged = saved["steps"], saved["seconds"], saved["logged"]
        self.history.truncate(logged)
        self.history.rows = of_first(self.history.rows)
        self.good = process.state_dict()
        self.started = self.last_saved = time.monotonic()

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    @property
    def is_time_to_save(self) -> bool:
        return time.monotonic() - self.last_saved > CHECKPOINT_SECONDS

    def step(self) -> Step:
        self.steps += 1
        return self.process.step()

    def keep(self) -> None:
        """Take the present state for the last good one, and save it."""
        self.good = self.process.state_dict()
        self.save()
        self.last_saved = time.monotonic()

    def save(self) -> None:
        if self.folder is not None:
            counters = {"steps": self.steps, "seconds": self.seconds, "logged": len(self.history.rows)}
            save_checkpoint(self.folder, {"process": self.good, **counters})


def _not_a_number(step: Step) -> str:
    return next((name for name, loss in step.losses.items() if not math.isfinite(loss)), "")
