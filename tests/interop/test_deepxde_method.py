"""DeepXDE as a method: its own training steps, in our loop."""

import json

import numpy as np
import pytest
import torch

import physml
from physml.interop.deepxde import DeepXDE, to_deepxde
from physml.interop.deepxde.session import session
from physml.train import Quiet

TINY = DeepXDE(width=6, depth=1, points=50, condition_points=20, modes=2, adam_steps=50, lbfgs_steps=100)


@pytest.fixture
def start(one_thread):
    def begin(method=TINY, problem="heat", dtype=torch.float64):
        return method.start(physml.load(problem), seed=3, device=torch.device("cpu"), dtype=dtype)

    return begin


def weights_of(process):
    return torch.cat([p.detach().reshape(-1) for p in process.ansatz.network.parameters()])


def test_heat_is_solved_within_some_seconds():
    method = DeepXDE(width=12, depth=2, points=200, modes=3, adam_steps=50, lbfgs_steps=150, first_precision="float64")
    result = physml.solve("heat", method, budget="60s", tracker=Quiet())
    assert result.metrics["relative_l2"] < 1e-2
    assert result.outcome == "finished"


def test_adam_takes_the_steps_that_deepxde_takes(start):
    process = start()
    with session(torch.float32):
        model = to_deepxde(physml.load("heat"), TINY, seed=3)
        model.compile("adam", lr=TINY.learning_rate, verbose=0)
        model.train(iterations=50, display_every=1000, verbose=0)
        expected = torch.cat([p.detach().reshape(-1) for p in model.net.parameters()])
    taken = [process.step().values["iterations"] for _ in range(3)]
    assert taken == [20, 40, 50]
    assert torch.equal(weights_of(process).float(), expected)


def test_phases_follow_one_another_in_their_precisions(start):
    process = start()
    stages, sizes = [], []
    while not process.finished:
        before = process.ansatz
        stages.append(process.step().stage)
        sizes.append(next(before.network.parameters()).dtype)
    order = ["Adam, float32", "L-BFGS, float32", "L-BFGS, float64"]
    assert list(dict.fromkeys(stages)) == order
    assert list(dict.fromkeys(sizes)) == [torch.float32, torch.float64]
    assert start(dtype=torch.float32).phases[-1][:2] == ("L-BFGS", torch.float32)


def test_losses_are_those_of_deepxde_without_weights(start):
    process = start(DeepXDE(width=6, depth=1, points=50, condition_points=20, adam_steps=1, lbfgs_steps=0), "wave_1d")
    model = process.exported.model
    with session(torch.float32):
        weighted = model.outputs_losses_train(*process.batch)[1].detach()
    step = process.step()
    assert list(step.losses) == ["wave", "initial", "initial velocity", "ends"]
    expected = weighted / torch.tensor([1.0, 100.0, 100.0, 100.0])
    torch.testing.assert_close(torch.tensor(list(step.losses.values())), expected)


@pytest.mark.parametrize("steps", [2, 4])
def test_a_state_goes_through_a_file_and_the_run_goes_on(start, tmp_path, steps):
    whole, stopped, resumed = start(), start(), start()
    for _ in range(steps):
        whole.step()
        stopped.step()
    torch.save(stopped.state_dict(), tmp_path / "state.pt")
    resumed.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    for _ in range(2):
        one, other = whole.step(), resumed.step()
        assert one.losses == pytest.approx(other.losses, rel=1e-4)
        assert one.values["iterations"] == other.values["iterations"]
    torch.testing.assert_close(weights_of(whole), weights_of(resumed), rtol=1e-4, atol=1e-5)


def test_a_saved_run_opens_resumes_and_cites(tiny_file, tmp_path, without_report):
    result = physml.solve(tiny_file, TINY, budget="0.001s", tracker=Quiet(), output=tmp_path / "run")
    assert result.outcome == "budget spent"
    assert json.loads((tmp_path / "run" / "run.json").read_text())["method"] == "deepxde"
    grid = {"t": np.linspace(0, 1, 5), "x": np.linspace(-1, 1, 9)}
    np.testing.assert_array_equal(physml.open_run(tmp_path / "run").predict(**grid).u, result.predict(**grid).u)
    further = physml.resume(tmp_path / "run", budget="1h", tracker=Quiet())
    assert further.outcome == "finished"
    assert further.metrics["relative_l2"] < result.metrics["relative_l2"]
    assert {"u", "reference", "residual"} <= set(further.data)


def test_the_residual_of_the_result_is_the_loss(start):
    """On DeepXDE's own points, the mean square of the residual that the result shows is the loss that it trained."""
    process = start(dtype=torch.float64)
    while not process.finished:
        losses = process.step().losses
    with session(torch.float64):
        points = torch.tensor(process.exported.model.data.train_x_all)[:, [1, 0]]
    residual = process.solution.residual(points)["heat"]
    assert float((residual**2).mean()) == pytest.approx(losses["heat"], rel=0.05)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0}, "width must be >= 1, given 0"),
        ({"points": -1}, "points must be >= 1, given -1"),
        ({"adam_steps": 0, "lbfgs_steps": 0}, "needs steps of Adam or of L-BFGS"),
        ({"learning_rate": 0.0}, "learning_rate > 0"),
        ({"condition_weight": -1.0}, "condition_weight > 0"),
    ],
)
def test_settings_outside_their_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DeepXDE(**settings)


def test_several_processes_are_refused(string, monkeypatch):
    monkeypatch.setattr("physml.interop.deepxde.method.process_count", lambda: 2)
    with pytest.raises(ValueError, match="deepxde trains in one process, given 2"):
        DeepXDE().start(string, seed=0, device=torch.device("cpu"), dtype=torch.float64)
