"""The problem's card, as notebooks show it."""

from __future__ import annotations

from physml.problem.facts import facts, published
from physml.problem.problem import Problem
from physml.viz.html import card, equation_html, notices_html, paragraphs, table_html


def problem_html(problem: Problem) -> str:
    """Equation, axes, parameters, conditions, references, published numbers, notices, and the card's text."""
    citations = f"Cite as: {', '.join(problem.citations)}" if problem.citations else ""
    below = notices_html(problem.notices) + paragraphs(citations) + paragraphs(problem.card)
    return card(problem.title, facts_html(problem) + table_html(*published(problem)) + below)


def facts_html(problem: Problem) -> str:
    """What is to be solved: the equation, and tables of axes, parameters, conditions and references."""
    return equation_html(problem.equation) + "".join(table_html(*table) for table in facts(problem))
