"""Benchmarks measure alternatives in turn, and their alternatives do the same work."""

import json
import math
import sys
from importlib.metadata import version
from types import SimpleNamespace

import pytest
import torch
import torch.distributed.run

from physml.bench import (
    Benchmark,
    Comparison,
    benchmark_names,
    interleaved,
    load_benchmark,
    measured_rows,
    run_benchmark,
)
from physml.bench.benchmark import benchmarks_folder
from physml.bench.timing import ratio
from physml.catalog import CatalogError, run_file
from physml.cli.bench import bench


def test_alternatives_are_measured_in_turn():
    calls = []
    times = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=4)
    assert calls[6:] == ["a", "b"] * 4
    assert {name: len(t) for name, t in times.items()} == {"a": 4, "b": 4}


def test_a_disturbance_of_both_leaves_the_ratio():
    baseline = [1.0, 1.0, 5.0, 1.0, 3.0]
    assert ratio([2 * t for t in baseline], baseline) == 2


def test_a_missing_alternative_keeps_its_row():
    comparison = Comparison("work", lambda: {"first": lambda: None, "second": lambda: None, "third": None}, rounds=3)
    (rows,) = run_benchmark(Benchmark("title", (comparison,)))
    assert [row["alternative"] for row in rows] == ["first", "second", "third"]
    assert rows[0]["ratio"] == 1
    assert rows[2]["milliseconds"] is None and rows[2]["ratio"] is None


def row(seconds, error, stage="Adam"):
    return {"seconds": seconds, "stage": stage, "values": {"relative_l2 here": error}}


def test_what_has_no_time_is_no_baseline():
    measurement = SimpleNamespace(name="work", measure=lambda: {"lost": None, "won": [2.0]})
    (rows,) = run_benchmark(Benchmark("title", (measurement,)))  # pyright: ignore[reportArgumentType]
    assert [(row["milliseconds"], row["ratio"]) for row in rows] == [(None, None), (2000.0, 1.0)]


@pytest.mark.parametrize(
    ("errors", "final", "expected"),
    [
        ([0.5, 0.05, 0.02], 0.02, 2),
        ([0.5, 0.05, 0.2, 0.02], 0.02, 4),
        ([0.05, 0.2], 0.05, 9),  # below only after the last logged step
        ([0.5, 0.05], 0.3, math.inf),  # the last window is good, all together are not
        ([0.5, 0.05], None, math.inf),  # not at the end of time
    ],
    ids=["plain", "windows", "at the end", "not everywhere", "unfinished"],
)
def test_time_to_accuracy_is_when_the_error_fell_for_good(errors, final, expected):
    seconds_to = run_file(benchmarks_folder() / "time_to_accuracy.py").seconds_to
    history = [row(i + 1, error) for i, error in enumerate(errors)]
    metrics = {} if final is None else {"relative_l2": final}
    result = SimpleNamespace(history=history, metrics=metrics, provenance={"wall_time_s": 9})
    assert seconds_to(result, 0.1) == expected


def test_there_is_no_solution_before_the_last_window():
    seconds_to = run_file(benchmarks_folder() / "time_to_accuracy.py").seconds_to
    history = [row(i + 1, 0.01, f"window {1 + i // 2}/3, Adam") for i in range(6)]
    result = SimpleNamespace(history=history, metrics={"relative_l2": 0.01}, provenance={"wall_time_s": 9})
    assert seconds_to(result, 0.1) == 5


def test_an_unknown_benchmark_is_named():
    with pytest.raises(CatalogError, match=r"no benchmark 'speed'; there are .*derivatives"):
        load_benchmark("speed")


def test_what_needs_an_environment_of_its_own_is_not_among_the_benchmarks():
    assert (benchmarks_folder() / "isolated" / "pykoopman_peer.py").is_file()
    assert all(isinstance(load_benchmark(name), Benchmark) for name in benchmark_names())


