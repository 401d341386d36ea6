"""Taylor mode against nested reverse mode on the Kuramoto-Sivashinsky residual (wang2024causal, figure 7).

A step is the residual with its derivatives of order 4 in x and 1 in t, its mean square, and the gradient of the
parameters. Networks have 128 tanh units a layer, in float32.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch

from physml.bench import Benchmark, Comparison
from physml.bench.benchmark import benchmarks_folder
from physml.catalog import load, run_file
from physml.diff import Compiled, Field, make_plan

DEPTHS, POINTS = (4, 7, 10), (100, 1000, 10_000)
ALTERNATIVES = ("nested autograd", "jets, eager", "jets, compiled")
Work = run_file(benchmarks_folder() / "derivatives.py").Work
PROBLEM = load("kuramoto_sivashinsky_regular")


def residual(u: Field) -> Any:
    return PROBLEM.residual(u, PROBLEM.params)["kuramoto_sivashinsky"]


def alternatives(depth: int, points: int) -> dict[str, Callable[[], Any]]:
    work = Work(residual, "tx", points, torch.float32, depth)
    jets = functools.partial(work.by_jets, make_plan(work.names, work.axes))
    return {name: work.step(f) for name, f in zip(ALTERNATIVES, (work.by_autograd, jets, Compiled(jets)), strict=True)}


def name(depth: int, points: int) -> str:
    return f"{depth} layers, {points} points"


benchmark = Benchmark(
    "Kuramoto-Sivashinsky residual, loss and gradient, layers of 128 tanh",
    tuple(
        Comparison(name(depth, points), functools.partial(alternatives, depth, points), rounds=5)
        for points in POINTS
        for depth in DEPTHS
    ),
)
