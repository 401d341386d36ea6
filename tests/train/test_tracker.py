"""What a person sees of a run."""

import io

import pytest
from rich.console import Console

from physml.train import LiveTable, PlainLines, Quiet, Step, default_tracker, tracker

STEP = Step("window 1/2", 25, 100, {"heat": 1.5e-3, "left wall": 2.5e-7}, {"damping": 0.125})


def test_plain_lines_name_each_term_the_stage_and_the_time_left(capsys):
    PlainLines().update(25, 10.0, STEP)
    line = capsys.readouterr().out
    for part in (
        "heat 1.50e-03",
        "left wall 2.50e-07",
        "damping 1.25e-01",
        "window 1/2",
        "step 25",
        "at most 30 s",
    ):
        assert part in line


def test_plain_lines_wait_but_not_for_a_new_stage(capsys):
    lines = PlainLines(every=1000.0)
    for stage in ("one", "one", "two"):
        lines.update(1, 1.0, Step(stage, 1, 2, {"heat": 1.0}, {}))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_live_table_shows_each_term(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(tracker, "Console", lambda: Console(file=screen, width=120, force_terminal=True))
    with LiveTable() as table:
        table.update(25, 10.0, STEP)
    for part in ("heat", "1.500e-03", "left wall", "damping", "window 1/2"):
        assert part in screen.getvalue()


def test_quiet_says_nothing(capsys):
    with Quiet() as quiet:
        quiet.update(1, 1.0, STEP)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("terminal", "kind"), [(True, LiveTable), (False, PlainLines)])
def test_the_default_depends_on_the_terminal(monkeypatch, terminal, kind):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert type(default_tracker()) is kind


def test_a_notebook_gets_a_quiet_one(monkeypatch):
    monkeypatch.setitem(tracker.sys.modules, "ipykernel", object())
    assert type(default_tracker()) is Quiet
