"""Burgers' equation with a small viscosity: a sine that steepens into a shock at x = 0.

Each value travels at its own speed until, near t = 1/pi, fast ones would overtake slow ones. Viscosity 0.01/pi stops
that in a layer some 0.005 wide, in which the slope reaches -152 near t = 0.5. Networks have to place a steep layer that
the start does not show, with points that seldom fall into it.

The problem is usually posed with walls u = 0 at x = -1 and x = 1. Start and equation are odd about the walls, so that
the solution continues periodically through them, and u = 0 there follows; here the axis is periodic.

The truth is the Cole-Hopf solution, integrals over Gaussians by Gauss-Hermite quadrature, exact to rounding. Files that
some publications compare with are 4e-5 away from it.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Published, Reference, parameter

TIMES = np.arange(201) / 200
X = -1 + 2 * np.arange(2048) / 2048
NODES, WEIGHTS = np.polynomial.hermite.hermgauss(100)


@dataclass(frozen=True)
class Burgers(Params):
    viscosity: float = parameter(0.01 / math.pi, low=1e-3, meaning="width of the shock, over its jump")


def residual(u, p):
    return {"burgers": u.t + u * u.x - p.viscosity * u.xx}


def start(points, p):
    return -torch.sin(math.pi * points.x)


def cole_hopf(t, x, viscosity):
    """At one time t > 0, for x of shape (n,): a mean of -sin(pi y) over y = x - sqrt(4 nu t) z, shape (n,)."""
    y = x[:, None] - math.sqrt(4 * viscosity * t) * NODES
    exponents = -np.cos(math.pi * y) / (2 * math.pi * viscosity)
    masses = WEIGHTS * np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return -(masses * np.sin(math.pi * y)).sum(axis=1) / masses.sum(axis=1)


def solution(p, refinement):
    u = [-np.sin(math.pi * X), *(cole_hopf(t, X, p.viscosity) for t in TIMES[1:])]
    return xr.Dataset({"u": (("t", "x"), np.stack(u))}, coords={"t": TIMES, "x": X})


problem = PDE(
    name="burgers",
    title="Burgers' equation",
    equation=r"u_t + u\, u_x - \frac{0.01}{\pi} u_{xx} = 0, \quad u(0, x) = -\sin \pi x",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=Burgers(),
    reference=Reference("exact", solution, method="Cole-Hopf, by Gauss-Hermite quadrature with 100 nodes"),
    published=(
        Published("PINN, L-BFGS", "relative_l2", 6.7e-4, "raissi2019", where="Appendix A.1", reproduced_by="pinn"),
        Published(
            "PirateNet",
            "relative_l2",
            8.20e-5,
            "wang2024piratenets",
            where="quoted by others",
            reproduced_by="pinn",
        ),
        Published(
            "residual-based attention, SSBroyden",
            "relative_l2",
            8.25e-9,
            "toscano2025variational",
            where="quoted by others",
            reproduced_by="pinn",
        ),
        Published(
            "DSGNAR, float64",
            "relative_l2",
            7.97e-14,
            "webb2026",
            where="the script of its reference has viscosity 0.01, not 0.01/pi",
            budget="331 steps, 346 s on an H100",
        ),
        Published(
            "DSGNAR, float32",
            "relative_l2",
            4.75e-7,
            "webb2026",
            where="the script of its reference has viscosity 0.01, not 0.01/pi",
            budget="10 s on an H100",
        ),
    ),
    budgets={"smoke": Budget(40.0), "short": Budget(180.0), "paper": Budget(3600.0)},
    citations=("raissi2019", "basdevant1986"),
)
