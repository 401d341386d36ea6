"""The problem's card, as notebooks show it."""

from __future__ import annotations

import dataclasses
import math

from physml.problem.pde import PDE
from physml.viz.html import card, equation_html, notices_html, paragraphs, table_html


def problem_html(problem: PDE) -> str:
    """Equation, axes, parameters, conditions, references, published numbers, notices, and the card's text."""
    published = table_html(
        ("published by", "metric", "value", "source", "where", "budget"),
        [(row.method, row.metric, row.value, row.source, row.where, row.budget) for row in problem.published],
    )
    citations = f"Cite as: {', '.join(problem.citations)}" if problem.citations else ""
    below = notices_html(problem.notices) + paragraphs(citations) + paragraphs(problem.card)
    return card(problem.title, facts_html(problem) + published + below)


def facts_html(problem: PDE) -> str:
    """What is to be solved: the equation, and tables of axes, parameters, conditions and references."""
    return "".join(
        (
            equation_html(problem.equation),
            table_html(("axis", "from", "to", "unit", ""), _axes(problem)),
            table_html(("parameter", "value", "range", "unit", "meaning"), _parameters(problem)),
            table_html(("condition", "where"), [(c.name, f"{c.axis} = {c.at:g}") for c in problem.conditions]),
            table_html(("reference", "computed by"), [(r.name, r.method) for r in problem.references]),
        )
    )


def _axes(problem: PDE) -> list[tuple[str, float, float, str, str]]:
    rows = []
    for axis in problem.domain.axes:
        kinds = [kind for kind in ("periodic", "even") if getattr(axis, kind)]
        rows.append((axis.name, axis.low, axis.high, axis.unit, ", ".join(kinds)))
    return rows


def _parameters(problem: PDE) -> list[tuple[str, float, str, str, str]]:
    rows = []
    for field in dataclasses.fields(problem.params):
        low, high = (field.metadata.get(bound, math.nan) for bound in ("low", "high"))
        about = (field.metadata.get("unit", "1"), field.metadata.get("meaning", ""))
        rows.append((field.name, getattr(problem.params, field.name), _range(low, high), *about))
    return rows


def _range(low: float, high: float) -> str:
    """Such as ``≥ 0`` or ``0 to 2``."""
    if math.isfinite(low) and math.isfinite(high):
        return f"{low:g} to {high:g}"
    return f"≥ {low:g}" if math.isfinite(low) else f"≤ {high:g}" if math.isfinite(high) else "any"
