"""The complex Ginzburg-Landau equation in the plane: a spot that grows into a turning spiral.

Near zero everything grows, exp(10 t); at |A| = 1 growth ends, and the phase turns at a speed that depends on the size.
Fronts are some 0.02 wide on a torus of side 2.
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

TIMES = np.arange(26) / 25
POINTS = 64
MODES = 64


@dataclass(frozen=True)
class GinzburgLandau(Params):
    diffusivity: float = parameter(0.004, low=0.0, meaning="of both parts")
    growth: float = parameter(10.0, low=0.0, meaning="rate near zero")
    turning: float = parameter(1.5, meaning="how the phase speed depends on the size")


def residual(u, v, p):
    size = u**2 + v**2
    return {
        "real": u.t - p.diffusivity * u.laplacian - p.growth * (u - (u - p.turning * v) * size),
        "imaginary": v.t - p.diffusivity * v.laplacian - p.growth * (v - (v + p.turning * u) * size),
    }


def spot(x, y):
    return 10 * torch.exp(-25 * (x**2 + y**2))


def symbol(kx, ky, p):
    both = p.growth - p.diffusivity * (kx**2 + ky**2)
    return both, both


def solution(p, refinement):
    torus = Torus((2.0, 2.0), (MODES, MODES), real=False)
    kx, ky = torus.wavenumbers
    side = torch.as_tensor(-1 + np.arange(4 * MODES) / (2 * MODES))
    x, y = torch.meshgrid(side, side, indexing="ij")
    start = (spot(x, y) * (y + 1j * x)).numpy()
    a = solve_periodic(
        torus.spectrum(start),
        torus=torus,
        linear=symbol(kx, ky, p)[0],
        nonlinear=torus.pointwise(lambda a: -p.growth * (1 + 1j * p.turning) * np.abs(a) ** 2 * a),
        times=TIMES,
        points=(POINTS, POINTS),
        steps=16 * 2**refinement,
    )
    axis = -1 + 2 * np.arange(POINTS) / POINTS
    values = {"u": (("t", "x", "y"), a.real), "v": (("t", "x", "y"), a.imag)}
    return xr.Dataset(values, coords={"t": TIMES, "x": axis, "y": axis})


problem = PDE(
    name="ginzburg_landau",
    title="Complex Ginzburg-Landau equation",
    equation=r"A_t = \frac{10}{2500} \Delta A + 10 A - (10 + 15 i)\, |A|^2 A, \quad A = u + i v, \quad "
    r"A(0, x, y) = 10 (y + i x)\, e^{-25 (x^2 + y^2)}",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True), Axis("y", -1.0, 1.0, periodic=True))),
    residual=residual,
    conditions=(
        Condition("initial u", "t", 0.0, lambda q, p: q.y * spot(q.x, q.y), quantity=lambda u, v: u.value),
        Condition("initial v", "t", 0.0, lambda q, p: q.x * spot(q.x, q.y), quantity=lambda u, v: v.value),
    ),
    fields=("u", "v"),
    params=GinzburgLandau(),
    reference=Reference(
        "exact", solution, method="ETDRK4 in Fourier space, 127 x 127 modes, step 1/400", order=4, tolerance=1e-6
    ),
    semilinear=Semilinear(symbol),
    published=(
        Published(
            "PirateNet",
            "relative_l2",
            1.49e-2,
            "wang2024piratenets",
            where="Ginzburg-Landau",
            reproduced_by="causal_pinn",
        ),
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(600.0), "paper": Budget(7200.0)},
    citations=("wang2024piratenets",),
    notices=(
        "The University of Pennsylvania claims a patent on causal weights, which causal_pinn uses; "
        "the licence of the authors' code excludes commercial use.",
    ),
)
