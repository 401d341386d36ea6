"""Sweeps: every combination, the same numbers however many jobs, runs that are read or go on; seeds in one batch."""

import dataclasses
import json
import math
import os
import signal

import joblib
import numpy as np
import pytest
import torch

import physml
from physml.methods import MethodError
from physml.pinn import MLP, PINN, Adam, LevenbergMarquardt, Sampling, Windows
from physml.sweeping import Run, Sweep, grid, solve_seeds, sweep
from physml.train import Quiet

METHOD = PINN(
    network=MLP(width=4, depth=1),
    modes=1,
    series_modes=16,
    sampling=Sampling(count=40, condition_count=10, period=3),
    phases=(Adam(steps=4, learning_rate=1e-2), LevenbergMarquardt(steps=3)),
)
VARIANTS = grid(METHOD, **{"network.width": [2, 5]})

pytestmark = pytest.mark.usefixtures("one_thread", "without_report")


def numbers(found: Sweep) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "wall_time_s"} for row in found.table()]


# -- variants ----------------------------------------------------------------------------------------------------------


def test_a_grid_has_every_combination_and_changes_nothing_else():
    variants = grid(METHOD, **{"network.width": [2, 3], "phases.0.learning_rate": [0.1, 0.2, 0.3]})
    assert list(variants)[:2] == ["width=2, learning_rate=0.1", "width=2, learning_rate=0.2"] and len(variants) == 6
    changed = variants["width=3, learning_rate=0.2"]
    assert (changed.network.width, changed.phases[0].learning_rate) == (3, 0.2)
    back = dataclasses.replace(changed, network=METHOD.network, phases=(METHOD.phases[0], *changed.phases[1:]))
    assert back == METHOD and list(grid(METHOD)) == [""]


