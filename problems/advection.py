"""A sine that travels fast: linear advection around a ring, more than twelve times in one unit of time.

The solution sin(x - c t) is a single wave, and still plain PINNs fail for c above 30 or so: the residual is small for
functions that are constant in time, too, and training settles on the wave of the first moments followed by nothing.
What helps is what respects the order of time: windows, causal weights, features that are periodic in time.

No splitting u_t = L u + f(u) is declared, although L = -c d/dx is linear: an ansatz that evolves its start by L would
be the solution before any training.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Published, Reference, parameter


@dataclass(frozen=True)
class Advection(Params):
    speed: float = parameter(80.0, meaning="of the wave, c")


def residual(u, p):
    return {"advection": u.t + p.speed * u.x}


def start(points, p):
    return torch.sin(points.x)


def solution(p, refinement):
    t, x = np.arange(401)[:, None] / 400, 2 * math.pi * np.arange(128) / 128
    return xr.Dataset({"u": (("t", "x"), np.sin(x - p.speed * t))}, coords={"t": t[:, 0], "x": x})


problem = PDE(
    name="advection",
    title="Advection",
    equation=r"u_t + 80\, u_x = 0, \quad u(0, x) = \sin x",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 2 * math.pi, periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=Advection(),
    reference=Reference("exact", solution, method="closed form: sin(x - c t)"),
    published=(
        Published(
            "jaxpi, modified MLP",
            "relative_l2",
            6.88e-4,
            "wang2023expert",
            where="advection, best run; a period in time is trained, too",
            budget="2e5 Adam steps",
            reproduced_by="pinn",
        ),
        Published("jaxpi, MLP, all remedies", "relative_l2", 1.02e-2, "wang2023expert", where="ablation, full set"),
        Published("jaxpi, MLP, no causal weights", "relative_l2", 1.49e-2, "wang2023expert", where="ablation"),
        Published("PINN", "relative_l2", 9.51e-1, "wang2023expert", where="ablation, plain", reproduced_by="pinn"),
    ),
    budgets={"smoke": Budget(40.0), "short": Budget(120.0), "paper": Budget(1800.0)},
    citations=("wang2023expert", "evans2010"),
)
