"""Times of alternatives, measured in turn so that all of them see the same machine."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_WARM_UP = 3


def interleaved(alternatives: Mapping[str, Callable[[], Any]], rounds: int = 15) -> dict[str, list[float]]:
    """Time each alternative once a round.

    Args:
        alternatives: by name; each does one unit of work. Compilation happens in the warm-up, which does not count.
        rounds: how many.

    Returns:
        Seconds of each round, by name.
    """
    for work in alternatives.values():
        for _ in range(_WARM_UP):
            work()
    times: dict[str, list[float]] = {name: [] for name in alternatives}
    for _ in range(rounds):
        for name, work in alternatives.items():
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    return times


def ratio(times: Sequence[float], baseline: Sequence[float]) -> float:
    """The median over the rounds of one time over the other; what disturbs both alike drops out."""
    return statistics.median(a / b for a, b in zip(times, baseline, strict=True))
