"""The Gray-Scott system in the plane: a substance that feeds on another, and spots that divide.

v is made where it is, out of u, at a rate of up to some hundreds, and dies as fast; u is fed everywhere. Fronts are
some 0.03 wide on a torus of side 2. The two bumps of the start are summed over their images, which makes them periodic,
and changes them by 1e-4 at the edges.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.numerics import Torus, solve_periodic
from physml.problem import (
    PDE,
    Axis,
    Budget,
    Condition,
    Domain,
    Params,
    Published,
    Reference,
    Semilinear,
    parameter,
)

TIMES = np.arange(41) / 20
POINTS = 64
MODES = 48


@dataclass(frozen=True)
class GrayScott(Params):
    diffusivity_u: float = parameter(0.2, low=0.0, meaning="of what feeds")
    diffusivity_v: float = parameter(0.1, low=0.0, meaning="of what is fed")
    feed: float = parameter(40.0, low=0.0, meaning="rate at which u returns to 1")
    decay: float = parameter(100.0, low=0.0, meaning="rate at which v dies")
    reaction: float = parameter(1000.0, low=0.0, meaning="rate at which v is made out of u")


def residual(u, v, p):
    made = p.reaction * u * v**2
    return {
        "u": u.t - p.diffusivity_u * u.laplacian - p.feed * (1 - u) + made,
        "v": v.t - p.diffusivity_v * v.laplacian + p.decay * v - made,
    }


def bump(x, y, at_x, at_y):
    """exp(-10 r^2) around a place, and its images one side further in each direction."""
    return ring(x - at_x) * ring(y - at_y)


def ring(offset):
    return sum(torch.exp(-10 * (offset + 2 * image) ** 2) for image in (-1, 0, 1))


def hole(points, p):
    return 1 - bump(points.x, points.y, -0.05, -0.02)


def spot(points, p):
    return bump(points.x, points.y, 0.05, 0.02)


def symbol(kx, ky, p):
    square = kx**2 + ky**2
    return -p.diffusivity_u * square - p.feed, -p.diffusivity_v * square - p.decay


def solution(p, refinement):
    torus = Torus((2.0, 2.0), (MODES, MODES))
    side = torch.as_tensor(-1 + np.arange(4 * MODES) / (2 * MODES))
    x, y = torch.meshgrid(side, side, indexing="ij")
    start = [1 - bump(x, y, -0.05, -0.02), bump(x, y, 0.05, 0.02)]
    react = torus.pointwise(lambda c: np.stack([p.feed - p.reaction * c[0] * c[1] ** 2, p.reaction * c[0] * c[1] ** 2]))
    found = solve_periodic(
        torus.spectrum(torch.stack(start).numpy()),
        torus=torus,
        linear=np.stack([s + 0 * sum(torus.wavenumbers) for s in symbol(*torus.wavenumbers, p)]),
        nonlinear=react,
        times=TIMES,
        points=(POINTS, POINTS),
        steps=50 * 2**refinement,
    )
    axis = -1 + 2 * np.arange(POINTS) / POINTS
    values = {name: (("t", "x", "y"), found[:, i]) for i, name in enumerate("uv")}
    return xr.Dataset(values, coords={"t": TIMES, "x": axis, "y": axis})


problem = PDE(
    name="gray_scott",
    title="Gray-Scott system",
    equation=r"u_t = 0.2 \Delta u + 40 (1 - u) - 1000\, u v^2, \quad v_t = 0.1 \Delta v - 100 v + 1000\, u v^2",
    domain=Domain((Axis("t", 0.0, 2.0), Axis("x", -1.0, 1.0, periodic=True), Axis("y", -1.0, 1.0, periodic=True))),
    residual=residual,
    conditions=(
        Condition("initial u", "t", 0.0, hole, quantity=lambda u, v: u.value),
        Condition("initial v", "t", 0.0, spot, quantity=lambda u, v: v.value),
    ),
    fields=("u", "v"),
    params=GrayScott(),
    reference=Reference(
        "exact", solution, method="ETDRK4 in Fourier space, 95 x 95 modes, step 1/1000", order=4, tolerance=3e-5
    ),
    semilinear=Semilinear(symbol),
    published=(
        Published(
            "PirateNet", "relative_l2", 3.61e-3, "wang2024piratenets", where="Gray-Scott", reproduced_by="causal_pinn"
        ),
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(600.0), "paper": Budget(7200.0)},
    citations=("wang2024piratenets",),
    notices=(
        "The University of Pennsylvania claims a patent on causal weights, which causal_pinn uses; "
        "the licence of the authors' code excludes commercial use.",
    ),
)
