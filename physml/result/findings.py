"""What a method hands over when its run has ended; :func:`physml.solve` makes a ``Result`` of it."""

from dataclasses import dataclass

import xarray as xr
from torch import Tensor

from physml.result.result import Predictor


@dataclass(frozen=True)
class Findings:
    """The yield of a run; the fields are those of :class:`physml.result.Result`."""

    data: xr.Dataset
    metrics: dict[str, float]
    weights: dict[str, Tensor]
    solution: Predictor
