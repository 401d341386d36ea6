"""Cases: each run once, stopped ones go on, and every number goes into a row with its passport."""

import dataclasses
import os
import signal

import pytest

from physml.catalog import CatalogError, load
from physml.paper import best_values, draw, load_paper, paper_names, reproduce, run_case
from physml.paper.saved import read_saved
from physml.pinn import Windows
from physml.result.rows import put_rows, read_rows
from physml.result.verdict import verdict
from physml.train import Quiet

KEYS = {
    "problem", "case", "method", "metric", "value", "spread", "seeds", "budget", "wall_time_s", "device", "precision",
    "commit", "config", "published", "published_source", "verdict",
}  # fmt: skip

FIGURES = """
from pathlib import Path

from physml.paper import Case, Paper
from physml.pinn import PINN


class Picture:
    def __init__(self, text):
        self.text = text

    def get_figwidth(self):
        return 1.0

    def image(self, kind):
        return f"{kind}: {self.text}".encode()


paper = Paper(
    key="someone2020",
    cases=(Case("small", "heat", PINN()),),
    figures={"error": lambda saved: Picture(saved["small"].passport["outcome"])},
    tables={"numbers": lambda rows: "".join(f"{row['case']}: {row['value']:.1e}\\n" for row in rows)},
)
"""


@pytest.fixture
def folders(tmp_path):
    return tmp_path / "runs", tmp_path / "papers" / "someone2020"


@pytest.fixture
def papers(tmp_path, monkeypatch):
    """A folder of papers of our own."""
    for module in ("physml.paper.paper", "physml.paper.reproduce"):
        monkeypatch.setattr(f"{module}.papers_folder", lambda: tmp_path / "papers")
    return tmp_path / "papers"


def test_a_case_writes_a_row_with_its_passport(case, folders):
    results = run_case(case, *folders, Quiet())
    (row,) = read_rows(folders[1] / "results.json")
    errors = [result.metrics["relative_l2"] for result in results]
    assert set(row) >= KEYS
    assert (row["case"], row["problem"], row["metric"], row["seeds"]) == ("small", "tiny", "relative_l2", [0, 1])
    assert (row["value"], row["spread"]) == (sum(errors) / 2, sorted(errors))
    assert (row["published"], row["published_source"]) == (0.5, "raissi2019, Table 1")
    assert row["verdict"] == verdict(row["value"], 0.5)
    assert row["config"]["settings"]["network"]["width"] == 4 and "seed" not in row["config"]
    assert read_saved(folders[1] / "saved" / "small").passport["metrics"] == results[0].metrics


def test_a_case_whose_runs_do_not_come_to_the_end_writes_no_row(case, folders):
    method = dataclasses.replace(case.method, windows=Windows(2))
    with pytest.raises(RuntimeError, match=r"'small' has no error to report: budget spent; give it a larger budget"):
        run_case(dataclasses.replace(case, method=method, seeds=(0,), budget="0.000001s"), *folders, Quiet())
    assert read_rows(folders[1] / "results.json") == []


def test_a_case_that_answers_nothing_has_no_verdict(case, folders):
    run_case(dataclasses.replace(case, answers="", seeds=(0,)), *folders, Quiet())
    (row,) = read_rows(folders[1] / "results.json")
    assert (row["published"], row["verdict"]) == (None, "")


def test_an_ended_run_is_read_and_not_run_again(case, folders, monkeypatch):
    first = run_case(case, *folders, Quiet())
    for verb in ("solve", "resume"):
        monkeypatch.setattr(reproduce, verb, lambda *a, **k: pytest.fail("it was run again"))
    second = run_case(case, *folders, Quiet())
    assert [r.metrics for r in second] == [r.metrics for r in first]
    assert len(read_rows(folders[1] / "results.json")) == 1


class Interrupting(Quiet):
    """Presses Ctrl-C after the second step of the first run."""

    def update(self, number, seconds, step) -> None:
        if number == 2:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("one_thread")
def test_an_interrupted_case_goes_on_with_the_same_command(case, folders, tmp_path):
    with pytest.raises(RuntimeError, match=r"seed_0 was interrupted; the same command goes on with it"):
        run_case(case, *folders, Interrupting())
    assert read_rows(folders[1] / "results.json") == []
    gone_on = run_case(case, *folders, Quiet())
    whole = run_case(case, tmp_path / "whole", tmp_path / "other", Quiet())
    assert [r.metrics for r in gone_on] == [r.metrics for r in whole]
    assert read_rows(folders[1] / "results.json")[0]["seeds"] == [0, 1]


def test_a_run_of_other_settings_is_not_taken_for_this_one(case, folders):
    """The case was changed after its runs were made: their numbers are not those of the case."""
    run_case(case, *folders, Quiet())
    changed = dataclasses.replace(case, method=dataclasses.replace(case.method, modes=2))
    try:
        results = run_case(changed, *folders, Quiet())
    except ValueError as error:
        assert "settings" in str(error)
    else:
        assert results[0].config["settings"]["modes"] == 2


def test_the_published_number_is_found_by_its_method(case):
    problem = load(case.problem)
    assert case.published(problem, "relative_l2") is problem.published[0]
    assert dataclasses.replace(case, answers="").published(problem, "relative_l2") is None


def test_our_best_value_is_the_smallest_over_all_papers(papers):
    row = {"problem": "ring", "case": "a", "method": "pinn", "metric": "relative_l2", "value": 0.3}
    put_rows(papers / "one" / "results.json", [row, {**row, "case": "b", "value": 0.2}])
    put_rows(papers / "two" / "results.json", [{**row, "value": 0.1}, {**row, "metric": "residual_rms", "value": 0.0}])
    put_rows(papers / "two" / "results.json", [{**row, "problem": "line", "value": 7.0}])
    assert best_values({"ring": "relative_l2", "line": "relative_l2"}) == {"ring": 0.1, "line": 7.0}
    assert best_values({"ring": "residual_rms"}) == {"ring": 0.0}


def test_a_paper_is_drawn_from_what_was_saved(case, papers, folders, tmp_path):
    folders[1].mkdir(parents=True)
    (folders[1] / "figures.py").write_text(FIGURES)
    with pytest.raises(FileNotFoundError, match="physml figures someone2020 --run"):
        draw("someone2020")
    (result, _) = run_case(case, *folders, Quiet())
    value = read_rows(folders[1] / "results.json")[0]["value"]
    files = {path.relative_to(tmp_path / "out").as_posix(): path for path in draw("someone2020", tmp_path / "out")}
    assert files["figures/error.png"].read_bytes() == f"png: {result.outcome}".encode()
    assert files["tables/numbers.md"].read_text() == f"small: {value:.1e}\n"
    assert draw("someone2020")[0].is_relative_to(folders[1])


def test_a_paper_that_is_not_there_is_refused_with_those_that_are(papers, folders):
    folders[1].mkdir(parents=True)
    (folders[1] / "figures.py").write_text(FIGURES)
    assert paper_names() == ["someone2020"]
    assert load_paper("someone2020").key == "someone2020"
    with pytest.raises(CatalogError, match="no paper 'nobody2020'; there are someone2020"):
        load_paper("nobody2020")


def test_every_paper_of_the_project_loads_and_its_cases_answer_rows_that_exist():
    for name in paper_names():
        for case in load_paper(name).cases:
            methods = [row.method for row in load(case.problem).published]
            assert case.answers in ("", *methods)
