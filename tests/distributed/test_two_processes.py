"""Two processes with shares of the points do what one does with all of them."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import physml
from physml.train import train
from physml.train.processes import in_any, of_first, several_processes

CASES = runpy.run_path(str(Path(__file__).with_name("cases.py")))
METHODS = CASES["methods"]()


def torchrun(folder: Path, *program: str) -> subprocess.CompletedProcess:
    """Two processes, each with one thread, in a folder."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *program]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where both processes have been."""
    folder = tmp_path_factory.mktemp("two")
    ended = torchrun(folder, str(Path(__file__).with_name("cases.py")), str(folder))
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope="module")
def found(folder) -> list[dict]:
    """What each of them found."""
    return [torch.load(folder / f"found_{rank}.pt", weights_only=True) for rank in range(2)]


def assert_same(ours: dict, theirs: dict) -> None:
    for name, expected in theirs.items():
        torch.testing.assert_close(ours[name], expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", METHODS)
def test_two_processes_have_the_curve_of_one(found, name):
    alone = CASES["trained"](CASES["start"](METHODS[name]))
    both = [each["runs"][name] for each in found]
    assert_same(both[0], both[1])  # they never part from each other
    assert len(alone["losses"]) == CASES["STEPS"]
    for key in ("losses", "values", "slices"):
        torch.testing.assert_close(both[0][key], alone[key], rtol=1e-10, atol=1e-10, equal_nan=True)
    torch.testing.assert_close(both[0]["weights"], alone["weights"], rtol=0, atol=1e-8)


def test_shares_are_gathered_in_order_also_where_a_process_has_none(found):
    rows = torch.arange(10.0).reshape(5, 2)
    for each in found:
        assert torch.equal(each["gathered"][0], rows)
        assert torch.equal(each["gathered"][1], rows[:1])


def test_processes_agree(found):
    assert [each["agreed"] for each in found] == [[[True, False, True], "of 0"]] * 2


def test_alone_there_is_nothing_to_agree_on():
    with several_processes():
        assert in_any(True, False) == [True, False]
        assert of_first("mine") == "mine"


def test_an_interrupt_in_one_process_stops_both_after_the_same_step_and_is_resumed_exactly(found):
    for each in found:
        result = each["interrupted"]
        assert result["reasons"] == ["interrupted", 7, "finished", 12]
        assert torch.equal(result["resumed"], result["whole"])
        assert result["rows"] == found[0]["interrupted"]["rows"]


def test_a_spent_budget_stops_both(found):
    assert [each["spent"] for each in found] == [["budget spent", 1]] * 2


def test_one_process_goes_on_where_two_have_stopped(found, folder):
    process = CASES["start"](METHODS["Adam hard CausalPINN"])
    assert train(process, folder=folder / "spent", resume=True).steps == CASES["STEPS"]
    weights = torch.cat([p.detach().flatten() for p in process.ansatz.parameters()])
    both = found[0]["runs"]["Adam hard CausalPINN"]["weights"]
    torch.testing.assert_close(weights, both, rtol=0, atol=1e-10)


def test_what_needs_all_rows_is_refused(found):
    for each in found:
        woodbury, few = each["refused"]
        assert woodbury == "solver 'woodbury' needs all rows in one process; given 2. Use 'normal' or 'sketch'"
        assert few == "1 collocation points for 2 processes; raise sampling.count, or start fewer processes"


def test_the_first_process_speaks_for_both(found):
    first, second = found
    assert second["run"] == (0, "", "") and second["resume"] == (0, "", "") and second["list"] == (2, "", "")
    for command in ("run", "resume"):
        status, output, errors = first[command]
        assert status == 0 and not errors
        assert "report: runs/heat/report.html" in output
    status, output, errors = first["list"]
    assert status == 2 and not output
    assert errors == (
        "physml: run and resume share their work among processes; start list without torchrun, given 2 processes\n"
    )


def test_both_processes_write_one_folder_with_the_numbers_of_one_process(found, folder, tmp_path, monkeypatch):
    assert [path.name for path in (folder / "runs").iterdir()] == ["heat"]
    monkeypatch.chdir(tmp_path)
    assert CASES["called"]("run", "heat", *CASES["RUN"])[0] == 0
    ours, theirs = (physml.open_run(at / "runs" / "heat") for at in (folder, tmp_path))
    assert ours.outcome == "finished"
    assert ours.metrics == pytest.approx(theirs.metrics, rel=1e-6)
    assert [row["step"] for row in ours.history] == list(range(1, 9))


@pytest.mark.slow
def test_torchrun_runs_the_command(tmp_path):
    ended = torchrun(tmp_path, "-m", "physml", "run", "heat", "--budget", "smoke")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("report: runs/heat/report.html") == 1
    assert physml.open_run(tmp_path / "runs" / "heat").metrics["relative_l2"] < 1e-3
