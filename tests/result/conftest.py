"""A result that no training made: a problem, data, weights and a passport."""

import numpy as np
import pytest
import torch
import xarray as xr

from physml.problem import PDE, Axis, Domain, Published
from physml.result import Result


class Constant:
    """A solution that is one number everywhere."""

    def __init__(self, level: float) -> None:
        self.level = level

    def predict(self, **coordinates) -> xr.Dataset:
        return xr.Dataset({"u": self.level})


@pytest.fixture
def result() -> Result:
    problem = PDE(
        name="line",
        title="Line",
        equation="u_t = u_x",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 2.0))),
        residual=lambda u, p: {"line": u.t - u.x},
        published=(
            Published("PINN", "relative_l2", 0.5, "someone2020", where="Table 3", reproduced_by="pinn"),
            Published("causal", "relative_l2", 1e-3, "someone2021", where="Table 4", reproduced_by="causal_pinn"),
            Published("spectral", "residual_rms", 1e-9, "someone2022"),
        ),
    )
    t, x = np.linspace(0.0, 1.0, 5), np.linspace(0.0, 2.0, 7)
    values = np.random.default_rng(0).normal(size=(5, 7))
    data = xr.Dataset(
        {name: (("t", "x"), factor * values) for name, factor in (("u", 1.0), ("reference", 1.1), ("residual", 1e-3))},
        coords={"t": ("t", t, {"units": "s"}), "x": x},
    )
    losses = [{"line": 1.0 / n, "initial": 2.0**-n} for n in range(1, 4)]
    return Result(
        problem=problem,
        data=data,
        history=[
            {"step": n, "stage": "Adam", "seconds": 0.1 * n, "losses": row, "values": {"learning_rate": 1e-3}}
            for n, row in enumerate(losses, start=1)
        ],
        config={"problem": "line", "method": "pinn", "settings": {"modes": 3}, "budget": "short", "seed": 0},
        provenance={"wall_time_s": 12.0, "device": "cpu: test", "precision": "float64", "commit": "abc"},
        metrics={"relative_l2": 0.1, "residual_rms": 0.25},
        weights={"window_00.w": torch.randn(2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)},
        outcome="finished",
        solution=Constant(3.0),
    )
