"""Benchmarks measure alternatives in turn, and their alternatives do the same work."""

import pytest
import torch

from physml.bench import Benchmark, Comparison, interleaved, load_benchmark, run_benchmark
from physml.bench.benchmark import benchmarks_folder
from physml.bench.timing import ratio
from physml.catalog import CatalogError, run_file


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


def test_an_unknown_benchmark_is_named():
    with pytest.raises(CatalogError, match=r"no benchmark 'speed'; there are .*derivatives"):
        load_benchmark("speed")


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
