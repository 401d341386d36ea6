"""A benchmark as a value: measurements, each of a few alternatives that do the same work."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from physml.bench.timing import interleaved, ratio
from physml.catalog import CatalogError, run_file, shipped
from physml.numerics.memory import keep_freed_memory

Row = dict[str, Any]
Work = Callable[[], Any]
Times = Mapping[str, Sequence[float] | None]


@runtime_checkable
class Measurement(Protocol):
    """One table of a benchmark."""

    @property
    def name(self) -> str:
        """Of the work."""
        ...

    def measure(self) -> Times:
        """Seconds of each round by alternative, the one that ratios refer to first; None where there is no time."""
        ...


@dataclass(frozen=True)
class Comparison:
    """Alternatives that do the same work.

    Args:
        name: of the work.
        prepare: makes the alternatives by name, the one that ratios refer to first; None for one that this machine
            lacks, such as a package that is not installed.
        rounds: how often each is timed.
    """

    name: str
    prepare: Callable[[], Mapping[str, Work | None]]
    rounds: int = 15

    def measure(self) -> Times:
        works = self.prepare()
        times = interleaved({name: work for name, work in works.items() if work is not None}, self.rounds)
        return {name: times.get(name) for name in works}


@dataclass(frozen=True)
class Benchmark:
    """What a file in ``benchmarks/`` defines as ``benchmark``.

    Args:
        title: as in headings.
        measurements: what is measured, table by table.
        packages: others that are measured, whose versions belong to the results.
    """

    title: str
    measurements: Sequence[Measurement]
    packages: Sequence[str] = ()


def benchmarks_folder() -> Path:
    """Where the benchmarks are."""
    return shipped("benchmarks")


def benchmark_names() -> list[str]:
    """Names of all benchmarks."""
    return sorted(path.stem for path in benchmarks_folder().glob("*.py"))


def load_benchmark(name: str) -> Benchmark:
    """A benchmark by name.

    Raises:
        CatalogError: no such benchmark.
    """
    path = benchmarks_folder() / f"{name}.py"
    if not path.is_file():
        raise CatalogError(f"no benchmark {name!r}; there are {', '.join(benchmark_names())}")
    return run_file(path).benchmark


def measured_rows(name: str) -> list[Row]:
    """The rows of a benchmark, as :func:`run_benchmark` gives them, from the run whose results are shipped.

    Raises:
        FileNotFoundError: there is none.
    """
    return json.loads((benchmarks_folder() / "results" / f"{name}.json").read_text())["rows"]


def run_benchmark(benchmark: Benchmark) -> Iterator[list[Row]]:
    """Make one measurement after the other; yields the rows of each: work, alternative, milliseconds, ratio.

    Memory is kept as in training (:func:`physml.numerics.keep_freed_memory`), for all alternatives alike.
    """
    keep_freed_memory()
    for measurement in benchmark.measurements:
        times = measurement.measure()
        first = next((seconds for seconds in times.values() if seconds), None)
        yield [
            {
                "work": measurement.name,
                "alternative": name,
                "milliseconds": round(1e3 * statistics.median(seconds), 3) if seconds else None,
                "ratio": round(ratio(seconds, first), 3) if seconds and first else None,
            }
            for name, seconds in times.items()
        ]
