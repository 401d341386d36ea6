"""DeepXDE in double precision, and problems with all kinds of conditions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from physml.interop.deepxde.session import session
from physml.problem import PDE, Axis, Condition, Domain, Params, boundary, parameter


@pytest.fixture
def dde() -> Iterator[Any]:
    """The module, in double precision for the time of a test."""
    with session(torch.float64) as module:
        yield module


@dataclass(frozen=True)
class Speed(Params):
    speed: float = parameter(2.0, low=0.0)


@pytest.fixture
def string() -> PDE:
    """A wave equation with displacement, velocity, a fixed and a free end; time is the second axis."""
    return PDE(
        name="string",
        title="String",
        equation="u_{tt} = c^2 u_{xx}",
        domain=Domain((Axis("x", 0.0, 1.0), Axis("t", 0.0, 2.0))),
        residual=lambda u, p: {"wave": u.tt - p.speed**2 * u.xx + u.points.x * u.xt},
        conditions=(
            Condition("displacement", "t", 0.0, lambda points, p: torch.sin(math.pi * points.x)),
            Condition("velocity", "t", 0.0, lambda points, p: points.x**2, quantity=lambda u: u.t),
            Condition("fixed", "x", 0.0, lambda points, p: 0.0),
            Condition("free", "x", 1.0, lambda points, p: points.t, quantity=lambda u: u.x),
        ),
        params=Speed(),
    )


def start_of_u(points, p):
    return torch.cos(math.pi * points.x) * points.y


@pytest.fixture
def coupled() -> PDE:
    """Two coupled unknowns on a plate that is periodic along x, with third and mixed derivatives."""
    return PDE(
        name="coupled",
        title="Coupled",
        equation="u_t = v_{xxx}, v_t = u_{xy}",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 2.0, periodic=True), Axis("y", -1.0, 1.0))),
        fields=("u", "v"),
        residual=lambda u, v, p: {
            "first": u.t - v.xxx + u * v,
            "second": v.t - u.xy + u.laplacian - 3.0 * v.biharmonic,
        },
        conditions=(
            Condition("start of u", "t", 0.0, start_of_u, quantity=lambda u, v: u.value),
            Condition("start of v", "t", 0.0, lambda points, p: 1.0, quantity=lambda u, v: v.value),
            boundary("walls", lambda points, p: points.t, quantity=lambda u, v: u.value),
        ),
    )
