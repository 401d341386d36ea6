"""The Lorenz system: convection cut down to three modes, and the first strange attractor.

An ordinary differential equation, so that time is the only axis. A perturbation of the start grows 24 times until
t = 15 and 930 times until t = 20: what a method gets wrong early is a thousand times as wrong at the end.

The truth is a Taylor series in numbers of 50 digits, at steps with which it can be seen to converge. Integrators at
their default tolerances are no truth: the reference that the paper used is itself 3e-3 away.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np
import xarray as xr

from physml.numerics import growth, solve_taylor
from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Published, Reference, parameter

TIMES = np.arange(2001) / 100
DIGITS = 50


@dataclass(frozen=True)
class Lorenz(Params):
    sigma: float = parameter(10.0, meaning="Prandtl number")
    rho: float = parameter(28.0, meaning="Rayleigh number over its critical value")
    beta: float = parameter(8 / 3, meaning="of the shape of the convection cells")


def residual(x, y, z, p):
    return {
        "x": x.t - p.sigma * (y - x),
        "y": y.t - x * (p.rho - z) + y,
        "z": z.t - x * y + p.beta * z,
    }


def one(points, p):
    return 1.0


def exact(number):
    """A parameter in all digits: eight thirds are not the float next to them."""
    return Decimal(8) / 3 if number == 8 / 3 else Decimal(repr(number))


def solution(p, refinement, moved=0):
    with localcontext() as context:
        context.prec = DIGITS
        sigma, rho, beta = exact(p.sigma), exact(p.rho), exact(p.beta)
        states = solve_taylor(
            lambda x, y, z: ((y - x) * sigma, x * (rho - z) - y, x * y - z * beta),
            [Decimal(1) + moved, Decimal(1), Decimal(1)],
            TIMES,
            order=9,
            steps=2 * 2**refinement,
        )
    return xr.Dataset(dict(zip("xyz", (("t", column) for column in states.T), strict=True)), coords={"t": TIMES})


def sensitivity(p, refinement):
    """Of x, by a billionth."""
    return growth(solution(p, refinement), solution(p, refinement, moved=Decimal("1e-9")))


problem = PDE(
    name="lorenz",
    title="Lorenz system",
    equation=r"x' = 10 (y - x), \quad y' = x (28 - z) - y, \quad z' = x y - \frac{8}{3} z, \quad "
    r"x(0) = y(0) = z(0) = 1",
    domain=Domain((Axis("t", 0.0, 20.0),)),
    residual=residual,
    conditions=(
        Condition("initial x", "t", 0.0, one, quantity=lambda x, y, z: x.value),
        Condition("initial y", "t", 0.0, one, quantity=lambda x, y, z: y.value),
        Condition("initial z", "t", 0.0, one, quantity=lambda x, y, z: z.value),
    ),
    fields=("x", "y", "z"),
    params=Lorenz(),
    reference=Reference(
        "exact", solution, method="Taylor series of order 9, step 1/200, in 50 digits", order=9, tolerance=1e-9
    ),
    sensitivity=Reference("growth", sensitivity, method="the reference from two starts, 1e-9 apart in x"),
    published=tuple(
        Published(
            "causal, MLP", f"relative_l2 of {field}", error, "wang2024causal", where="Section 4.2", reproduced_by="pinn"
        )
        for field, error in (("x", 1.139e-2), ("y", 1.656e-2), ("z", 7.038e-3))
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(300.0), "paper": Budget(3600.0)},
    citations=("wang2024causal", "lorenz1963"),
)
