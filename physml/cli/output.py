"""What the commands print."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from physml.optim.processes import process_rank
from physml.result import Result
from physml.viz.html import cell_text


def say(text: str = "", style: str | None = None) -> None:
    """A line, in a style of rich's such as ``bold``; never wrapped in a pipe."""
    console().print(text, style=style, markup=False, soft_wrap=True, highlight=False)


def say_error(text: str) -> None:
    """One line on standard error, by the first of several processes."""
    if not process_rank():
        print("physml:", " ".join(text.split()), file=sys.stderr)


def console() -> Console:
    """Of the terminal's width; wide in a pipe, where nothing must be cut; silent but in the first of processes."""
    return Console(quiet=process_rank() > 0, width=None if sys.stdout.isatty() else 160)


def say_table(headers: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """A table; numbers are right-aligned, and None is a dash."""
    rows = list(rows)
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for index, header in enumerate(headers):
        numeric = bool(rows) and all(isinstance(row[index], int | float | None) for row in rows)
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell_text(cell)) for cell in row))
    console().print(table)


def say_result(result: Result) -> None:
    """Metrics, and the published numbers beside ours."""
    seconds = result.provenance["wall_time_s"]
    say(f"{result.problem.title}, {result.config['method']}: {result.outcome} after {seconds:.0f} s\n", "bold")
    say_table(("metric", "value"), result.metrics.items())
    answered = [row for row in result.verdict() if row["ours"] is not None]
    if answered:
        names = ("method", "published", "ours", "verdict", "source")
        say()
        say_table(names, [[row[name] for name in names] for row in answered])
