"""The Allen-Cahn equation with a kinked periodic start, the standard hard case for PINNs.

Two phases, u = -1 and u = 1, grow out of small values while diffusion keeps the fronts between them about 0.01 wide.
Small errors near u = 0 grow like exp(5 t), so that methods which do not respect the order of time settle on a wrong
solution.

The start x^2 cos(pi x) is periodic, but its slope jumps by 4 at x = 1: the solution begins with a thin diffusive
layer there. The files that publications compare with have 512 points, do not resolve that layer, and are 1.2e-5
away from the solution. Here the truth is computed from the exact Fourier coefficients of the start; the error against
a recomputation of the published grid is reported beside it.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.numerics import solve_semilinear, spectrum_of
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

TIMES = np.arange(201) / 200
POINTS = 512


@dataclass(frozen=True)
class AllenCahn(Params):
    diffusivity: float = parameter(1e-4, low=0.0, meaning="squared width of a front, times the reaction rate")
    reaction: float = parameter(5.0, low=0.0, meaning="rate at which the phases grow")


def residual(u, p):
    return {"allen_cahn": u.t - p.diffusivity * u.xx + p.reaction * (u**3 - u)}


def start(points, p):
    return points.x**2 * torch.cos(math.pi * points.x)


def symbol(k, p):
    return -p.diffusivity * k**2


def nonlinear(u, p):
    return p.reaction * (u - u * u * u)


def flow(u, t, p):
    """The solution of u' = r (u - u^3): u e^{rt} / sqrt(1 + u^2 (e^{2rt} - 1))."""
    growth = torch.exp(p.reaction * t)
    return u * growth * (1 + u * u * (growth * growth - 1)) ** -0.5


def start_spectrum(modes):
    """Exact Fourier coefficients of x^2 cos(pi x) on [-1, 1]."""
    k = np.arange(2, modes)
    cosines = np.zeros(modes)
    cosines[0], cosines[1] = -2 / math.pi**2, 1 / 3 + 1 / (2 * math.pi**2)
    cosines[2:] = 2 * (-1.0) ** (k - 1) / math.pi**2 * (1 / (k - 1) ** 2 + 1 / (k + 1) ** 2)
    spectrum = cosines * (-1.0) ** np.arange(modes) / 2  # the axis starts at -1
    spectrum[0] *= 2
    return spectrum


def exact(p, refinement):
    return integrate(start_spectrum(2048), p, steps=2 * 2**refinement, padding=2)


def published_grid(p, refinement):
    x = -1 + 2 * np.arange(POINTS) / POINTS
    spectrum = spectrum_of(x**2 * np.cos(math.pi * x), POINTS // 2 + 1)
    return integrate(spectrum, p, steps=2 * 2**refinement, padding=1)


def integrate(spectrum, p, steps, padding):
    u = solve_semilinear(
        spectrum,
        length=2.0,
        symbol=lambda k: symbol(k, p) + p.reaction,
        nonlinear=lambda u: -p.reaction * u * u * u,
        times=TIMES,
        points=POINTS,
        steps=steps,
        padding=padding,
    )
    x = -1 + 2 * np.arange(POINTS) / POINTS
    u[0] = x**2 * np.cos(math.pi * x)
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": TIMES, "x": x})


TABLE = {"metric": "relative_l2", "source": "wang2024causal", "where": "Table 1"}

problem = PDE(
    name="allen_cahn",
    title="Allen-Cahn equation",
    equation=r"u_t - 10^{-4}\, u_{xx} + 5 u^3 - 5 u = 0, \quad u(0, x) = x^2 \cos \pi x",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True, even=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=AllenCahn(),
    reference=Reference(
        "exact",
        exact,
        method="ETDRK4 in Fourier space, 2048 modes from exact coefficients, step 1/400",
        order=4,
        tolerance=1e-9,
    ),
    other_references=(
        Reference(
            "published grid",
            published_grid,
            method="ETDRK4 on the 512 points of the published files, aliased as they are",
            order=4,
            tolerance=1e-9,
        ),
    ),
    semilinear=Semilinear(symbol, nonlinear, flow),
    published=(
        Published("PINN", value=4.98e-1, budget="2e5 Adam steps", reproduced_by="pinn", **TABLE),
        Published("adaptive time sampling", value=2.33e-2, **TABLE),
        Published("self-attention", value=2.10e-2, **TABLE),
        Published("time marching", value=1.68e-2, **TABLE),
        Published("causal, MLP", value=1.43e-3, budget="3e5 Adam steps", reproduced_by="causal_pinn", **TABLE),
        Published("causal, modified MLP", value=1.39e-4, budget="3e5 Adam steps", reproduced_by="causal_pinn", **TABLE),
        Published(
            "jaxpi, modified MLP",
            "relative_l2",
            5.37e-5,
            "wang2023expert",
            where="against a file 1.6e-5 off",
            budget="2e5 to 3e5 Adam steps",
            reproduced_by="causal_pinn",
        ),
        Published(
            "PirateNet",
            "relative_l2",
            2.24e-5,
            "wang2024piratenets",
            where="against a file 1.6e-5 off",
            reproduced_by="causal_pinn",
        ),
        Published(
            "PirateNet, SOAP",
            "relative_l2",
            3.48e-6,
            "wang2025gradient",
            where="quoted by others; against a file 1.6e-5 off",
            reproduced_by="causal_pinn",
        ),
        Published(
            "residual-based attention, SSBroyden",
            "relative_l2",
            1.88e-6,
            "toscano2025variational",
            where="quoted by others",
            reproduced_by="causal_pinn",
        ),
    ),
    budgets={"smoke": Budget(20.0), "short": Budget(170.0), "paper": Budget(3600.0)},
    citations=("wang2024causal", "allen1979"),
    notices=(
        "The University of Pennsylvania claims a patent on causal weights, which causal_pinn uses; "
        "the licence of the authors' code excludes commercial use.",
    ),
)
