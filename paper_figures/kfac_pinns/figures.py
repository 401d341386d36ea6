"""Poisson and Laplace equations of dangel2024, whose solutions are known, in two, five and ten dimensions."""

from physml.catalog import load
from physml.paper import Case, Paper, published_beside_ours
from physml.solving import recommend
from physml.viz import plot_history, plot_solution

PROBLEMS = [load(f"poisson_{dimension}d") for dimension in (2, 5, 10)]

paper = Paper(
    key="dangel2024",
    cases=tuple(Case(problem.name, problem.name, recommend(problem, "paper", "pinn")) for problem in PROBLEMS),
    figures={
        "two_dimensions": lambda saved: plot_solution(saved["poisson_2d"].data),
        "ten_dimensions_losses": lambda saved: plot_history(saved["poisson_10d"].history),
    },
    tables={"errors": lambda rows: published_beside_ours((), rows)},
)
