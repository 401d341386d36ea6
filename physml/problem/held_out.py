"""Samples that a forecast is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class HeldOut:
    """The samples that follow the one trajectory of a problem's data; no method is fitted to them.

    Args:
        samples: ``samples(p, seed)`` to (T, d), from the one after the data's last on.
        leads: forecasts are 1, ..., leads samples ahead.
        season: samples in a season, 1 if there is none. Climatology is the mean of the data's samples at the same place
            of the season; persistence repeats the last season before the forecast.

    Raises:
        ValueError: leads or season < 1.
    """

    samples: Callable[[Any, int], Tensor]
    leads: int = 12
    season: int = 1

    def __post_init__(self) -> None:
        if self.leads < 1 or self.season < 1:
            raise ValueError(f"leads is {self.leads} and season {self.season}; expected integers >= 1")
