"""The training loop: exact resume, the guard against NaN, budgets, Ctrl-C, what is on disk."""

import json
import math
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from physml.train import Step, loop, train
from physml.train.checkpoint import NAME, load_checkpoint


class RandomWalk:
    """A process whose state is a sum of random numbers; ``events`` happen inside the step of that number."""

    def __init__(self, total: int = 12, events: dict[int, Any] | None = None) -> None:
        self.generator = torch.Generator().manual_seed(3)
        self.position = torch.zeros(2, dtype=torch.float64)
        self.count, self.total, self.events = 0, total, events or {}

    @property
    def finished(self) -> bool:
        return self.count == self.total

    def step(self) -> Step:
        self.count += 1
        self.position = self.position + torch.randn(2, generator=self.generator, dtype=torch.float64)
        event = self.events.get(self.count, lambda: None)()
        losses = {"walk": float(self.position.square().sum()), "other": 1.0 if event is None else event}
        return Step("walking", self.count, self.total, losses, {"count": self.count}, logged=self.count % 2 == 0)

    def state_dict(self) -> dict[str, Any]:
        return {"position": self.position, "generator": self.generator.get_state(), "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.position, self.count = state["position"], state["count"]
        self.generator.set_state(state["generator"])


def walked(total: int = 12) -> RandomWalk:
    walk = RandomWalk(total)
    train(walk)
    return walk


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stop=st.integers(1, 11), every=st.booleans())
def test_a_run_killed_at_any_step_resumes_bit_equal(stop, every, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0 if every else 10.0)
    folder, copy = (tmp_path_factory.mktemp(name) for name in ("run", "copy"))

    def kill() -> None:  # what kill -9 leaves at this moment
        shutil.copytree(folder, copy, dirs_exist_ok=True)

    whole = RandomWalk(events={stop: kill})
    expected = train(whole, folder=folder)
    resumed = RandomWalk()
    outcome = train(resumed, folder=copy, resume=True)
    assert torch.equal(resumed.position, whole.position)
    assert torch.equal(resumed.generator.get_state(), whole.generator.get_state())
    assert outcome.steps == expected.steps == 12
    assert without_time(outcome.history) == without_time(expected.history)
    lines = (copy / "history.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == outcome.history


def test_ctrl_c_finishes_the_step_saves_and_goes_on_bit_equal(tmp_path):
    walk = RandomWalk(events={5: interrupt})
    outcome = train(walk, folder=tmp_path)
    assert (outcome.reason, outcome.steps) == ("interrupted", 5)
    resumed = RandomWalk()
    assert train(resumed, folder=tmp_path, resume=True).reason == "finished"
    assert torch.equal(resumed.position, walked().position)


def test_a_second_ctrl_c_interrupts_at_once():
    def twice() -> None:
        interrupt()
        interrupt()

    with pytest.raises(KeyboardInterrupt):
        train(RandomWalk(events={3: twice}))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_in_the_last_step_is_a_finished_run():
    assert train(RandomWalk(events={12: interrupt})).reason == "finished"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_spent_budget_stops_and_counts_over_all_sittings(tmp_path):
    assert train(RandomWalk(), folder=tmp_path, seconds=1e-9).reason == "budget spent"
    outcome = train(RandomWalk(), folder=tmp_path, seconds=1e-9, resume=True)
    assert (outcome.reason, outcome.steps) == ("budget spent", 2)
    assert outcome.seconds >= load_checkpoint(tmp_path)["seconds"] > 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_named_and_the_last_good_state_restored(tmp_path, value, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)
    walk = RandomWalk(events={7: lambda: value})
    outcome = train(walk, folder=tmp_path)
    assert outcome.reason == "not a number: other at step 7 (walking)"
    assert walk.count == 6
    assert torch.equal(walk.position, walked(6).position)


def test_after_a_nan_the_checkpoint_counts_the_steps_of_its_state(tmp_path):
    train(RandomWalk(events={7: lambda: math.nan}), folder=tmp_path)  # the last good state is the first one
    saved = load_checkpoint(tmp_path)
    assert saved["steps"] == saved["process"]["count"] == saved["logged"] == 0
    outcome = train(RandomWalk(), folder=tmp_path, resume=True)
    assert outcome.steps == 12
    assert [row["step"] for row in outcome.history] == [2, 4, 6, 8, 10, 12]


def test_the_checkpoint_is_read_without_pickle(tmp_path):
    walk = RandomWalk()
    train(walk, folder=tmp_path)
    saved = torch.load(tmp_path / NAME, weights_only=True)
    assert torch.equal(saved["process"]["position"], walk.position)


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    train(RandomWalk(), folder=tmp_path)
    again = RandomWalk()
    assert train(again, folder=tmp_path, resume=True).steps == 12
    assert torch.equal(again.position, walked().position)


def test_a_folder_without_a_checkpoint_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint\.pt"):
        train(RandomWalk(), folder=tmp_path, resume=True)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_refused_by_name(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint\.pt is damaged"):
        train(RandomWalk(), folder=tmp_path, resume=True)


def test_a_new_run_forgets_the_history_in_its_folder(tmp_path: Path):
    train(RandomWalk(), folder=tmp_path)
    assert len(train(RandomWalk(4), folder=tmp_path).history) == 2
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 2
