"""Solving, resuming and opening runs: what comes back, what is kept, what is refused."""

import dataclasses
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

import physml
from physml import solving
from physml.catalog import load
from physml.methods import to_table
from physml.pinn import MLP, PINN, Adam, CausalPINN, CausalWeights, LevenbergMarquardt, Sampling, Windows
from physml.problem import PDE, Axis, Condition, Domain, ProblemError
from physml.train import Quiet
from physml.train.checkpoint import load_checkpoint

METHOD = PINN(
    network=MLP(width=4, depth=1),
    modes=1,
    phases=(Adam(steps=3, learning_rate=1e-2), LevenbergMarquardt(steps=3)),
    sampling=Sampling(count=40, condition_count=10, period=2),
    series_modes=16,
)
HALVES = dataclasses.replace(METHOD, windows=Windows(2))
SOFT = dataclasses.replace(HALVES, initial="soft")

pytestmark = pytest.mark.usefixtures("one_thread", "without_report")


class Interrupting(Quiet):
    """Presses Ctrl-C after a step."""

    def __init__(self, after: int) -> None:
        self.after = after

    def update(self, number, seconds, step) -> None:
        if number == self.after:
            os.kill(os.getpid(), signal.SIGINT)


def solve(problem, method: PINN = METHOD, **options) -> physml.Result:
    return physml.solve(problem, method, **{"budget": "smoke", "tracker": Quiet(), **options})


