"""Collocation points: scrambled Sobol draws, redrawn where the residual is large."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from physml.problem import Axis

_BEFORE_OTHERS = 1e12  # times as likely as an ordinary point


@dataclass(frozen=True)
class Sampling:
    r"""How collocation points are drawn.

    Args:
        count: points in the interior.
        condition_count: points on the face of each soft condition.
        period: optimiser steps between two draws; 0 keeps the first points.
        candidates: with 2 or more, ``candidates * count`` points are drawn and ``count`` of them kept with
            probability :math:`p \propto |r| / \mathrm{mean}|r| + 1`; with 1, the draw is uniform.
    """

    count: int = 2000
    condition_count: int = 200
    period: int = 10
    candidates: int = 3

    def __post_init__(self) -> None:
        if self.count < 1 or self.condition_count < 1 or self.period < 0 or self.candidates < 1:
            raise ValueError(f"needs count, condition_count, candidates >= 1 and period >= 0; given {self}")


def draw(
    axes: tuple[Axis, ...], count: int, generator: torch.Generator, dtype: torch.dtype
) -> Float[Tensor, "count d"]:
    """Points of a box by a scrambled Sobol sequence, shape (count, d), on the CPU.

    Times cluster at both ends as Chebyshev points do, so that the end of a window is covered; of an even axis, one
    half is drawn.
    """
    seed = int(torch.randint(2**31, (1,), generator=generator))
    unit = torch.quasirandom.SobolEngine(len(axes), scramble=True, seed=seed).draw(count, dtype=torch.float64)
    columns = []
    for axis, fraction in zip(axes, unit.unbind(-1), strict=True):
        if axis.name == "t":
            fraction = torch.sin(fraction * (math.pi / 2)) ** 2
        length = axis.length / 2 if axis.even else axis.length
        columns.append(axis.high - length * (1 - fraction))
    return torch.stack(columns, -1).to(dtype)


def draw_on_face(
    axes: tuple[Axis, ...], name: str, at: float, count: int, generator: torch.Generator, dtype: torch.dtype
) -> Tensor:
    """Points of the face ``name = at`` of a box, shape (count, d); a face that is a point gives one."""
    others = tuple(axis for axis in axes if axis.name != name)
    if not others:
        return torch.tensor([[at]], dtype=dtype)
    free = draw(others, count, generator, dtype)
    column = [axis.name for axis in axes].index(name)
    return torch.cat([free[:, :column], torch.full((count, 1), at, dtype=dtype), free[:, column:]], dim=1)


def keep_where_large(
    points: Float[Tensor, "n d"], residual: Float[Tensor, "n"], count: int, generator: torch.Generator
) -> Float[Tensor, "count d"]:
    """Keep ``count`` of the points (n, d) with probability proportional to |r| / mean|r| + 1; residual (n,).

    Points whose residual is not finite are kept before others, so that training sees them and stops.
    """
    magnitude = residual.abs().cpu()
    finite = magnitude.isfinite()
    mean = magnitude[finite].mean().clamp_min(torch.finfo(magnitude.dtype).tiny) if finite.any() else 1.0
    probability = torch.where(finite, magnitude / mean + 1, _BEFORE_OTHERS)
    return points[torch.multinomial(probability, count, generator=generator).to(points.device)]
