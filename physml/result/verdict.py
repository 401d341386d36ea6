"""Ours beside the published number."""

import math
from typing import Any

from physml.problem import Problem

_TOLERANCE = 1.05  # within five percent counts as reached


def verdict(value: float, published: float) -> str:
    """``better``, ``reached`` (within 5 %) or ``missed``; lower is better.

    Example:
        >>> verdict(1e-4, 1.39e-4)
        'better'
    """
    if not math.isfinite(value) or value > _TOLERANCE * published:
        return "missed"
    return "better" if value < published / _TOLERANCE else "reached"


def compare(problem: Problem, metrics: dict[str, float], method: str) -> list[dict[str, Any]]:
    """One row for each published number; ours is filled in where ``method`` answers it, else None.

    With other parameters than the default ones, nothing is answered: the published numbers are not of that problem.
    """
    rows, as_published = [], problem.params == type(problem.params)()
    for row in problem.published:
        ours = metrics.get(row.metric) if as_published and method == row.reproduced_by else None
        rows.append(
            {
                "method": row.method,
                "metric": row.metric,
                "published": row.value,
                "where": row.where,
                "source": row.source,
                "budget": row.budget,
                "ours": ours,
                "verdict": "" if ours is None else verdict(ours, row.value),
            }
        )
    return rows