def same(one: dict[str, Tensor], two: dict[str, Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(tensor, two[name]) for name, tensor in one.items())


def without_time(history: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in history]


@pytest.fixture
def problem(tiny_file) -> PDE:
    return load(tiny_file)


@pytest.fixture
def in_python(problem) -> PDE:
    """The same problem without a file."""
    return problem.replace(source="")


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "run"


# -- what comes back ---------------------------------------------------------------------------------------------------


def test_the_data_are_the_solution_the_truth_and_the_residual(problem):
    result = solve(problem, dataclasses.replace(METHOD, phases=(LevenbergMarquardt(steps=8),)))
    data, t, x = result.data, result.data.t, result.data.x
    exact = 0.5 + np.exp(-0.05 * np.pi**2 * t) * np.sin(np.pi * x)
    assert float(abs(data.reference - exact).max()) < 1e-14
    assert float(abs(data.u - exact).max()) < 1e-2
    step = 1e-4
    here = {"t": t.values[1:-1], "x": np.linspace(-0.9, 0.9, 7)}
    values = {
        (i, j): result.predict(t=here["t"] + i * step, x=here["x"] + j * step).u.to_numpy()
        for i, j in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    }
    rate = (values[1, 0] - values[-1, 0]) / (2 * step)
    bend = (values[0, 1] - 2 * values[0, 0] + values[0, -1]) / step**2
    points = torch.tensor(np.stack(np.meshgrid(here["t"], here["x"], indexing="ij"), -1).reshape(-1, 2))
    given = result.solution.residual(points)["ring"].reshape(rate.shape).numpy()
    np.testing.assert_allclose(given, rate - 0.05 * bend, atol=1e-6)


def test_the_metrics_are_those_of_the_data(problem):
    result = solve(problem)
    data = result.data
    error = np.linalg.norm(data.u - data.reference) / np.linalg.norm(data.reference)
    assert result.metrics["relative_l2"] == pytest.approx(error, rel=1e-12)
    assert result.metrics["residual_rms"] == pytest.approx(float((data.residual**2).mean() ** 0.5), rel=1e-12)


def test_a_name_a_path_and_a_loaded_problem_are_one_problem(problem, tiny_file):
    by_path, by_text, loaded = (solve(p) for p in (tiny_file, str(tiny_file), problem))
    assert same(by_path.weights, loaded.weights) and same(by_text.weights, loaded.weights)


def test_a_problem_made_in_python_is_solved_like_one_from_a_file(problem, in_python):
    assert same(solve(in_python).weights, solve(problem).weights)


def test_without_a_method_the_recipe_is_taken(problem):
    result = physml.solve(problem, budget="smoke", tracker=Quiet())
    assert result.config["method"] == "pinn"
    assert result.config["settings"]["network"] == to_table(MLP(width=4, depth=1))


def test_a_problem_made_in_python_is_solved_without_a_method_too(in_python, monkeypatch):
    monkeypatch.setattr(solving, "train", lambda process, **options: pytest.fail(f"method: {process.method}"))
    with pytest.raises(pytest.fail.Exception, match="method: CausalPINN"):
        physml.solve(in_python, budget="smoke", tracker=Quiet())


def test_a_seed_repeats_every_bit_and_another_one_none_of_the_weights(problem):
    one, two, other = (solve(problem, seed=seed) for seed in (1, 1, 2))
    assert same(one.weights, two.weights)
    assert without_time(one.history) == without_time(two.history)
    name = "window_00.network.output.weight"
    assert not torch.equal(one.weights[name], other.weights[name])


def test_the_precision_asked_for_is_that_of_the_weights(problem):
    result = solve(problem, dtype=torch.float32)
    assert result.weights["window_00.network.output.weight"].dtype == torch.float32
    assert result.provenance["precision"] == result.config["dtype"] == "float32"


def test_a_problem_with_a_mistake_is_refused_before_anything_is_written(problem, folder):
    with pytest.raises(ProblemError, match="no axis 'y'"):
        solve(problem.replace(residual=lambda u, p: {"ring": u.t - u.yy}), output=folder)
    assert not folder.exists()


# -- budgets, devices, folders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("budget", "seconds"), [("smoke", 600.0), ("90s", 90.0), ("1.5min", 90.0), ("1h", 3600.0)])
def test_a_budget_is_a_name_or_a_wall_time(problem, budget, seconds):
    result = solve(problem, budget=budget)
    assert (result.config["budget"], result.config["budget_s"]) == (budget, seconds)


@pytest.mark.parametrize(("budget", "message"), [("medium", "'medium' is neither a budget"), ("0s", "seconds > 0")])
def test_another_budget_is_refused_before_anything_is_written(problem, folder, budget, message):
    with pytest.raises(ValueError, match=message):
        solve(problem, budget=budget, output=folder)
    assert not folder.exists()


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_written(problem, folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device 'cuda' was asked for, but torch finds no GPU here; use device 'cpu'"):
        solve(problem, device="cuda", output=folder)
    assert not folder.exists()


@pytest.mark.parametrize("device", ["gpu", "mps"])
def test_a_device_that_does_not_exist_is_refused_by_name(problem, folder, monkeypatch, device):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises((ValueError, RuntimeError), match=device):
        solve(problem, device=device, output=folder)
    assert not folder.exists()


def test_a_taken_folder_is_refused_and_left_alone(problem, folder):
    solve(problem, output=folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(FileExistsError, match=r"holds a run already; physml resume .*run goes on with it"):
        solve(problem, output=folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


# -- saved runs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [METHOD, HALVES, SOFT, CausalPINN(**vars(HALVES))])
def test_an_opened_run_predicts_the_same_bits(problem, folder, method):
    result = solve(problem, method, output=folder)
    opened = physml.open_run(folder)
    grid = {"t": np.linspace(0.0, 1.0, 13), "x": np.linspace(-1.0, 1.0, 17)}
    np.testing.assert_array_equal(opened.predict(**grid).u, result.predict(**grid).u)
    assert same(opened.weights, result.weights)
    assert (opened.metrics, opened.outcome) == (result.metrics, "finished")
    assert opened.history == result.history


def test_the_saved_data_are_a_netcdf_file_with_units(problem, folder):
    result = solve(problem, output=folder)
    with xr.open_dataset(folder / "result.nc", engine="h5netcdf") as data:
        assert (data.t.attrs["units"], data.x.attrs["units"]) == ("s", "m")
        for name in ("u", "reference", "residual"):
            np.testing.assert_array_equal(data[name], result.data[name])


def test_a_run_without_a_gpu_opens_what_a_gpu_has_solved(problem, folder, monkeypatch):
    solve(problem, output=folder)
    settings = (folder / "run.json").read_text()
    (folder / "run.json").write_text(settings.replace('"device": "cpu"', '"device": "cuda"'))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert physml.open_run(folder).predict(t=0.5, x=0.0).u.size == 1


def test_changed_parameters_survive_opening_and_resuming(problem, folder):
    changed = problem.replace(diffusivity=0.2)
    whole = solve(changed, HALVES)
    solve(changed, HALVES, output=folder, tracker=Interrupting(4))
    opened = physml.open_run(folder)
    assert opened.problem.params.diffusivity == 0.2
    resumed = physml.resume(folder, tracker=Quiet())
    assert resumed.problem.params.diffusivity == 0.2
    assert same(resumed.weights, whole.weights)
    decayed = 0.5 + np.exp(-0.2 * np.pi**2) * np.sin(np.pi * 0.5)
    assert float(resumed.data.reference.sel(t=1.0, x=0.5)) == pytest.approx(decayed)


def test_other_axes_are_refused(problem, folder):
    solve(problem, output=folder)
    longer = problem.replace(domain=Domain((Axis("t", 0.0, 2.0), problem.domain["x"])))
    for again in (physml.open_run, physml.resume):
        with pytest.raises(ValueError, match="with other axes than the problem given has"):
            again(folder, problem=longer)


@pytest.mark.parametrize(
    "change",
    [
        {"residual": lambda u, p: {"ring": u.t - 2 * p.diffusivity * u.xx}},
        {"conditions": (Condition("initial", "t", 0.0, lambda points, p: torch.cos(torch.pi * points.x)),)},
        {"domain": Domain((Axis("t", 0.0, 0.5), Axis("x", -1.0, 1.0, periodic=True)))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_problem_changed_in_python_must_be_given_again(problem, folder, change):
    """The file beside the run is no longer the problem that was solved."""
    solve(problem.replace(reference=None, **change), output=folder)
    with pytest.raises(ValueError, match=r"made in Python; pass it"):
        physml.open_run(folder)


def test_a_problem_made_in_python_is_given_again(in_python, folder):
    whole = solve(in_python, HALVES)
    solve(in_python, HALVES, output=folder, tracker=Interrupting(4))
    for again in (physml.open_run, physml.resume):
        with pytest.raises(ValueError, match=r"its problem was made in Python; pass it.*problem=\.\.\."):
            again(folder)
    assert same(physml.resume(folder, problem=in_python, tracker=Quiet()).weights, whole.weights)
    assert physml.open_run(folder, in_python).metrics == whole.metrics


def test_a_folder_without_a_run_is_refused(tmp_path):
    for again in (physml.open_run, physml.resume):
        with pytest.raises(FileNotFoundError, match=r"holds no run \(run\.json is missing\)"):
            again(tmp_path)


# -- runs that stop ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [HALVES, SOFT, CausalPINN(causal=CausalWeights(slices=4), **vars(HALVES))])
@pytest.mark.parametrize("stop", [1, 8])
def test_an_interrupted_run_goes_on_bit_equal(problem, folder, method, stop):
    whole = solve(problem, method)
    stopped = solve(problem, method, output=folder, tracker=Interrupting(stop))
    assert stopped.outcome == "interrupted"
    resumed = physml.resume(folder, tracker=Quiet())
    assert resumed.outcome == "finished"
    assert same(resumed.weights, whole.weights)
    assert without_time(resumed.history) == without_time(whole.history)
    assert resumed.metrics == whole.metrics
    assert physml.open_run(folder).metrics == whole.metrics


def test_where_a_run_has_not_come_to_there_is_no_number(problem, folder):
    result = solve(problem, HALVES, output=folder, tracker=Interrupting(2))
    solved = result.data.t <= 0.5
    for name in ("u", "residual"):
        assert bool(np.isfinite(result.data[name]).all("x").equals(solved.astype(bool)))
    assert np.isfinite(result.data.reference).all()
    assert "relative_l2" not in result.metrics
    assert all(np.isfinite(value) for value in result.metrics.values())
    assert np.isnan(physml.open_run(folder).predict(t=0.9, x=0.0).u)


def test_a_spent_budget_stops_and_a_larger_one_goes_on_bit_equal(problem, folder):
    whole = solve(problem, HALVES)
    stopped = solve(problem, HALVES, output=folder, budget="0.000001s")
    assert stopped.outcome == "budget spent"
    with pytest.raises(ValueError, match=r"has spent .* s of its .* s; give a larger --budget, such as 1h"):
        physml.resume(folder, tracker=Quiet())
    resumed = physml.resume(folder, budget="1h", tracker=Quiet())
    assert (resumed.outcome, resumed.config["budget"]) == ("finished", "1h")
    assert same(resumed.weights, whole.weights)


def test_resuming_a_finished_run_gives_it_again(problem, folder):
    result = solve(problem, output=folder)
    again = physml.resume(folder, tracker=Quiet())
    assert again.outcome == "finished"
    assert same(again.weights, result.weights)
    assert without_time(again.history) == without_time(result.history)


def test_a_run_that_has_not_ended_is_opened_by_resuming(problem, folder, monkeypatch):
    def die(*arguments) -> None:
        raise RuntimeError("the machine went down")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="went down"):
        patch.setattr(physml.Result, "save", die)
        solve(problem, output=folder)
    with pytest.raises(FileNotFoundError, match=r"has not ended; go on with: physml resume"):
        physml.open_run(folder)
    assert physml.resume(folder, tracker=Quiet()).outcome == "finished"


def test_a_run_that_dies_before_its_first_step_goes_on_too(problem, folder, monkeypatch):
    """As kill -9 leaves it while the first window is being made."""
    with monkeypatch.context() as patch:
        patch.setattr("physml.solving.train", lambda *arguments, **options: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            solve(problem, output=folder)
    assert same(physml.resume(folder, tracker=Quiet()).weights, solve(problem).weights)


def test_a_method_that_cannot_start_leaves_the_folder_free(problem, folder):
    walls = problem.replace(
        domain=Domain((problem.domain["t"], Axis("x", -1.0, 1.0))),
        conditions=(*problem.conditions, Condition("wall", "x", 1.0, lambda points, p: 0.5)),
    )
    hard = dataclasses.replace(METHOD, initial="hard")
    with pytest.raises(ProblemError, match="initial='hard' is not possible"):
        solve(walls, hard, output=folder)
    assert solve(problem, METHOD, output=folder).outcome == "finished"


# -- numbers that are not finite ---------------------------------------------------------------------------------------


def divided_by_zero(where):
    """A residual that divides by zero there, and is an ordinary one elsewhere."""

    def residual(u, p):
        return {"ring": u.t - p.diffusivity * u.xx / torch.where(where(u.points), 0.0, 1.0)}

    return residual


@pytest.mark.filterwarnings("ignore:.*points for .* parameters")
@pytest.mark.parametrize("initial", ["hard", "soft"])
@pytest.mark.parametrize("candidates", [1, 3])
@pytest.mark.parametrize("phase", [Adam(steps=4), LevenbergMarquardt(steps=4)], ids=lambda phase: type(phase).__name__)
def test_a_division_by_zero_ends_with_the_name_of_the_term(problem, folder, initial, candidates, phase):
    sampling = Sampling(count=64, condition_count=10, period=2, candidates=candidates)
    method = dataclasses.replace(METHOD, initial=initial, sampling=sampling, phases=(phase,))
    broken = problem.replace(residual=divided_by_zero(lambda points: points.x > 0.9))
    result = solve(broken, method, output=folder)
    assert result.outcome.startswith("not a number: ring at step 1 (")
    assert all(torch.isfinite(tensor).all() for tensor in result.weights.values())


@pytest.mark.filterwarnings("ignore:.*points for .* parameters")
@pytest.mark.parametrize("initial", ["hard", "soft"])
def test_a_division_by_zero_in_a_later_window_keeps_the_windows_before(problem, folder, initial, monkeypatch):
    monkeypatch.setattr("physml.train.loop.CHECKPOINT_SECONDS", -1.0)
    method = dataclasses.replace(HALVES, initial=initial, sampling=Sampling(count=64, condition_count=10, period=2))
    late = problem.replace(residual=divided_by_zero(lambda points: points.t > 0.9))
    result = solve(late, method, output=folder)
    assert result.outcome.startswith("not a number: ring at step 7 (window 2/2")
    first = {name: t for name, t in solve(problem, method).weights.items() if name.startswith("window_00.network")}
    assert same({name: result.weights[name] for name in first}, first)
    assert all(torch.isfinite(tensor).all() for tensor in result.weights.values())


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_a_step_that_destroys_the_weights_is_taken_back(problem, folder, monkeypatch):
    """Adam at an absurd rate: the network overflows, and the last good state is the saved one."""
    method = dataclasses.replace(METHOD, initial="soft", phases=(Adam(steps=50, learning_rate=1e300),))
    monkeypatch.setattr("physml.train.loop.CHECKPOINT_SECONDS", -1.0)
    result = solve(problem, method, output=folder)
    assert result.outcome.startswith("not a number: ")
    assert all(torch.isfinite(tensor).all() for tensor in result.weights.values())
    saved = load_checkpoint(folder)["process"]["pieces"][0]
    assert torch.equal(saved["network.output.weight"], result.weights["window_00.network.output.weight"])
