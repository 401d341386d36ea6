"""Wall time of training until the relative L2 error over the whole domain is below a bound, and stays there.

Each method trains once, with seed 0 and what its recipe of the budget says; none stops early. Compiling counts.
Where a method marches through windows, there is a solution on the whole domain in the last one only.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from physml.bench import Benchmark
from physml.catalog import load
from physml.comparing import compare
from physml.result import Result
from physml.solving import recommend
from physml.train import Quiet
from physml.viz.history import ERROR, window_of


@dataclass(frozen=True)
class Race:
    """Methods on one problem, by names for the table, each for the same wall time at most."""

    problem: str
    error: float
    methods: Mapping[str, str]
    budget: str = "120s"

    @property
    def name(self) -> str:
        return f"{self.problem} to {self.error:g} within {self.budget}"

    def measure(self) -> Mapping[str, list[float] | None]:
        problem = load(self.problem)
        methods = {name: recommend(problem, self.budget, method) for name, method in self.methods.items()}
        results = compare(problem, methods, budget=self.budget, tracker=Quiet()).results
        times = {name: seconds_to(result, self.error) for name, result in results.items()}
        return {name: [seconds] if math.isfinite(seconds) else None for name, seconds in times.items()}


def seconds_to(result: Result, error: float) -> float:
    """When a run's error fell below a bound for good; infinity if it did not."""
    if result.metrics.get("relative_l2", math.inf) > error:
        return math.inf
    rows = [row for row in result.history if ERROR in row["values"]]
    windows = [window_of(row["stage"]) for row in rows]
    too_early = [i for i, row in enumerate(rows) if row["values"][ERROR] > error or windows[i] != windows[-1]]
    late = max(too_early, default=-1) + 1
    return rows[late]["seconds"] if late < len(rows) else result.provenance["wall_time_s"]


benchmark = Benchmark(
    "Time to accuracy",
    (
        Race("allen_cahn", 1e-2, {"ours": "causal_pinn", "DeepXDE": "deepxde", "ours, Adam": "pinn"}),
        Race("burgers", 1e-3, {"ours": "pinn", "DeepXDE": "deepxde"}),
        Race("helmholtz_2d", 1e-2, {"ours": "pinn", "DeepXDE": "deepxde"}),
    ),
)
