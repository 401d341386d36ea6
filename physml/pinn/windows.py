"""Time marching: windows of a length that is given, or found while they are solved."""

import dataclasses
import itertools
import math
from dataclasses import dataclass
from typing import Any

from physml.problem import PDE, Axis


@dataclass(frozen=True)
class Windows:
    """Time windows, solved one after the other.

    Args:
        count: how many.
        ratio: length of a window over the length of the one before.
        warm_start: begin with the network of the window before, else with a fresh one.
    """

    count: int = 1
    ratio: float = 1.0
    warm_start: bool = True

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 < self.ratio < math.inf:
            raise ValueError(f"windows need count >= 1 and ratio > 0, given count={self.count}, ratio={self.ratio}")

    def edges(self, axis: Axis) -> list[float]:
        """The count + 1 edges on a time axis.

        Raises:
            ValueError: a window would have no length.
        """
        lengths = [self.ratio**i for i in range(self.count)]
        sums = [0.0, *itertools.accumulate(lengths)]
        edges = [*(axis.low + axis.length * s / sums[-1] for s in sums[:-1]), axis.high]
        if any(start >= end for start, end in itertools.pairwise(edges)):
            raise ValueError(f"with ratio={self.ratio}, some of count={self.count} windows have no length")
        return edges


@dataclass(frozen=True)
class AdaptiveWindows:
    """Time windows that shrink until causal weights certify them, and grow where they do.

    A window is certified when every weight is above delta at the last epsilon, on points that were not trained on. One
    that is not when its steps are spent is solved again, shorter; what was certified before it stays.

    Args:
        first: length of the first window, as a part of the whole time, as are the next two.
        smallest: a window that would be shorter ends the run.
        largest: no window is longer.
        grow, shrink: what the length is multiplied by after a window that is certified at once, or is not.
        warm_start: as in :class:`Windows`.

    Raises:
        ValueError: a setting outside its range.
    """

    first: float = 0.02
    smallest: float = 1e-4
    largest: float = 1.0
    grow: float = 1.3
    shrink: float = 0.5
    warm_start: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.smallest <= self.first <= self.largest <= 1:
            raise ValueError(f"windows need 0 < smallest <= first <= largest <= 1, parts of the time; given {self}")
        if not (self.grow >= 1 and 0 < self.shrink < 1):
            raise ValueError(f"windows need grow >= 1 and shrink in (0, 1), given {self.grow} and {self.shrink}")


AnyWindows = Windows | AdaptiveWindows


class Marching:
    """Where the windows are: ``edges`` of all that have been opened.

    Args:
        settings: their lengths.
        time: the axis; None for a steady problem, which has one window.
    """

    def __init__(self, settings: AnyWindows, time: Axis | None) -> None:
        self.settings, self.time = settings, time
        self.edges = [time.low if time else 0.0]
        self.length = settings.first if isinstance(settings, AdaptiveWindows) else 0.0
        self.shortened = False

    @property
    def adaptive(self) -> bool:
        return isinstance(self.settings, AdaptiveWindows)

    @property
    def finished(self) -> bool:
        """The last window ends where time does."""
        return len(self.edges) > 1 and (self.time is None or self.edges[-1] == self.time.high)

    def open(self) -> None:
        """The next window."""
        self.edges.append(self._next_edge())

    def _next_edge(self) -> float:
        if self.time is None:
            return 0.0
        if isinstance(self.settings, Windows):
            return self.settings.edges(self.time)[len(self.edges)]
        left = (self.time.high - self.edges[-1]) / self.time.length
        count = math.ceil(left / self.length - 1e-9)  # as many of one length as reach the end
        return self.time.high if count == 1 else self.edges[-1] + self.time.length * left / count

    def accept(self) -> None:
        """The window is certified: the next one may be longer, unless this one had to be shortened."""
        if isinstance(self.settings, AdaptiveWindows) and not self.shortened:
            self.length = min(self.length * self.settings.grow, self.settings.largest)
        self.shortened = False

    def refuse(self) -> bool:
        """Forget the window, which is not certified: the next one is shorter; False if it would be too short."""
        assert isinstance(self.settings, AdaptiveWindows)
        end, self.shortened = self.edges.pop(), True
        self.length = self.settings.shrink * (end - self.edges[-1]) / (self.time.length if self.time else 1.0)
        return self.length >= self.settings.smallest

    @property
    def left(self) -> int:
        """How many more windows there will be, if they stay as long as they are."""
        if isinstance(self.settings, Windows):
            return self.settings.count + 1 - len(self.edges)
        assert self.time is not None
        return math.ceil((self.time.high - self.edges[-1]) / (self.length * self.time.length) - 1e-9)

    @property
    def name(self) -> str:
        """Of the window that is open, as a stage begins with it; "" if there is but one."""
        number = len(self.edges) - 1
        if isinstance(self.settings, Windows):
            return f"window {number}/{self.settings.count}" if self.settings.count > 1 else ""
        return f"window {number}, t = {self.edges[-2]:.4g} to {self.edges[-1]:.4g}"

    def state_dict(self) -> dict[str, Any]:
        return {"edges": list(self.edges), "length": self.length, "shortened": self.shortened}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.edges, self.length, self.shortened = list(state["edges"]), state["length"], state["shortened"]


def window_axes(problem: PDE, start: float, end: float) -> tuple[Axis, ...]:
    """The problem's axes, with time cut to a window."""
    return tuple(
        dataclasses.replace(axis, low=start, high=end) if axis.name == "t" else axis for axis in problem.domain.axes
    )
