"""Collocation points: Sobol, uniform or on a grid, redrawn where the residual is large."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from physml.problem import Axis

Pattern = Literal["sobol", "uniform", "grid"]

_BEFORE_OTHERS = 1e12  # times as likely as an ordinary point
_LEAST_LIKELY = 1e-12  # so that without an offset there are always enough points to keep


@dataclass(frozen=True)
class Sampling:
    r"""How collocation points are drawn.

    With ``candidates`` of 2 or more, so many times ``count`` points are drawn, and ``count`` of them kept with
    probability :math:`p \propto |r|^k / \mathrm{mean}(|r|^k) + c` (RAD, wu2023sampling).

    Args:
        count: points in the interior.
        condition_count: points of each soft condition, over all its faces.
        period: optimiser steps between two draws; 0 keeps the first points.
        candidates: times as many points as are kept; with 1, all are.
        exponent: k; larger ones keep more points where the residual is large.
        offset: c; larger ones keep points more evenly.
        causal: multiply :math:`|r|^k` by the causal weight of its time slice, so that points gather where the gate is
            open (lin2024causality).
        points: a scrambled Sobol sequence, independent uniform draws, or the largest tensor grid of at most ``count``
            points whose axes have equal numbers of points or numbers that differ by one.
        clustered: times cluster at both ends as Chebyshev points do, so that the end of a window is covered.

    Raises:
        ValueError: a setting outside its range.
    """

    count: int = 2000
    condition_count: int = 200
    period: int = 10
    candidates: int = 3
    exponent: float = 1.0
    offset: float = 1.0
    causal: bool = False
    points: Pattern = "sobol"
    clustered: bool = True

    def __post_init__(self) -> None:
        if self.count < 1 or self.condition_count < 1 or self.period < 0 or self.candidates < 1:
            raise ValueError(f"needs count, condition_count, candidates >= 1 and period >= 0; given {self}")
        if not (0 < self.exponent < math.inf and 0 <= self.offset < math.inf):
            raise ValueError(f"needs exponent > 0 and offset >= 0, given {self.exponent} and {self.offset}")
        if self.causal and self.candidates == 1:
            raise ValueError("causal weights choose among candidates; give candidates >= 2, such as 3")

    def fewest(self, dimensions: int) -> int:
        """How many points there are at least: ``count``, or on a grid those that fit."""
        return math.prod(grid_shape(self.count, dimensions)) if self.points == "grid" else self.count


def draw(
    axes: tuple[Axis, ...],
    count: int,
    generator: torch.Generator,
    dtype: torch.dtype,
    settings: Sampling = Sampling(),
) -> Float[Tensor, "n d"]:
    """Points of a box, shape (count, d), on the CPU; a grid may have fewer. Of an even axis, one half is drawn."""
    columns = []
    for axis, fraction in zip(axes, _fractions(axes, count, generator, settings.points).unbind(-1), strict=True):
        if axis.name == "t" and settings.clustered:
            fraction = torch.sin(fraction * (math.pi / 2)) ** 2
        length = axis.length / 2 if axis.even else axis.length
        columns.append(axis.high - length * (1 - fraction))
    return torch.stack(columns, -1).to(dtype)


def _fractions(axes: tuple[Axis, ...], count: int, generator: torch.Generator, points: Pattern) -> Tensor:
    """Points of the unit cube, shape (n, d)."""
    if points == "grid":
        grids = [_steps(axis, n) for axis, n in zip(axes, grid_shape(count, len(axes)), strict=True)]
        return torch.stack([m.flatten() for m in torch.meshgrid(*grids, indexing="ij")], -1)
    if points == "uniform":
        return torch.rand(count, len(axes), generator=generator, dtype=torch.float64)
    seed = int(torch.randint(2**31, (1,), generator=generator))
    return torch.quasirandom.SobolEngine(len(axes), scramble=True, seed=seed).draw(count, dtype=torch.float64)


def grid_shape(count: int, dimensions: int) -> tuple[int, ...]:
    """Points per axis of the largest grid of at most ``count`` points whose numbers differ by one at most.

    Example:
        >>> grid_shape(1000, 3), grid_shape(35, 2)
        ((10, 10, 10), (6, 5))
    """
    side = 1
    while (side + 1) ** dimensions <= count:
        side += 1
    longer = 0
    while (side + 1) ** (longer + 1) * side ** (dimensions - longer - 1) <= count:
        longer += 1
    return (side + 1,) * longer + (side,) * (dimensions - longer)


def _steps(axis: Axis, count: int) -> Tensor:
    """Even steps over the unit interval, both ends included; of a whole period, one end."""
    if count == 1:
        return torch.full((1,), 0.5, dtype=torch.float64)
    whole_period = axis.periodic and not axis.even
    return torch.arange(count, dtype=torch.float64) / (count if whole_period else count - 1)


def draw_on_faces(
    axes: tuple[Axis, ...],
    faces: Sequence[tuple[str, float]],
    count: int,
    generator: torch.Generator,
    dtype: torch.dtype,
    settings: Sampling = Sampling(),
) -> Float[Tensor, "n d"]:
    """Points spread evenly over faces ``name = at`` of a box, at least one on each; a face may be a point."""
    if len(axes) == 1:
        return torch.tensor([[at] for _, at in faces], dtype=dtype)
    if len(faces) == 1 or settings.points == "grid":
        share = max(1, count // len(faces))
        return torch.cat([_on_face(axes, face, share, generator, dtype, settings) for face in faces])
    counts = _shares(count, len(faces), generator)
    drawn = draw(axes, int(counts.sum()), generator, dtype, settings)  # one sequence for all faces
    names = [axis.name for axis in axes]
    for part, (name, at) in zip(drawn.split(counts.tolist()), faces, strict=True):
        part[:, names.index(name)] = at
    return drawn


def _shares(count: int, faces: int, generator: torch.Generator) -> Tensor:
    """How many of the points each face gets: as many on each, the rest on faces that are drawn."""
    shares = torch.full((faces,), max(1, count // faces))
    if count > faces:
        shares[torch.randperm(faces, generator=generator)[: count % faces]] += 1
    return shares


def _on_face(
    axes: tuple[Axis, ...],
    face: tuple[str, float],
    count: int,
    generator: torch.Generator,
    dtype: torch.dtype,
    settings: Sampling,
) -> Tensor:
    name, at = face
    free = draw(tuple(axis for axis in axes if axis.name != name), count, generator, dtype, settings)
    column = [axis.name for axis in axes].index(name)
    return torch.cat([free[:, :column], torch.full_like(free[:, :1], at), free[:, column:]], dim=1)


def keep_where_large(
    points: Float[Tensor, "n d"],
    residual: Float[Tensor, "n"],
    count: int,
    generator: torch.Generator,
    settings: Sampling = Sampling(),
    weights: Float[Tensor, "n"] | None = None,
) -> Float[Tensor, "count d"]:
    """Keep ``count`` of the points (n, d), as :class:`Sampling` says; the weights multiply :math:`|r|^k`.

    Points whose residual is not finite are kept before others, so that training sees them and stops.
    """
    sizes = residual.abs() ** settings.exponent
    sizes = (sizes if weights is None else sizes * weights).cpu()
    finite = sizes.isfinite()
    mean = sizes[finite].mean().clamp_min(torch.finfo(sizes.dtype).tiny) if finite.any() else 1.0
    likely = (sizes / mean + settings.offset).clamp_min(_LEAST_LIKELY)
    probability = torch.where(finite, likely, _BEFORE_OTHERS)
    return points[torch.multinomial(probability, min(count, len(points)), generator=generator).to(points.device)]
