"""The usual mistakes in a problem's file, each with the message that it gives."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import physml
from physml import pinn
from physml.problem import PDE, Axis, Condition, Domain

TIME, RING, LINE = Axis("t", 0, 1), Axis("x", -1, 1, periodic=True), Axis("x", -1, 1)
START = Condition("initial", "t", 0.0, target=lambda points, p: (math.pi * points.x).sin())


def residual(u, p):
    return {"heat": u.t - u.xx}


def problem(**changes: Any) -> PDE:
    settings = {"domain": Domain((TIME, RING)), "residual": residual, "conditions": (START,)} | changes
    return PDE(name="heat", title="Heat", equation="u_t = u_{xx}", **settings)


def check(**changes: Any) -> Callable[[], None]:
    return lambda: problem(**changes).check()


def start_at(**changes: Any) -> dict[str, Any]:
    settings = {"name": "initial", "axis": "t", "at": 0.0, "target": lambda points, p: points.x} | changes
    return {"conditions": (Condition(**settings),)}


MISTAKES: dict[str, Callable[[], Any]] = {
    "an axis that is not there": check(residual=lambda u, p: {"heat": u.t - u.yy}),
    "a sum instead of named entries": check(residual=lambda u, p: u.t - u.xx),
    "a field instead of its value": check(residual=lambda u, p: {"heat": u}),
    "p forgotten": check(residual=lambda u: {"heat": u.t - u.xx}),
    "no initial condition": check(conditions=()),
    "a misspelt parameter": check(residual=lambda u, p: {"heat": u.t - p.difusivity * u.xx}),
    "a face outside the domain": check(**start_at(at=2.0)),
    "a condition on a periodic axis": check(**start_at(axis="x", at=-1.0)),
    "a start that jumps at the ends": check(**start_at()),
    "a start with a kink at the ends": check(**start_at(target=lambda points, p: points.x**2)),
    "a second time derivative, one condition": check(residual=lambda u, p: {"wave": u.tt - u.xx}),
    "a hard start on an axis with walls": lambda: physml.solve(
        problem(domain=Domain((TIME, LINE))), pinn.PINN(initial="hard")
    ),
    "an axis name of two letters": lambda: Axis("xx", 0, 1),
    "bounds that do not increase": lambda: Axis("x", 1, -1),
    "a value outside a parameter's range": lambda: physml.load("heat").replace(diffusivity=-1.0),
    "a parameter that is not there": lambda: physml.load("heat").replace(difusivity=1.0),
    "a name that is not in the catalog": lambda: physml.load("alen_cahn"),
    "a budget that is no time": lambda: physml.solve("heat", budget="10 minutes"),
}


def main() -> None:
    warnings.simplefilter("error")
    for title, mistake in MISTAKES.items():
        try:
            mistake()
        except (Exception, Warning) as message:
            print(f"{title}\n    {type(message).__name__}: {message}\n")
        else:
            print(f"{title}\n    nothing is said\n")


if __name__ == "__main__":
    main()
