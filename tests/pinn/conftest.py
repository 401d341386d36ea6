"""Small problems with closed solutions, and a way to start and step methods on them."""

import math
from dataclasses import dataclass

import pytest
import torch

from physml.problem import PDE, Axis, Condition, Domain, Params, parameter


@dataclass(frozen=True)
class HeatParams(Params):
    diffusivity: float = parameter(0.05, low=0.0)


@pytest.fixture
def heat() -> PDE:
    """u_t = a u_xx on a circle, from sin(pi x): u = exp(-a pi^2 t) sin(pi x)."""
    return PDE(
        name="heat",
        title="Heat equation",
        equation="u_t = a u_{xx}",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))),
        residual=lambda u, p: {"heat": u.t - p.diffusivity * u.xx},
        conditions=(Condition("start", "t", 0.0, target=lambda points, p: torch.sin(math.pi * points.x)),),
        params=HeatParams(),
    )


@pytest.fixture
def start():
    """``start(problem, method, seed)``: its process, float64 on the CPU."""

    def begin(problem: PDE, method, seed: int = 0):
        return method.start(problem, seed=seed, device=torch.device("cpu"), dtype=torch.float64)

    return begin


@pytest.fixture
def run(start):
    """``run(problem, method)``: its process, stepped to the end."""

    def go(problem: PDE, method, seed: int = 0):
        process = start(problem, method, seed)
        while not process.finished:
            process.step()
        return process

    return go
