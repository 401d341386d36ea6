"""What one step of a process reports."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """What one step of a process reports.

    Args:
        stage: where in the method it is, in words.
        done, total: steps done and planned, for the time that is left.
        losses: each named loss term, before the step.
        values: anything else worth watching: damping, learning rate, front, error.
        logged: whether the step belongs into the history.
        trouble: why the run cannot go on; empty if it can.
    """

    stage: str
    done: int
    total: int
    losses: Mapping[str, float]
    values: Mapping[str, float]
    logged: bool = True
    trouble: str = ""
