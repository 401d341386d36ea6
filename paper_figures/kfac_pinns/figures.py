"""Laplace and Poisson equations of dangel2024, whose solutions are known, in two, five and ten dimensions."""

from physml.catalog import load
from physml.paper import Case, Paper
from physml.solving import recommend

PROBLEMS = [load(f"poisson_{dimension}d") for dimension in (2, 5, 10)]

paper = Paper(
    key="dangel2024",
    cases=tuple(Case(problem.name, problem.name, recommend(problem, "paper", "pinn")) for problem in PROBLEMS),
    figures={},
    tables={},
)
