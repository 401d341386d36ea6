"""Better, reached or missed."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.result.verdict import compare, verdict

published = st.floats(1e-12, 1e3)


@given(published=published, factor=st.floats(1e-6, 1e6))
def test_within_five_percent_is_reached_below_better_above_missed(published, factor):
    expected = "better" if factor < 1 / 1.05 else "reached" if factor <= 1.05 else "missed"
    if min(abs(factor - 1.05), abs(factor - 1 / 1.05)) > 1e-9:
        assert verdict(factor * published, published) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0952, "better"), (0.0953, "reached"), (0.1049, "reached"), (0.1051, "missed")]
)
def test_the_limits_lie_where_they_are_said_to(value, expected):
    assert verdict(value, 0.1) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_not_finite_misses(value):
    assert verdict(value, 1e300) == "missed"


@given(published=published, one=published, other=published)
def test_a_smaller_error_is_never_judged_worse(published, one, other):
    order = ["better", "reached", "missed"]
    small, large = sorted([one, other])
    assert order.index(verdict(small, published)) <= order.index(verdict(large, published))


def test_ours_stands_beside_the_rows_that_the_method_answers(result):
    rows = {row["method"]: row for row in result.verdict()}
    assert (rows["PINN"]["ours"], rows["PINN"]["verdict"]) == (0.1, "better")
    assert (rows["causal"]["ours"], rows["causal"]["verdict"]) == (None, "")
    assert (rows["spectral"]["ours"], rows["spectral"]["verdict"]) == (None, "")
    assert [rows[name]["published"] for name in rows] == [0.5, 1e-3, 1e-9]
    causal = dataclasses.replace(result, config={**result.config, "method": "causal_pinn"})
    assert {row["method"]: row["verdict"] for row in causal.verdict()}["causal"] == "missed"


def test_a_metric_that_a_run_has_not_is_not_compared(result):
    assert [row["ours"] for row in compare(result.problem, {}, "pinn")] == [None, None, None]