@pytest.mark.parametrize(("residual", "axes"), [("second_order", "tx"), ("fourth_order", "tx"), ("laplacian", "abc")])
def test_the_alternatives_of_the_derivative_benchmark_give_one_gradient(residual, axes, monkeypatch):
    module = run_file(benchmarks_folder() / "derivatives.py")
    monkeypatch.setattr(module, "Compiled", lambda function: function)  # compiling has tests of its own
    work = module.Work(getattr(module, residual), axes, 16, torch.float64)
    gradients = {name: run() for name, run in work.alternatives().items() if name != "matrix products"}
    truth = gradients.pop("nested autograd")
    for name, gradient in gradients.items():
        for ours, theirs in zip(gradient, truth, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12, msg=name)


def test_taylor_mode_gives_the_gradient_of_nested_reverse_mode(monkeypatch):
    module = run_file(benchmarks_folder() / "taylor_mode.py")
    monkeypatch.setattr(module, "Compiled", lambda function: function)
    truth, *ours = (run() for run in module.alternatives(4, 16).values())
    assert len(truth) == 10  # weights and biases of four layers and of the last one
    for gradient in ours:
        for a, b in zip(gradient, truth, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4 * float(b.abs().max()))


def test_work_that_is_shared_stays_and_work_of_each_grows_with_the_processes(monkeypatch):
    module = run_file(benchmarks_folder() / "scaling.py")
    launched = []
    monkeypatch.setattr(module, "counts", lambda: iter((1, 2, 4)))
    monkeypatch.setattr(module, "launch", lambda count, points: launched.append((count, points)) or points / count)
    strong, weak = (measurement.measure() for measurement in module.benchmark.measurements)
    alone = [(1, 8192), (2, 8192), (4, 8192)]
    assert launched == 5 * alone + 5 * [(1, 8192), (2, 16384), (4, 32768)]
    assert strong == {"1 process": [8192] * 5, "2 processes": [4096] * 5, "4 processes": [2048] * 5}
    assert list(weak.values()) == 3 * [[8192] * 5]


def test_a_launch_asks_torchrun_for_processes_of_one_thread_and_reads_their_number(monkeypatch):
    module, asked = run_file(benchmarks_folder() / "scaling.py"), []

    def answer(command, env, **_):
        asked.append((command, env["OMP_NUM_THREADS"]))
        return SimpleNamespace(stdout=b"0.25\n")

    monkeypatch.setattr(module.subprocess, "run", answer)
    assert module.launch(3, points=30) == 0.25
    (((python, *command), threads),) = asked
    assert (python, command[:2], threads) == (sys.executable, ["-m", "torch.distributed.run"], "1")
    understood = torch.distributed.run.parse_args(command[2:])
    assert (understood.standalone, understood.nproc_per_node) == (True, "3")
    assert (understood.training_script, understood.training_script_args) == (module.__file__, ["30"])


def test_the_first_process_alone_says_the_seconds_of_a_step(monkeypatch, capsys):
    module = run_file(benchmarks_folder() / "scaling.py")
    threads = torch.get_num_threads()
    monkeypatch.setattr(sys, "argv", [module.__file__, "30"])
    module.main()
    assert float(capsys.readouterr().out) > 0
    monkeypatch.setattr(module, "process_rank", lambda: 1)
    monkeypatch.setattr(module, "seconds_of_a_step", lambda points: 1.0)
    module.main()
    assert capsys.readouterr().out == ""
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_three_processes_can_be_timed():
    assert run_file(benchmarks_folder() / "scaling.py").launch(3, points=30) > 0


def test_the_rows_of_the_shipped_runs_are_those_of_their_benchmarks():
    for name in ("bridge", "derivatives", "koopman", "taylor_mode", "scaling"):
        works = [measurement.name for measurement in load_benchmark(name).measurements]
        assert list(dict.fromkeys(row["work"] for row in measured_rows(name))) == works


def test_results_have_the_versions_of_what_was_measured(tmp_path):
    comparison = Comparison("work", lambda: {"alone": lambda: None}, rounds=1)
    bench("nothing", Benchmark("title", (comparison,), packages=("POT", "no-such-package")), tmp_path / "bench.json")
    versions = json.loads((tmp_path / "bench.json").read_text())["machine"]["versions"]
    assert versions["POT"] == version("POT")
    assert "no-such-package" not in versions
