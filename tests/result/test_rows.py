"""Rows of results.json: medians with their spread, and which row replaces which."""

import dataclasses
import json
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.problem import Published
from physml.result.rows import make_row, passed_after, put_rows, read_rows

PUBLISHED = Published("PINN", "relative_l2", 0.2, "someone2020", where="Table 3")

KEYS = {
    "problem", "case", "method", "metric", "value", "spread", "seeds", "budget", "wall_time_s", "device", "precision",
    "commit", "config", "published", "published_source", "verdict", "published_passed_after_s",
}  # fmt: skip


def with_error(result, error: float, seed: int = 0):
    return dataclasses.replace(result, metrics={"relative_l2": error}, config={**result.config, "seed": seed})


def row(**changes) -> dict:
    return {"problem": "line", "case": "a", "method": "pinn", "metric": "relative_l2", "value": 1.0, **changes}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.json"


def test_a_row_is_the_median_with_its_spread_and_passport(result):
    results = [with_error(result, error, seed) for seed, error in enumerate([0.3, 0.1, 0.15])]
    made = make_row(results, "c=50", "relative_l2", PUBLISHED)
    assert set(made) >= KEYS
    assert (made["problem"], made["case"], made["method"]) == ("line", "c=50", "pinn")
    assert (made["value"], made["spread"], made["seeds"]) == (0.15, [0.1, 0.3], [0, 1, 2])
    assert (made["published"], made["published_source"], made["verdict"]) == (0.2, "someone2020, Table 3", "better")
    assert (made["budget"], made["wall_time_s"], made["device"]) == ("short", 12.0, "cpu: test")
    assert made["config"] == {name: value for name, value in result.config.items() if name != "seed"}


@given(errors=st.lists(st.floats(1e-9, 10.0), min_size=1, max_size=7))
def test_the_value_lies_within_the_spread_whatever_the_order(errors, request):
    result = request.getfixturevalue("result")
    made = make_row([with_error(result, e, n) for n, e in enumerate(errors)], "", "relative_l2", None)
    turned = make_row([with_error(result, e, n) for n, e in enumerate(errors[::-1])], "", "relative_l2", None)
    assert made["spread"] == [min(errors), max(errors)]
    assert made["spread"][0] <= made["value"] <= made["spread"][1]
    assert made["value"] == turned["value"] == statistics.median(errors)


def test_the_wall_time_is_the_mean_of_the_runs(result):
    times = [dataclasses.replace(result, provenance={**result.provenance, "wall_time_s": t}) for t in (10.0, 13.5)]
    assert make_row(times, "", "relative_l2", None)["wall_time_s"] == pytest.approx(11.8, abs=0.051)


def test_a_number_without_a_published_one_has_no_verdict(result):
    made = make_row([result], "", "residual_rms", None)
    assert (made["value"], made["published"], made["published_source"], made["verdict"]) == (0.25, None, None, "")


def test_results_of_other_settings_are_refused(result):
    other = dataclasses.replace(result, config={**result.config, "settings": {"modes": 4}})
    with pytest.raises(ValueError, match="differ by their seed only"):
        make_row([result, other], "", "relative_l2", None)
    with pytest.raises(ValueError, match="at least one result"):
        make_row([], "", "relative_l2", None)


def test_a_row_is_json(result, path):
    made = make_row([result], "", "relative_l2", PUBLISHED)
    put_rows(path, [made])
    assert json.loads(path.read_text()) == {"rows": [made]}
    assert read_rows(path) == [made]


def test_no_file_has_no_rows(path):
    assert read_rows(path) == []


@pytest.mark.parametrize("key", ["problem", "case", "method", "metric"])
def test_a_row_replaces_the_one_of_the_same_name_in_its_place_and_no_other(path, key):
    put_rows(path, [row(), row(**{key: "another"})])
    put_rows(path, [row(value=2.0)])
    assert read_rows(path) == [row(value=2.0), row(**{key: "another"})]


@given(
    batches=st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=4), min_size=1, max_size=4)
)
def test_the_last_number_of_each_case_stays(batches, tmp_path_factory):
    path, expected = tmp_path_factory.mktemp("rows") / "results.json", {}
    for batch in batches:
        put_rows(path, [row(case=case, value=value) for case, value in batch])
        expected |= dict(batch)
    assert {r["case"]: r["value"] for r in read_rows(path)} == expected
    assert len(read_rows(path)) == len(expected)


def watched(stage: str, seconds: float, error: float) -> dict:
    return {"stage": stage, "seconds": seconds, "losses": {}, "values": {"relative_l2 here": error}}


def test_the_published_number_is_passed_at_the_first_error_below_it():
    history = [watched("Adam", 1.0, 0.5), watched("Adam", 2.0, 0.1), watched("Adam", 3.0, 0.15)]
    assert passed_after(history, 0.2) == 2.0
    assert passed_after(history, 0.05) is None
    assert passed_after([], 0.2) is None


def test_before_the_last_window_no_number_is_passed():
    history = [watched("window 1/2, Adam", 1.0, 0.1), watched("window 2/2, Adam", 2.0, 0.3)]
    history += [watched("window 2/2, Adam", 3.0, 0.2)]
    assert passed_after(history, 0.2) == 3.0


def test_a_row_that_misses_the_number_was_never_past_it(result):
    made = make_row([with_error(result, 0.3)], "a", "relative_l2", PUBLISHED)
    assert made["published_passed_after_s"] is None
