"""Named axes, and the box that they span."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """One independent variable of an equation.

    Args:
        name: one letter, because residuals read derivatives by name (``u.xx``).
        low, high: bounds, in ``unit``.
        unit: "1" for a dimensionless axis.
        periodic: the solution at ``high`` continues at ``low``.
        even: the solution is known to be even about the axis' centre; methods may build that in.

    Raises:
        ValueError: a name that is not one letter, bounds that do not increase, ``even`` without ``periodic``.

    Example:
        >>> Axis("x", -1.0, 1.0, periodic=True).length
        2.0
    """

    name: str
    low: float
    high: float
    unit: str = "1"
    periodic: bool = False
    even: bool = False

    def __post_init__(self) -> None:
        if not (len(self.name) == 1 and self.name.isalpha()):
            raise ValueError(
                f"axis name {self.name!r} is not a single letter; derivatives are read by name, as in u.xx"
            )
        if not -math.inf < self.low < self.high < math.inf:  # also refuses NaN
            raise ValueError(
                f"axis {self.name!r}: expected low < high, both finite, given low={self.low}, high={self.high}"
            )
        if self.even and not self.periodic:
            raise ValueError(f"axis {self.name!r}: even=True needs periodic=True")

    @property
    def length(self) -> float:
        return self.high - self.low

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Domain:
    """A box of named axes, in the order in which points carry their columns.

    Args:
        axes: the axes; an evolution equation names its time axis ``t``.

    Raises:
        ValueError: no axes, or a name given twice.
    """

    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        names = [axis.name for axis in self.axes]
        if not names:
            raise ValueError("a domain needs at least one axis")
        if len(set(names)) < len(names):
            raise ValueError(f"axis names must differ, given {names}")

    def __getitem__(self, name: str) -> Axis:
        for axis in self.axes:
            if axis.name == name:
                return axis
        raise KeyError(f"no axis {name!r}; this domain has {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.axes)

    @property
    def time(self) -> Axis | None:
        """The axis named ``t``, or None for a steady problem."""
        return self["t"] if "t" in self.names else None

    @property
    def space(self) -> tuple[Axis, ...]:
        return tuple(axis for axis in self.axes if axis.name != "t")
