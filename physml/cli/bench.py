"""``physml bench``: speed as ratios, in tables that fill while it measures."""

from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from physml.bench import Benchmark, run_benchmark
from physml.cli.output import say, say_table
from physml.result.provenance import provenance
from physml.result.store import write_json

HEADERS = ("alternative", "ms", "ratio")


def bench(name: str, benchmark: Benchmark, output: Path) -> None:
    """Run a benchmark, say its tables, and write its rows with the facts of the machine."""
    say(f"{benchmark.title}\n{torch.get_num_threads()} threads", "bold")
    rows: list[dict[str, Any]] = []
    for measured in run_benchmark(benchmark):
        say()
        say_table(HEADERS, table_rows(measured), measured[0]["work"])
        rows += measured
        passport = provenance(torch.device("cpu"), torch.float32, 0.0)
        machine = {key: passport[key] for key in ("written", "commit", "device", "threads", "platform", "versions")}
        machine["versions"] |= installed(benchmark.packages)
        write_json(output, {"benchmark": name, "title": benchmark.title, "machine": machine, "rows": rows})
    say(f"\n{output}")


def installed(packages: Iterable[str]) -> dict[str, str]:
    """The versions of those packages that there are."""
    found = {}
    for name in packages:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def table_rows(rows: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Alternative, milliseconds and ratio of each row."""
    return [(row["alternative"], row["milliseconds"], row["ratio"]) for row in rows]
