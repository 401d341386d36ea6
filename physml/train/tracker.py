"""Trackers: what a person sees of a run while it goes on."""

import sys
import time
from typing import Any, Protocol, runtime_checkable

from rich.console import Console
from rich.live import Live
from rich.table import Table

from physml.train.step import Step


@runtime_checkable
class Tracker(Protocol):
    """Entered when training starts, updated after each step, left when it ends."""

    def __enter__(self) -> "Tracker": ...

    def __exit__(self, *details: object) -> None: ...

    def update(self, number: int, seconds: float, step: Step) -> None: ...


_TOO_EARLY = 5  # steps, the first of which also make ready


class Quiet:
    """Shows nothing."""

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(self, *details: object) -> None:
        return None

    def update(self, number: int, seconds: float, step: Step) -> None:
        return None


class PlainLines(Quiet):
    """A line every few seconds and at each new stage, for logs and pipes.

    Args:
        every: seconds between two lines.
    """

    def __init__(self, every: float = 5.0) -> None:
        self.every = every
        self._last, self._stage = 0.0, ""

    def update(self, number: int, seconds: float, step: Step) -> None:
        now = time.monotonic()
        if now - self._last < self.every and step.stage == self._stage:
            return
        self._last, self._stage = now, step.stage
        terms = "  ".join(f"{name} {value:.2e}" for name, value in {**step.losses, **step.values}.items())
        print(f"[{seconds:7.1f} s] step {number}  {step.stage}  {terms}  {_time_left(seconds, step)}", flush=True)


class LiveTable(Quiet):
    """A table in the terminal: each loss term, each value, the stage and the time that is left."""

    def __init__(self) -> None:
        self._live = Live(console=Console(), refresh_per_second=5, transient=True)
        self._last = 0.0

    def __enter__(self) -> "LiveTable":
        self._live.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._live.__exit__(*details)

    def update(self, number: int, seconds: float, step: Step) -> None:
        if time.monotonic() - self._last < 0.1:
            return
        self._last = time.monotonic()
        table = Table(title=f"{step.stage} · step {number} · {seconds:.0f} s · {_time_left(seconds, step)}")
        table.add_column("loss term")
        table.add_column("mean square", justify="right")
        table.add_column("value")
        table.add_column("", justify="right")
        losses, values = list(step.losses.items()), list(step.values.items())
        for i in range(max(len(losses), len(values))):
            left = (losses[i][0], f"{losses[i][1]:.3e}") if i < len(losses) else ("", "")
            right = (values[i][0], f"{values[i][1]:.3e}") if i < len(values) else ("", "")
            table.add_row(*left, *right)
        self._live.update(table)


def default_tracker() -> Tracker:
    """A live table in a terminal, plain lines elsewhere, nothing in a notebook's kernel."""
    if "ipykernel" in sys.modules:
        return Quiet()
    return LiveTable() if sys.stdout.isatty() else PlainLines()


def _time_left(seconds: float, step: Step) -> str:
    if step.done < _TOO_EARLY:
        return ""
    left = seconds * (step.total - step.done) / step.done
    return f"at most {left:.0f} s left"
