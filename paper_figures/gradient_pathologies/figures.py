"""The Helmholtz problem of wang2021gradient, on which plain PINNs fail at the walls."""

from physml.catalog import load
from physml.paper import Case, Paper, published_beside_ours
from physml.solving import recommend
from physml.viz import plot_history, plot_solution

HELMHOLTZ = load("helmholtz_2d")

paper = Paper(
    key="wang2021gradient",
    cases=(Case("helmholtz", HELMHOLTZ.name, recommend(HELMHOLTZ, "paper", "pinn")),),
    figures={
        "solution": lambda saved: plot_solution(saved["helmholtz"].data),
        "losses": lambda saved: plot_history(saved["helmholtz"].history),
    },
    tables={"errors": lambda rows: published_beside_ours((), rows)},
)
