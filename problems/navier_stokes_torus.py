"""Decaying turbulence on a torus: vortices that stir, merge and fade, at Reynolds number 100.

The unknown is the stream function, so that the flow is free of divergence whatever a network says; velocities and
vorticity are derived from it. The start is white noise, filtered to eddies of some three to a side of the torus and
scaled to a largest speed of 5. The paper drew one such field, and did not say which: this one is drawn by a seed, with
its waves cut off at 20, where less than a thousandth of the enstrophy is left, so that it is known exactly.
"""

import functools
import math
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
MODES = 96
START_MODES = 21
PEAK, WIDTH, SPEED, SEED = 3.0, 0.25, 5.0, 0
SIDE = 2 * math.pi


@dataclass(frozen=True)
class NavierStokes(Params):
    viscosity: float = parameter(0.01, low=0.0, meaning="one over the Reynolds number")


def residual(psi, p):
    """The vorticity equation: w = -laplacian(psi) is carried by (psi_y, -psi_x), and spreads."""
    carried_x, carried_y = -(psi.xxx + psi.xyy), -(psi.xxy + psi.yyy)
    rate = -(psi.txx + psi.tyy)
    return {"vorticity": rate + psi.y * carried_x - psi.x * carried_y + p.viscosity * psi.biharmonic}


def derived(psi, p):
    return {"u": psi.y, "v": -psi.x, "w": -psi.laplacian}


def symbol(kx, ky, p):
    return -p.viscosity * (kx**2 + ky**2)


def mass(kx, ky, p):
    return kx**2 + ky**2


@functools.cache
def start_spectrum():
    """Of the stream function at the start, as a spectrum with 21 modes along each axis."""
    torus = Torus((SIDE, SIDE), (START_MODES, START_MODES))
    kx, ky = torus.wavenumbers
    size = np.hypot(kx, ky)
    size[0, 0] = 1.0
    spread = (math.log(PEAK) + WIDTH - np.log(size)) ** 2 / (2 * WIDTH)
    noise = np.random.default_rng(SEED).standard_normal((4 * START_MODES, 4 * START_MODES))
    spectrum = torus.spectrum(noise) * np.exp(-spread - np.log(size)) / size**2
    spectrum[0, 0] = 0.0
    u, v = (torus.values(c, (256, 256)) for c in (1j * ky * spectrum, -1j * kx * spectrum))
    return SPEED / np.sqrt((u**2 + v**2).max()) * spectrum


def start(points, p):
    """The sum of all waves, along one axis after the other."""
    spectrum = torch.as_tensor(start_spectrum()).to(points.x.device)
    doubled = torch.cat([spectrum[:, :1], 2 * spectrum[:, 1:]], 1)
    along_x, along_y = (torch.as_tensor(k).ravel().to(points.x.device) for k in wavenumbers_of_start())
    half = torch.exp(1j * points.y[..., None] * along_y) @ doubled.mT
    return (half * torch.exp(1j * points.x[..., None] * along_x)).sum(-1).real.to(points.x.dtype)


def wavenumbers_of_start():
    return Torus((SIDE, SIDE), (START_MODES, START_MODES)).wavenumbers


def solution(p, refinement, times=TIMES):
    torus = Torus((SIDE, SIDE), (MODES, MODES))
    kx, ky = torus.wavenumbers
    square = kx**2 + ky**2
    inverse = 1 / np.where(square == 0, 1, square)
    advect = torus.pointwise(lambda u, v, w_x, w_y: -(u * w_x + v * w_y), 1.5)

    def nonlinear(w):
        psi = inverse * w
        return advect(1j * ky * psi, -1j * kx * psi, 1j * kx * w, 1j * ky * w)

    padded = np.zeros(torus.shape, dtype=complex)
    rows = np.fft.ifftshift(np.arange(1 - START_MODES, START_MODES))
    padded[rows, :START_MODES] = start_spectrum()
    w = solve_periodic(
        square * padded,
        torus=torus,
        linear=symbol(kx, ky, p),
        nonlinear=nonlinear,
        times=times,
        points=(2 * MODES, 2 * MODES),
        steps=8 * 2**refinement,
    )
    psi = inverse * torus.spectrum(w)
    fields = {"psi": psi, "u": 1j * ky * psi, "v": -1j * kx * psi, "w": square * psi}
    axis = SIDE * np.arange(POINTS) / POINTS
    values = {name: (("t", "x", "y"), torus.values(c, (POINTS, POINTS))) for name, c in fields.items()}
    return xr.Dataset(values, coords={"t": times, "x": axis, "y": axis})


problem = PDE(
    name="navier_stokes_torus",
    title="Navier-Stokes equations on a torus",
    equation=r"\omega_t + \psi_y \omega_x - \psi_x \omega_y = \frac{1}{100} \Delta \omega, \quad "
    r"\omega = -\Delta \psi",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, SIDE, periodic=True), Axis("y", 0.0, SIDE, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    fields=("psi",),
    derived=derived,
    params=NavierStokes(),
    reference=Reference(
        "exact", solution, method="ETDRK4 of the vorticity, 192 x 192 modes, step 1/200", order=4, tolerance=1e-5
    ),
    semilinear=Semilinear(symbol, mass=mass),
    published=tuple(
        Published(
            "causal, modified MLP",
            f"relative_l2 of {name}",
            error,
            "wang2024causal",
            where="Section 4.4; of another field of the same kind",
            budget="10 windows of at most 1e5 steps a level",
            reproduced_by="causal_pinn",
        )
        for name, error in (("u", 3.90e-2), ("v", 2.61e-2), ("w", 3.53e-2))
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(600.0), "paper": Budget(7200.0)},
    citations=("wang2024causal",),
    notices=(
        "The University of Pennsylvania claims a patent on causal weights, which causal_pinn uses; "
        "the licence of the authors' code excludes commercial use.",
    ),
)
