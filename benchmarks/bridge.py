"""Schrödinger bridges: the static problem between two clouds by alternatives that end at the same marginal error.

Clouds of two Gaussian laws in the plane and a Brownian reference. POT stops where the L2 error of the columns is within
the tolerance; physml where the L1 error of rows and columns is, which is never the smaller one.
"""

from collections.abc import Callable
from typing import Any

import ot
import torch

from physml.bench import Benchmark, Comparison
from physml.numerics import sinkhorn_log

TOLERANCE = 1e-8
REGULARISATION = 0.5  # with a fifth of it, POT needs ten times as many rounds, up to ten thousand


def clouds(points: int) -> torch.Tensor:
    """The squared distances between two clouds."""
    generator = torch.Generator().manual_seed(points)
    x, y = torch.randn(2, points, 2, generator=generator, dtype=torch.float64)
    return torch.cdist(x, y + 1) ** 2


def alternatives(points: int) -> dict[str, Callable[[], Any]]:
    squares = clouds(points)
    weights = torch.full((points,), 1 / points, dtype=torch.float64)

    def by_pot() -> Any:
        settings = {"method": "sinkhorn_log", "stopThr": TOLERANCE, "numItermax": 10_000}
        return ot.sinkhorn(weights.numpy(), weights.numpy(), squares.numpy(), REGULARISATION, **settings)

    def by_physml(relaxation: float | None) -> Callable[[], Any]:
        return lambda: sinkhorn_log(squares / REGULARISATION, tolerance=TOLERANCE, relaxation=relaxation).plan()

    return {
        "POT, sinkhorn_log": by_pot,
        "physml, plain rounds": by_physml(1.0),
        "physml": by_physml(None),
    }


SINKHORN = tuple(
    Comparison(f"Sinkhorn, {points} x {points} points", lambda points=points: alternatives(points), rounds=3)
    for points in (200, 500, 1000, 2000)
)

benchmark = Benchmark("Schrödinger bridges", SINKHORN)
