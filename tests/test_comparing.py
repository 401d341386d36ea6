"""Methods compared on one problem: the same wall time, errors over the whole domain, and what is written."""

import json
import os
import signal

import pytest

import physml
from physml.comparing import Comparison, compare
from physml.methods import MethodError
from physml.pinn import MLP, PINN, CausalPINN, LevenbergMarquardt, Sampling, Windows
from physml.train import Quiet

SMALL = {"network": MLP(width=4, depth=1), "modes": 1, "series_modes": 16, "sampling": Sampling(count=40)}
PLAIN = PINN(phases=(LevenbergMarquardt(steps=3),), **SMALL)
MARCHING = PINN(phases=(LevenbergMarquardt(steps=3),), windows=Windows(2), **SMALL)

pytestmark = pytest.mark.usefixtures("without_report")


@pytest.fixture
def comparison(tiny_file) -> Comparison:
    return compare(tiny_file, {"plain": PLAIN, "marching": MARCHING}, budget="1h", tracker=Quiet())


def test_each_method_gives_what_solve_gives(comparison, tiny_file):
    alone = physml.solve(tiny_file, MARCHING, budget="1h", tracker=Quiet())
    assert comparison.results["marching"].metrics == alone.metrics
    rows = {row["method"]: row for row in comparison.table()}
    assert list(rows) == ["plain", "marching"]
    assert rows["marching"]["relative_l2"] == alone.metrics["relative_l2"]
    assert (rows["plain"]["steps"], rows["marching"]["steps"]) == (3, 6)
    assert {row["outcome"] for row in rows.values()} == {"finished"}


def test_each_method_has_the_budget_for_itself(tiny_file):
    seconds = 0.5
    slow = PINN(phases=(LevenbergMarquardt(steps=10**6),), **SMALL)
    rows = compare(tiny_file, {"one": slow, "two": slow}, budget=f"{seconds}s", tracker=Quiet()).table()
    assert [row["outcome"] for row in rows] == ["budget spent"] * 2
    assert all(row["wall_time_s"] >= seconds for row in rows)
    assert abs(rows[0]["steps"] - rows[1]["steps"]) < max(row["steps"] for row in rows)


def test_names_stand_for_what_is_recommended(tiny_file):
    begun = []
    comparison = compare(tiny_file, ["pinn"], budget="smoke", tracker=Quiet(), begin=begun.append)
    assert begun == ["pinn"]
    assert comparison.results["pinn"].config["settings"]["network"]["width"] == 4


def test_a_run_that_has_not_come_to_the_end_has_no_error(tiny_file):
    long = PINN(phases=(LevenbergMarquardt(steps=10**6),), windows=Windows(2), **SMALL)
    comparison = compare(tiny_file, {"marching": long}, budget="0.01s", tracker=Quiet())
    assert comparison.table()[0]["relative_l2"] is None
    assert "marching has no error" in repr(comparison)


def test_what_is_saved_can_be_read_by_people_and_programs(comparison, tmp_path):
    comparison.save(tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert summary["table"] == comparison.table()
    assert summary["runs"]["plain"]["config"] == comparison.results["plain"].config
    assert (tmp_path / "out" / "compare.png").read_bytes().startswith(b"\x89PNG")
    assert physml.open_run(tmp_path / "out" / "marching").metrics == comparison.results["marching"].metrics
    page = comparison._repr_html_()
    assert "plain" in page and "marching" in page and "<svg" in page


def test_runs_are_written_while_they_go_on_and_a_second_comparison_does_not_touch_them(tiny_file, tmp_path):
    compare(tiny_file, {"plain": PLAIN}, budget="1h", tracker=Quiet(), output=tmp_path / "out")
    assert physml.open_run(tmp_path / "out" / "plain").outcome == "finished"
    with pytest.raises(FileExistsError, match="holds a run already"):
        compare(tiny_file, {"plain": PLAIN}, budget="1h", tracker=Quiet(), output=tmp_path / "out")


def test_without_a_reference_there_is_a_table_and_no_picture(tiny_file, tmp_path):
    problem = physml.load(tiny_file).replace(reference=None)
    comparison = compare(problem, {"plain": PLAIN}, budget="1h", tracker=Quiet(), output=tmp_path / "out")
    assert comparison.table()[0]["relative_l2"] is None and comparison.table()[0]["residual_rms"] > 0
    assert not (tmp_path / "out" / "compare.png").exists()
    assert "<table" in comparison._repr_html_()
    with pytest.raises(ValueError, match="no run has an error against a reference"):
        comparison.plot()


class Interrupting(Quiet):
    """Presses Ctrl-C after the first step."""

    def update(self, number, seconds, step) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_the_comparison_with_what_there_is(tiny_file):
    comparison = compare(tiny_file, {"one": MARCHING, "two": PLAIN}, budget="1h", tracker=Interrupting())
    assert [row["outcome"] for row in comparison.table()] == ["interrupted"]


def test_mistakes_are_found_before_anything_runs(tiny_file):
    begun = []
    with pytest.raises(MethodError, match="no method 'nobody'"):
        compare(tiny_file, ["pinn", "nobody"], begin=begun.append)
    with pytest.raises(ValueError, match="no methods to compare"):
        compare(tiny_file, [])
    assert begun == []


def test_all_methods_of_the_registry_can_be_compared(tiny_file):
    names = ["pinn", "causal_pinn", "deepxde"]
    rows = compare(tiny_file, names, budget="0.01s", tracker=Quiet()).table()
    assert [row["method"] for row in rows] == names
    assert all(row["relative_l2"] > 0 for row in rows)
    assert isinstance(physml.recommend(physml.load(tiny_file), "smoke", "causal_pinn"), CausalPINN)
