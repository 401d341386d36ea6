"""The forward problems of raissi2019 in continuous time: Burgers (appendix A.1), Schroedinger (section 3.1.1)."""

import numpy as np
import xarray as xr

from physml.catalog import load
from physml.paper import Case, Paper, published_beside_ours
from physml.solving import recommend
from physml.viz import plot_error_over_time, plot_slices, plot_solution

BURGERS, SCHROEDINGER = load("burgers"), load("schroedinger_1d")
BURGERS_TIMES, SCHROEDINGER_TIMES = (0.25, 0.5, 0.75), (0.59, 0.79, 0.98)  # of the paper's slices


def modulus(data: xr.Dataset) -> xr.Dataset:
    """|h| of h = u + iv, and its reference."""
    return xr.Dataset({"|h|": np.hypot(data.u, data.v), "reference_|h|": np.hypot(data.reference_u, data.reference_v)})


paper = Paper(
    key="raissi2019",
    cases=(
        Case("burgers", BURGERS.name, recommend(BURGERS, "paper", "pinn"), "PINN, L-BFGS"),
        Case("schroedinger", SCHROEDINGER.name, recommend(SCHROEDINGER, "paper", "pinn"), "PINN, L-BFGS", seeds=(0,)),
    ),
    figures={
        "burgers_solution": lambda saved: plot_solution(saved["burgers"].data),
        "burgers_slices": lambda saved: plot_slices(saved["burgers"].data, "u", BURGERS_TIMES),
        "burgers_error": lambda saved: plot_error_over_time(saved["burgers"].data),
        "schroedinger_modulus": lambda saved: plot_solution(modulus(saved["schroedinger"].data), "|h|"),
        "schroedinger_slices": lambda saved: plot_slices(
            modulus(saved["schroedinger"].data), "|h|", SCHROEDINGER_TIMES
        ),
        "schroedinger_error": lambda saved: plot_error_over_time(saved["schroedinger"].data),
    },
    tables={
        "burgers": lambda rows: published_beside_ours(BURGERS.published, rows, problem=BURGERS.name),
        "schroedinger": lambda rows: published_beside_ours(SCHROEDINGER.published, rows, problem=SCHROEDINGER.name),
    },
)
