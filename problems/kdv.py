"""The Korteweg-de Vries equation from a cosine: the experiment in which solitons were named.

The wave steepens as in Burgers' equation, but dispersion of 0.022^2 stops it instead of viscosity: the front breaks up
into a train of solitons about 0.05 wide, each with its own height and speed. Nothing is dissipated, so that errors stay
and travel; the mean and the mean square of u are conserved.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.numerics import solve_semilinear
from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Published, Reference, parameter

TIMES = np.arange(201) / 200
X = -1 + 2 * np.arange(512) / 512
MODES = 256


@dataclass(frozen=True)
class KdV(Params):
    dispersion: float = parameter(0.022, low=0.0, meaning="mu; the third derivative is multiplied by its square")


def residual(u, p):
    return {"kdv": u.t + u * u.x + p.dispersion**2 * u.xxx}


def start(points, p):
    return torch.cos(math.pi * points.x)


def symbol(k, p):
    return 1j * p.dispersion**2 * k**3


def solution(p, refinement):
    spectrum = np.zeros(MODES, dtype=complex)
    spectrum[1] = -0.5  # cos(pi x) on an axis that starts at -1
    u = solve_semilinear(
        spectrum,
        length=2.0,
        symbol=lambda k: symbol(k, p),
        nonlinear=lambda u: u * u / 2,
        divergence=lambda k: -1j * k,
        times=TIMES,
        points=len(X),
        steps=25 * 2**refinement,
        padding=1.5,
    )
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": TIMES, "x": X})


problem = PDE(
    name="kdv",
    title="Korteweg-de Vries equation",
    equation=r"u_t + u\, u_x + 0.022^2\, u_{xxx} = 0, \quad u(0, x) = \cos \pi x",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=KdV(),
    reference=Reference(
        "exact",
        solution,
        method="ETDRK4 in Fourier space, 256 modes, step 1/5000",
        order=4,
        tolerance=1e-8,
    ),
    published=(
        Published("jaxpi, modified MLP", "relative_l2", 1.96e-3, "wang2023expert", where="the authors' code"),
        Published(
            "PirateNet",
            "relative_l2",
            4.27e-4,
            "wang2024piratenets",
            budget="2e5 Adam steps",
            reproduced_by="pinn",
        ),
        Published(
            "PirateNet, SOAP",
            "relative_l2",
            3.40e-4,
            "wang2025gradient",
            where="quoted by others",
            reproduced_by="pinn",
        ),
        Published(
            "residual-based attention, SSBroyden",
            "relative_l2",
            2.17e-6,
            "toscano2025variational",
            where="quoted by others",
            reproduced_by="pinn",
        ),
    ),
    budgets={"smoke": Budget(20.0), "short": Budget(180.0), "paper": Budget(3600.0)},
    citations=("zabusky1965", "wang2024piratenets"),
)
