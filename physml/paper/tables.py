"""Tables of papers: the published numbers beside ours, as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any

from physml.problem import Published
from physml.viz.html import cell_text

Row = dict[str, Any]

HEADERS = ("published method", "published", "our case", "ours", "smallest, largest", "seeds", "wall time", "verdict")


def markdown_table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; numbers have three digits, None is a dash."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join("| " + " | ".join(cell_text(cell) for cell in line) + " |\n" for line in lines)


def published_beside_ours(
    published: Iterable[Published], rows: Sequence[Row], metric: str = "relative_l2", problem: str = ""
) -> str:
    """Each published number with the case that answers it, then our cases that answer none.

    Args:
        published: numbers in the paper's order.
        rows: of ``results.json``.
        metric: which metric of the rows.
        problem: rows of this problem only; by default all.
    """
    ours = [row for row in rows if row["metric"] == metric and problem in ("", row["problem"])]
    lines, answered = [], []
    for number in published:
        answers = [row for row in ours if row["published_method"] == number.method]
        answered += answers
        for row in answers or [None]:
            lines.append((number.method, number.value, *_cells(row)))
    lines += [("–", None, *_cells(row)) for row in ours if row not in answered]
    return markdown_table(HEADERS, lines)


def _cells(row: Row | None) -> tuple[Any, ...]:
    if row is None:
        return ("not run", None, "", "", "", "")
    spread = ", ".join(cell_text(value) for value in row["spread"]) if len(row["seeds"]) > 1 else ""
    return row["case"], row["value"], spread, len(row["seeds"]), f"{row['wall_time_s']:.0f} s", row["verdict"]
