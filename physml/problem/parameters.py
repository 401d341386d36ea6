"""Frozen parameters with ranges, units and meanings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


def parameter(
    default: float, *, low: float = float("-inf"), high: float = float("inf"), unit: str = "1", meaning: str = ""
) -> Any:
    """A field of a ``Params`` class: its default, allowed range, unit and meaning.

    Example:
        >>> @dataclass(frozen=True)
        ... class Heat(Params):
        ...     diffusivity: float = parameter(0.1, low=0.0, meaning="thermal diffusivity")
        >>> Heat().diffusivity
        0.1
    """
    return dataclasses.field(default=default, metadata={"low": low, "high": high, "unit": unit, "meaning": meaning})


@dataclass(frozen=True)
class Params:
    """Base of a problem's parameters: subclass it with fields made by :func:`parameter`.

    Change a value with :func:`dataclasses.replace`; the range is checked each time.

    Raises:
        ValueError: a value outside its range, or not a number.
    """

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            low, high = field.metadata.get("low", float("-inf")), field.metadata.get("high", float("inf"))
            value = getattr(self, field.name)
            if not low <= value <= high:
                raise ValueError(f"parameter {field.name} = {value} is outside its range [{low}, {high}]")