def test_names_of_a_grid_tell_the_variants_apart():
    assert list(grid(METHOD, network=[MLP(), PINN().network])) == ["network=0", "network=1"]
    assert list(grid(METHOD, phases=[(Adam(),), (Adam(steps=5),)])) == ["phases=0", "phases=1"]
    assert list(grid(METHOD, **{"phases.0.steps": [1], "phases.1.steps": [2]})) == [
        "phases.0.steps=1, phases.1.steps=2"
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network.widht": [1]}, r"network.widht: MLP has no setting 'widht'; did you mean width\?"),
        ({"network.width.left": [1]}, "int has no setting 'left'; there are none"),
        ({"phases.2.steps": [1]}, "tuple has no setting '2'; there are 0, 1"),
        ({"network.width": []}, r"network.width is \[\]; expected a list of values, such as \[16, 32\]"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused(settings, message):
    with pytest.raises(MethodError, match=message):
        grid(METHOD, **settings)
    with pytest.raises(ValueError, match="width >= 1"):
        grid(METHOD, **{"network.width": [0]})


# -- sweeps ------------------------------------------------------------------------------------------------------------


def test_each_run_gives_what_solve_gives(tiny_file):
    found = sweep(tiny_file, VARIANTS, seeds=(0, 3), budget="1h")
    assert [(run.variant, run.seed) for run in found.runs] == [(v, s) for v in ("width=2", "width=5") for s in (0, 3)]
    alone = physml.solve(tiny_file, VARIANTS["width=5"], seed=3, budget="1h", tracker=Quiet())
    assert found.runs[3].metrics == alone.metrics and found.runs[3].outcome == "finished"
    assert float(found.to_xarray().relative_l2.sel(variant="width=5", seed=3)) == alone.metrics["relative_l2"]


def test_processes_give_the_bits_of_one_process_and_take_parameters_along(tiny_file, tmp_path):
    problem = physml.load(tiny_file).replace(diffusivity=0.2)
    here = sweep(problem, VARIANTS, seeds=(0,), budget="1h")
    there = sweep(problem, VARIANTS, seeds=(0,), budget="1h", jobs=2, output=tmp_path / "out")
    assert numbers(there) == numbers(here)
    assert numbers(here) != numbers(sweep(tiny_file, VARIANTS, seeds=(0,), budget="1h"))
    assert physml.open_run(tmp_path / "out" / "width=2" / "seed_0").problem.params.diffusivity == 0.2


def test_a_backend_of_the_users_choice_is_taken(tiny_file):
    seen = []

    class Watching(joblib.parallel.SequentialBackend):
        def effective_n_jobs(self, n_jobs):
            seen.append(n_jobs)
            return 1

    joblib.register_parallel_backend("watching", Watching)
    with joblib.parallel_config(backend="watching"):
        sweep(tiny_file, ["pinn"], budget="smoke")
    assert seen


def test_runs_that_have_ended_are_read_and_threads_are_put_back(tiny_file, tmp_path, monkeypatch):
    torch.set_num_threads(2)
    first = sweep(tiny_file, VARIANTS, budget="1h", output=tmp_path)
    assert torch.get_num_threads() == 2
    assert {run.folder for run in first.runs} == {tmp_path / v / "seed_0" for v in VARIANTS}
    monkeypatch.setattr("physml.sweeping.runs.solve", None)
    monkeypatch.setattr("physml.sweeping.runs.resume", None)
    assert sweep(tiny_file, VARIANTS, budget="1h", output=tmp_path).table() == first.table()


def test_an_interrupted_sweep_goes_on_to_the_same_numbers(tiny_file, tmp_path, monkeypatch):
    class Interrupting(Quiet):
        def update(self, number, seconds, step) -> None:
            if number == 2:
                os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr("physml.sweeping.runs.Quiet", Interrupting)
        with pytest.raises(RuntimeError, match="interrupted in 'width=2', seed 0; the same call goes on"):
            sweep(tiny_file, VARIANTS, budget="1h", output=tmp_path)
        with pytest.raises(RuntimeError, match="give output="):
            sweep(tiny_file, VARIANTS, budget="1h")
    assert json.loads((tmp_path / "width=2" / "seed_0" / "provenance.json").read_text())["outcome"] == "interrupted"
    whole = sweep(tiny_file, VARIANTS, budget="1h", output=tmp_path)
    assert numbers(whole) == numbers(sweep(tiny_file, VARIANTS, budget="1h"))


def test_a_folder_of_other_settings_is_refused(tiny_file, tmp_path):
    sweep(tiny_file, {"one": METHOD}, budget="1h", output=tmp_path)
    with pytest.raises(ValueError, match="holds a run of another settings; move it away"):
        sweep(tiny_file, {"one": VARIANTS["width=2"]}, budget="1h", output=tmp_path)
    with pytest.raises(ValueError, match="another params, budget_s;"):
        sweep(physml.load(tiny_file).replace(diffusivity=0.1), {"one": METHOD}, budget="2h", output=tmp_path)


def test_mistakes_are_found_before_anything_runs(tiny_file, tmp_path):
    made_in_python = physml.load(tiny_file).replace(title="Another")
    with pytest.raises(ValueError, match="made in Python, and other processes cannot import it; write it into a file"):
        sweep(made_in_python, VARIANTS, jobs=2)
    assert sweep(made_in_python, {"one": METHOD}, budget="1h").runs[0].outcome == "finished"
    for variants, seeds in (({}, (0,)), (VARIANTS, ()), (VARIANTS, (1, 1))):
        with pytest.raises(ValueError, match="needs variants, and seeds none of them twice"):
            sweep(tiny_file, variants, seeds=seeds)
    with pytest.raises(ValueError, match="'a/b' cannot be the name of a folder"):
        sweep(tiny_file, {"a/b": METHOD}, output=tmp_path)


def made(values: dict[str, list[float | None]], metric: str = "relative_l2") -> Sweep:
    runs = [
        Run(variant, seed, "finished", 1.0, {} if value is None else {metric: value}, None)
        for variant, row in values.items()
        for seed, value in enumerate(row)
    ]
    return Sweep("Made up", dict.fromkeys(values, METHOD), tuple(runs))


def test_the_best_variant_has_the_smallest_median_and_a_missing_number_is_the_worst():
    found = made({"lucky": [1e-9, 0.5, 0.6], "steady": [0.1, 0.2, 0.3], "late": [1e-3, None, None]})
    assert found.best() == "steady"
    data = found.to_xarray()
    np.testing.assert_array_equal(data.relative_l2.sel(variant="late"), [1e-3, math.nan, math.nan])
    assert found.table()[-1]["relative_l2"] is None
    page = found._repr_html_()
    assert all(name in page for name in ("lucky", "steady", "late")) and "inf" not in page
    assert made({"a": [2.0], "b": [1.0]}, "residual_rms").best() == "b"
    with pytest.raises(ValueError, match=r"no variant has a residual_rms .* the runs have no metric"):
        made({"a": [None]}).best()


# -- seeds -------------------------------------------------------------------------------------------------------------

ADAM = dataclasses.replace(METHOD, phases=(Adam(steps=25, learning_rate=1e-2),))


def test_seeds_in_one_batch_give_what_solve_gives_for_each(tiny_file):
    batch = solve_seeds(tiny_file, ADAM, (5, 2), budget="1h", tracker=Quiet())
    for result, seed in zip(batch, (5, 2), strict=True):
        alone = physml.solve(tiny_file, ADAM, seed=seed, budget="1h", tracker=Quiet())
        assert result.outcome == alone.outcome == "finished"
        assert result.metrics == pytest.approx(alone.metrics, rel=1e-9)
        assert {key: value for key, value in result.config.items() if key != "batch"} == alone.config
        assert [row["step"] for row in result.history] == [row["step"] for row in alone.history]
        for ours, theirs in zip(result.history, alone.history, strict=True):
            assert ours["losses"] == pytest.approx(theirs["losses"], rel=1e-10, abs=0)
        assert set(result.data) == set(alone.data)


def test_a_result_of_a_batch_is_saved_and_opened(tiny_file, tmp_path):
    result = solve_seeds(tiny_file, ADAM, (1, 4), budget="1h", tracker=Quiet())[1]
    again = physml.open_run(result.save(tmp_path / "run"))
    assert again.metrics == result.metrics
    at = {"t": 0.3, "x": [0.1, 0.7]}
    np.testing.assert_allclose(again.predict(**at).u, result.predict(**at).u, rtol=1e-12)


def test_the_tracker_sees_means_and_the_budget_and_ctrl_c_end_the_batch(tiny_file):
    class Watching(Quiet):
        def __init__(self) -> None:
            self.steps = []

        def update(self, number, seconds, step) -> None:
            self.steps.append(step)
            if len(self.steps) == 3:
                os.kill(os.getpid(), signal.SIGINT)

    tracker = Watching()
    results = solve_seeds(tiny_file, ADAM, (0, 1), budget="1h", tracker=tracker)
    assert [result.outcome for result in results] == ["interrupted"] * 2 and len(tracker.steps) == 3
    first = [result.history[0]["losses"]["ring"] for result in results]
    assert tracker.steps[0].losses["ring"] == pytest.approx(sum(first) / 2) and tracker.steps[0].values["seeds"] == 2
    long = dataclasses.replace(ADAM, phases=(Adam(steps=10**6),), compiled="never")
    spent = solve_seeds(tiny_file, long, (0, 1), budget="0.05s", tracker=Quiet())
    assert [result.outcome for result in spent] == ["budget spent"] * 2


def test_seeds_that_cannot_be_batched_are_refused(tiny_file):
    with pytest.raises(ValueError, match=r"one time window, given 2; use physml\.sweep"):
        solve_seeds(tiny_file, dataclasses.replace(ADAM, windows=Windows(2)))
    with pytest.raises(ValueError, match="at least one seed and none of them twice"):
        solve_seeds(tiny_file, ADAM, (1, 1))
