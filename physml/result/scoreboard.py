"""The scoreboard: every published number that we reproduce, beside ours."""

from pathlib import Path
from typing import Any

from physml.result.rows import read_rows

HEADERS = (
    "paper",
    "problem",
    "case",
    "method",
    "metric",
    "published",
    "ours",
    "verdict",
    "seeds",
    "wall time",
    "device",
)


def scoreboard(folder: Path) -> list[tuple[str, ...]]:
    """The cells of the table, from the ``results.json`` of each paper's folder under ``folder``."""
    return [cells(path.parent.name, row) for path in sorted(folder.glob("*/results.json")) for row in read_rows(path)]


def cells(paper: str, row: dict[str, Any]) -> tuple[str, ...]:
    """One row as text, in the order of ``HEADERS``."""
    published = "" if row["published"] is None else f"{row['published']:.2e}"
    return (
        paper,
        row["problem"],
        row["case"],
        row["method"],
        row["metric"],
        published,
        f"{row['value']:.2e}",
        row["verdict"],
        str(len(row["seeds"])),
        f"{row['wall_time_s']:.0f} s",
        row["device"],
    )
