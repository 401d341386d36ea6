"""Find out which derivatives a residual needs by running it once."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from physml.diff.field import Field, Points


class RecordingField(Field):
    """A field that remembers the derivatives read off it and answers with made-up numbers."""

    def __init__(self, name: str, points: Points, generator: torch.Generator) -> None:
        super().__init__(name, {}, points)
        self.generator = generator
        self.needed: dict[str, Tensor] = {}

    def derivative(self, name: str) -> Tensor:
        if name not in self.needed:
            shape, dtype = self.points.tensor.shape[:-1], self.points.tensor.dtype
            self.needed[name] = torch.rand(shape, generator=self.generator, dtype=dtype) + 0.5
        return self.needed[name]


def trace(function: Callable[..., Any], fields: Sequence[str], points: Points) -> tuple[Any, dict[str, set[str]]]:
    """Run ``function(*fields)`` on made-up numbers.

    Args:
        function: of one Field per name in ``fields``.
        fields: names of the unknowns.
        points: where to evaluate; their coordinates are real.

    Returns:
        What the function returned, and for each field the derivatives it needs (``""`` is the value).
    """
    generator = torch.Generator().manual_seed(0)
    recorders = [RecordingField(name, points, generator) for name in fields]
    output = function(*recorders)
    return output, {recorder.name: set(recorder.needed) for recorder in recorders}
