"""Many runs of one problem: every variant of a method with every seed, in parallel processes."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
import xarray as xr

from physml.catalog import load
from physml.methods import Method
from physml.problem import Problem
from physml.solving import recommend
from physml.sweeping.runs import Run, Sent, run
from physml.viz.html import card, table_html


@dataclass(frozen=True)
class Sweep:
    """What :func:`sweep` gives.

    Args:
        title: of the problem.
        methods: the settings by the names of the variants.
        runs: one for each variant and seed.
    """

    title: str
    methods: dict[str, Method]
    runs: tuple[Run, ...]

    @property
    def metrics(self) -> list[str]:
        """The names of all metrics that some run has."""
        return list(dict.fromkeys(name for run in self.runs for name in run.metrics))

    def table(self) -> list[dict[str, Any]]:
        """A row for each run; None for a metric that it does not have."""
        numbers = ("variant", "seed", "outcome", "wall_time_s")
        return [
            {name: getattr(run, name) for name in numbers} | {name: run.metrics.get(name) for name in self.metrics}
            for run in self.runs
        ]

    def to_xarray(self) -> xr.Dataset:
        """Each metric, ``wall_time_s`` and ``outcome`` over (variant, seed); NaN where a run does not have a metric."""
        seeds = list(dict.fromkeys(run.seed for run in self.runs))
        rows, shape = self.table(), (len(self.methods), len(seeds))
        numbers = {
            name: np.array([math.nan if row[name] is None else row[name] for row in rows]).reshape(shape)
            for name in ["wall_time_s", *self.metrics]
        }
        numbers["outcome"] = np.array([row["outcome"] for row in rows]).reshape(shape)
        variables = {name: (("variant", "seed"), values) for name, values in numbers.items()}
        return xr.Dataset(variables, coords={"variant": list(self.methods), "seed": seeds})

    def best(self, metric: str = "") -> str:
        """The variant with the smallest median of a metric over its seeds; a run without the metric counts as infinite.

        Args:
            metric: by default ``relative_l2``, or ``residual_rms`` where there is no reference.

        Raises:
            ValueError: no variant has a finite median.
        """
        metric = metric or ("relative_l2" if "relative_l2" in self.metrics else "residual_rms")
        medians = {variant: statistics.median(self._values(variant, metric)) for variant in self.methods}
        best = min(medians, key=lambda variant: medians[variant])
        if not medians[best] < math.inf:
            have = ", ".join(self.metrics) or "no metric"
            raise ValueError(f"no variant has a {metric} for more than half of its seeds; the runs have {have}")
        return best

    def _values(self, variant: str, metric: str) -> list[float]:
        return [run.metrics.get(metric, math.inf) for run in self.runs if run.variant == variant]

    def __repr__(self) -> str:
        return f"Sweep({self.title}: {len(self.methods)} variants, {len(self.runs)} runs)"

    def _repr_html_(self) -> str:
        shown = [name for name in ("relative_l2", "residual_rms") if name in self.metrics]
        headers = ["variant", "runs", "finished", "median wall time, s"]
        headers += [f"{statistic} {name}" for name in shown for statistic in ("median", "smallest", "largest")]
        return card(f"{self.title}: sweep", table_html(headers, [self._summary(name, shown) for name in self.methods]))

    def _summary(self, variant: str, metrics: Sequence[str]) -> list[Any]:
        runs = [run for run in self.runs if run.variant == variant]
        row: list[Any] = [variant, len(runs), sum(run.outcome == "finished" for run in runs)]
        row.append(statistics.median(run.wall_time_s for run in runs))
        for metric in metrics:
            values = self._values(variant, metric)
            row += [x if x < math.inf else None for x in (statistics.median(values), min(values), max(values))]
        return row


def sweep(
    problem: Problem | str | Path,
    methods: Mapping[str, Method] | Sequence[str],
    *,
    seeds: Sequence[int] = (0,),
    budget: str = "short",
    jobs: int | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
    output: str | Path | None = None,
) -> Sweep:
    """Solve a problem by every variant of a method with every seed.

    Each run is one of :func:`physml.solve` with one thread of torch, so that the numbers do not depend on ``jobs``.
    Runs are spread by joblib: over processes of this machine, or by whatever ``joblib.parallel_config`` says, such as
    ``backend="dask"`` for a cluster.

    Args:
        problem: a problem, or the name or path of one.
        methods: settings by the names of the variants, such as :func:`grid` gives; or names of methods, each with what
            :func:`physml.recommend` gives for the budget.
        seeds: of each variant.
        budget: of each run, as in :func:`physml.solve`.
        jobs: how many runs at a time, as ``n_jobs`` of joblib: -1 for all cores. By default what
            ``joblib.parallel_config`` says, else one, in this process.
        device, dtype: of each run.
        output: folder for the runs, ``<variant>/seed_<n>``. Those that have ended are read, those that were stopped go
            on, when the same sweep is called again.

    Returns:
        The numbers of all runs; networks and fields are in the folders.

    Raises:
        ValueError: no variants or seeds, a problem without a file for several jobs, a variant that cannot name a
            folder, or a folder with a run of other settings.
        RuntimeError: Ctrl-C; with ``output``, the same call goes on.

    Example:
        >>> from physml import pinn
        >>> from physml.sweeping import grid
        >>> method = pinn.PINN(phases=(pinn.LevenbergMarquardt(steps=3),), sampling=pinn.Sampling(count=300))
        >>> found = sweep("heat", grid(method, **{"network.width": [2, 8]}), seeds=(0, 1))
        >>> found.best()
        'width=8'
    """
    problem = problem if isinstance(problem, Problem) else load(problem)
    problem.check()
    if not isinstance(methods, Mapping):
        methods = {name: recommend(problem, budget, name) for name in methods}
    if not methods or not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"needs variants, and seeds none of them twice; given {list(methods)} and {list(seeds)}")
    bad = next((name for name in methods if name in ("", ".", "..") or "/" in name or "\\" in name), None)
    if output is not None and bad is not None:
        raise ValueError(f"the variant {bad!r} cannot be the name of a folder; give another name")
    for reference in problem.references[:1]:
        reference.dataset(problem.params)  # computed here, once; the runs find it in the cache
    chosen: Any = jobs  # joblib's annotation forgets None
    sent = problem if joblib.effective_n_jobs(chosen) == 1 else Sent.of(problem)
    options: dict[str, Any] = {"budget": budget, "device": str(device), "dtype": dtype}
    runs: Any = joblib.Parallel(n_jobs=jobs)(
        joblib.delayed(run)(sent, name, method, seed, _folder(output, name, seed), options)
        for (name, method), seed in itertools.product(methods.items(), seeds)
    )
    return Sweep(problem.title, dict(methods), tuple(runs))


def _folder(output: str | Path | None, variant: str, seed: int) -> Path | None:
    return None if output is None else Path(output).resolve() / variant / f"seed_{seed}"
