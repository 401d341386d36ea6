"""The forward problems of raissi2019 in continuous time: so far Burgers (appendix A.1)."""

from physml.catalog import load
from physml.paper import Case, Paper, published_beside_ours
from physml.solving import recommend
from physml.viz import plot_slices, plot_solution

BURGERS = load("burgers")

paper = Paper(
    key="raissi2019",
    cases=(Case("burgers", BURGERS.name, recommend(BURGERS, "paper", "pinn"), "PINN, L-BFGS"),),
    figures={
        "burgers_solution": lambda saved: plot_solution(saved["burgers"].data),
        "burgers_slices": lambda saved: plot_slices(saved["burgers"].data, "u", (0.25, 0.5, 0.75)),
    },
    tables={"burgers": lambda rows: published_beside_ours(BURGERS.published, rows)},
)
