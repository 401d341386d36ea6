"""Two problems of wang2023expert and of its authors' code: advection at c = 80, and KdV."""

from physml.catalog import load
from physml.paper import Case, Paper, published_beside_ours
from physml.solving import recommend
from physml.viz import plot_error_over_time, plot_slices, plot_solution

ADVECTION, KDV = load("advection"), load("kdv")

paper = Paper(
    key="wang2023expert",
    cases=(
        Case("advection", ADVECTION.name, recommend(ADVECTION, "paper", "pinn"), "jaxpi, modified MLP"),
        Case("kdv", KDV.name, recommend(KDV, "paper", "pinn"), "jaxpi, modified MLP"),
    ),
    figures={
        "advection_solution": lambda saved: plot_solution(saved["advection"].data),
        "advection_error": lambda saved: plot_error_over_time(saved["advection"].data),
        "kdv_solution": lambda saved: plot_solution(saved["kdv"].data),
        "kdv_slices": lambda saved: plot_slices(saved["kdv"].data),
        "kdv_error": lambda saved: plot_error_over_time(saved["kdv"].data),
    },
    tables={
        "advection": lambda rows: published_beside_ours(ADVECTION.published, rows, problem=ADVECTION.name),
        "kdv": lambda rows: published_beside_ours(KDV.published, rows, problem=KDV.name),
    },
)
