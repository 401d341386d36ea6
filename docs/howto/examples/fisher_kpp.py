"""The Fisher-KPP equation on a ring: a population that grows where it is, and spreads.

A small population grows to u = 1, the most that the place can feed, and fronts move outwards at about 2 sqrt(D r).
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.numerics import solve_semilinear, spectrum_of
from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Reference, Semilinear, parameter

TIMES = np.arange(101) / 100
POINTS = 256
X = -1 + 2 * np.arange(POINTS) / POINTS  # no point at x = 1: that is x = -1 again


@dataclass(frozen=True)
class FisherKPP(Params):
    diffusivity: float = parameter(1e-3, low=0.0, meaning="how fast individuals spread")
    growth: float = parameter(6.0, low=0.0, meaning="growth rate of a small population")


def residual(u, p):
    return {"fisher_kpp": u.t - p.diffusivity * u.xx - p.growth * u * (1 - u)}


def start(points, p):
    return 0.1 * torch.exp(8 * (torch.cos(math.pi * points.x) - 1))


# u_t = L u + f(u): L by what it multiplies exp(ikx) with, f pointwise, and the solution of u' = f(u) after a time t.
def symbol(k, p):
    return -p.diffusivity * k**2


def nonlinear(u, p):
    return p.growth * u * (1 - u)


def flow(u, t, p):
    growth = torch.exp(p.growth * t)
    return u * growth / (1 + u * (growth - 1))


def exact(p, refinement):
    u = solve_semilinear(
        spectrum_of(0.1 * np.exp(8 * (np.cos(math.pi * X) - 1)), POINTS // 2),
        length=2.0,
        symbol=lambda k: symbol(k, p),
        nonlinear=lambda u: nonlinear(u, p),
        times=TIMES,
        points=POINTS,
        steps=2 * 2**refinement,
    )
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": TIMES, "x": X})


problem = PDE(
    name="fisher_kpp",
    title="Fisher-KPP equation on a ring",
    equation=r"u_t - D\, u_{xx} - r\, u (1 - u) = 0",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True, even=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=FisherKPP(),
    reference=Reference("exact", exact, method="ETDRK4, 128 modes, step 1/200", order=4, tolerance=1e-7),
    semilinear=Semilinear(symbol, nonlinear, flow),
    budgets={"smoke": Budget(20.0), "short": Budget(120.0), "paper": Budget(600.0)},
)
