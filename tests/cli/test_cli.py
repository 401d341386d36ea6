"""The commands: what they print, what they write, and one line for every mistake."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

import physml
from physml.cli import commands, main
from physml.result.scoreboard import HEADERS
from physml.train import Quiet

pytestmark = pytest.mark.usefixtures("without_report")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """The folder that commands are run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tiny(tiny_file) -> str:
    """The tiny problem's file, as one would type it."""
    return "./problem/tiny.py"


@pytest.fixture
def run(tiny):
    """``run(*flags)``: the exit status of a quiet smoke run of the tiny problem."""
    return lambda *flags: main(["run", tiny, "--budget", "smoke", "--quiet", *flags])


@pytest.fixture
def complaint(capsys):
    """``complaint(*arguments)``: the one line on standard error of a command that ends with status 2."""

    def call(*arguments: str) -> str:
        assert main(arguments) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert error.endswith("\n") and error.count("\n") == 1 and error.startswith("physml: ")
        return error

    return call


def settings_of(folder: str) -> dict:
    return json.loads(Path(folder, "run.json").read_text())


# -- what they do ------------------------------------------------------------------------------------------------------


def test_list_shows_each_problem_with_its_best_published_error(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("physml.paper.reproduce.papers_folder", lambda: tmp_path)
    assert main(["list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(physml.catalog.names()) < set(lines)
    best = min(row.value for row in physml.load("allen_cahn").published)
    assert f"{best:.2e}" in lines["allen_cahn"]


def test_show_prints_the_whole_card(capsys, tiny):
    assert main(["show", tiny]) == 0
    out = capsys.readouterr().out
    for part in (
        "Tiny ring",
        "u_t = a u_{xx}",
        "how fast the waves decay",
        "0 to 1",
        "t = 0",
        "closed form",
        "raissi2019",
        "the smallest file",
    ):
        assert part in out


def test_check_knows_a_closed_form(capsys, tiny):
    assert main(["check", tiny]) == 0
    assert "'exact': closed form" in capsys.readouterr().out


def test_check_gives_the_order_of_a_computed_reference(capsys):
    assert main(["check", "allen_cahn"]) == 0
    assert "'exact': order 4.0" in capsys.readouterr().out


def test_a_run_writes_its_folder_and_says_how_it_went(capsys, run):
    assert run() == 0
    result = physml.open_run("runs/tiny")
    out = capsys.readouterr().out
    assert "finished" in out and "report: runs/tiny/report.html" in out
    assert f"{result.metrics['relative_l2']:.3g}"[:4] in out
    assert "raissi2019" in out and "better" in out


def test_each_further_run_has_a_folder_of_its_own(run):
    for _ in range(3):
        assert run() == 0
    assert sorted(path.name for path in Path("runs").iterdir()) == ["tiny", "tiny_2", "tiny_3"]


def test_flags_reach_the_method_the_parameters_and_the_run(run):
    flags = (
        "--network.width 5 --network.activation sin --modes 2 --phases.0.steps 2 --sampling.count 30 --windows.count 2 "
        "--initial soft --condition-weight 7 --params.diffusivity 0.125 --seed 9 --dtype float32 --output elsewhere"
    )
    assert run(*flags.split()) == 0
    config = settings_of("elsewhere")
    given = config["settings"]
    assert (given["network"]["width"], given["network"]["activation"], given["modes"]) == (5, "sin", 2)
    assert (given["phases"][0]["steps"], given["sampling"]["count"], given["windows"]["count"]) == (2, 30, 2)
    assert (given["initial"], given["condition_weight"]) == ("soft", 7.0)
    assert (config["params"], config["seed"], config["dtype"]) == ({"diffusivity": 0.125}, 9, "float32")
    assert config["budget"] == "smoke"


def test_what_no_flag_says_is_the_recipe(run):
    assert run("--network.depth", "2") == 0
    network = settings_of("runs/tiny")["settings"]["network"]
    assert (network["width"], network["depth"]) == (4, 2)


def test_another_method_has_flags_of_its_own(tiny):
    flags = "--network.width 4 --phases.0.steps 1 --sampling.count 70 --causal.delta 0.5 --causal.epsilons 0.5 2"
    assert main(["run", tiny, "--method", "causal_pinn", "--budget", "smoke", "--quiet", *flags.split()]) == 0
    config = settings_of("runs/tiny")
    assert config["method"] == "causal_pinn"
    assert (config["settings"]["causal"]["delta"], config["settings"]["causal"]["epsilons"]) == (0.5, [0.5, 2.0])


def test_the_order_of_flags_and_name_does_not_matter(tiny):
    assert main(["run", "--budget", "smoke", "--network.width", "5", "--quiet", tiny]) == 0
    assert settings_of("runs/tiny")["settings"]["network"]["width"] == 5


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_shows_the_flags_of_the_method_and_the_parameters(capsys, tiny, flag):
    with pytest.raises(SystemExit) as stop:
        main(["run", tiny, "--budget", "smoke", flag])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    for part in ("--network.width", "--phases.0.damping", "--params.diffusivity", "how fast the waves decay", "--seed"):
        assert part in out
    assert not Path("runs").exists()


def test_help_without_a_problem_shows_the_options_of_every_run(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["run", "--help"])
    assert stop.value.code == 0
    assert "--budget" in capsys.readouterr().out


def test_a_spent_budget_says_how_to_go_on_and_goes_on(capsys, tiny, complaint):
    assert main(["run", tiny, "--budget", "0.000001s", "--quiet"]) == 0
    assert "go on with: physml resume runs/tiny --budget 1h" in capsys.readouterr().out
    assert "give a larger --budget, such as 1h" in complaint("resume", "runs/tiny", "--quiet")
    assert main(["resume", "runs/tiny", "--quiet", "--budget", "1h"]) == 0
    assert "finished" in capsys.readouterr().out
    assert main(["run", tiny, "--budget", "smoke", "--quiet", "--output", "whole"]) == 0
    grid = {"t": np.linspace(0, 1, 5), "x": np.linspace(-1, 1, 9)}
    resumed, whole = (physml.open_run(folder).predict(**grid).u for folder in ("runs/tiny", "whole"))
    np.testing.assert_array_equal(resumed, whole)


class Interrupting(Quiet):
    """Presses Ctrl-C after the first step."""

    def update(self, number, seconds, step) -> None:
        if number == 1:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_saves_and_says_how_to_go_on(capsys, run, monkeypatch):
    monkeypatch.setattr("physml.cli.run.Quiet", Interrupting)
    assert run() == 130
    assert "go on with: physml resume runs/tiny\n" in capsys.readouterr().out
    assert main(["resume", "runs/tiny", "--quiet"]) == 0


def test_ctrl_c_before_the_first_step_is_no_traceback(capsys, run, monkeypatch):
    monkeypatch.setattr("physml.cli.run.solve", lambda *a, **k: os.kill(os.getpid(), signal.SIGINT))
    assert run() == 130
    assert capsys.readouterr().err == "physml: interrupted\n"


@pytest.mark.filterwarnings("ignore:.*points for .* parameters")
def test_a_number_that_is_not_finite_ends_with_status_one(capsys, run, tiny_file):
    broken = tiny_file.read_text().replace("p.diffusivity * u.xx}", "u.xx / torch.where(u.points.x > 0.9, 0.0, 1.0)}")
    tiny_file.write_text(broken)
    assert run("--initial", "soft", "--sampling.candidates", "1") == 1
    assert "not a number: ring at step 1" in capsys.readouterr().out


def test_cite_prints_the_problem_the_method_and_what_it_is_compared_with(capsys, run):
    run("--output", "out")
    capsys.readouterr()
    assert main(["cite", "out"]) == 0
    entries = capsys.readouterr().out
    assert [entries.count(f"{{{key},") for key in ("evans2010", "raissi2019", "wang2024causal")] == [1, 1, 0]


def test_the_scoreboard_prints_the_rows_of_the_papers(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "papers_folder", lambda: tmp_path)
    row = {"problem": "ring", "case": "c=50", "method": "pinn", "metric": "relative_l2", "value": 1.25e-3, "seeds": [0]}
    row |= {"published": 2e-3, "verdict": "better", "wall_time_s": 61.0, "device": "cpu: test"}
    (tmp_path / "someone").mkdir()
    (tmp_path / "someone" / "results.json").write_text(json.dumps({"rows": [row]}))
    assert main(["scoreboard"]) == 0
    out = capsys.readouterr().out
    for part in (*HEADERS, "someone", "c=50", "2.00e-03", "1.25e-03", "better", "61 s", "cpu: test"):
        assert part in out


def test_names_with_brackets_are_printed_as_they_are(capsys, run):
    assert run("--output", "out[b]") == 0
    assert "report: out[b]/report.html" in capsys.readouterr().out


def test_compare_prints_a_table_and_writes_the_picture(capsys, tiny):
    assert main(["compare", tiny, "--methods", "pinn, deepxde", "--budget", "0.2s", "--seed", "4", "--quiet"]) == 0
    out = capsys.readouterr().out
    for part in ("0.2s each", "relative l2", "wall time s", "pinn", "deepxde", "budget spent"):
        assert part in out
    folder = Path("runs/compare_tiny")
    assert str(folder / "compare.png") in out and (folder / "compare.png").exists()
    assert {row["method"] for row in json.loads((folder / "comparison.json").read_text())["table"]} == {
        "pinn",
        "deepxde",
    }
    assert settings_of(folder / "deepxde")["seed"] == 4
    assert main(["compare", tiny, "--methods", "pinn", "--budget", "smoke", "--quiet"]) == 0
    assert Path("runs/compare_tiny_2/comparison.json").exists()


def test_the_settings_of_deepxde_are_flags_too(tiny):
    flags = "--width 5 --depth 1 --points 20 --adam-steps 3 --lbfgs-steps 0 --initial soft --first-precision float64"
    assert main(["run", tiny, "--method", "deepxde", "--budget", "smoke", "--quiet", *flags.split()]) == 0
    config = settings_of("runs/tiny")
    assert (config["method"], config["settings"]["width"], config["settings"]["initial"]) == ("deepxde", 5, "soft")


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["show", "check", "run"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alen_cahn", "no problem named 'alen_cahn'; did you mean allen_cahn?"),
        ("./nowhere.py", "no file ./nowhere.py; expected a Python file"),
    ],
)
def test_a_problem_that_is_not_there_is_one_line(complaint, command, name, message):
    assert message in complaint(command, name)


def test_a_mistake_in_a_file_is_one_line_with_its_number(complaint):
    Path("mine.py").write_text("x = 1\nraise ValueError('first\\nsecond')\n")
    assert complaint("run", "mine.py") == "physml: mine.py, line 2: ValueError: first second\n"


def test_a_mistake_in_a_problem_is_one_line(complaint, tiny, tiny_file):
    tiny_file.write_text(tiny_file.read_text().replace("u.xx", "u.yy"))
    for command in ("check", "run"):
        assert "tiny: the residual fails: u.yy: the domain has no axis 'y'" in complaint(command, tiny)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--method nobody", "no method 'nobody'; there are pinn, causal_pinn"),
        ("--budget tomorrow", "budget 'tomorrow' is neither a budget of the problem nor a time such as 90s, 2min, 1h"),
        ("--params.diffusivity -1", "parameter diffusivity = -1.0 is outside its range [0.0, 1.0]"),
        ("--params.diffusivity nan", "parameter diffusivity = nan is outside its range [0.0, 1.0]"),
        ("--device cuda", "device 'cuda' was asked for, but torch finds no GPU here"),
        ("--modes 0", "modes >= 1"),
    ],
)
def test_a_value_that_cannot_be_is_one_line_and_nothing_is_written(complaint, tiny, flags, message, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    budget = () if "--budget" in flags else ("--budget", "smoke")
    assert message in complaint("run", tiny, *budget, "--quiet", *flags.split())
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    "flags", ["--widht 3", "--network.widht 3", "--modes many", "--dtype float16", "--network.activation relu"]
)
def test_a_flag_that_does_not_exist_is_named(capsys, tiny, flags):
    with pytest.raises(SystemExit) as stop:
        main(["run", tiny, "--budget", "smoke", *flags.split()])
    assert stop.value.code == 2
    assert flags.split()[0].lstrip("-") in capsys.readouterr().err
    assert not Path("runs").exists()


def test_a_setting_outside_its_range_is_named(capsys, tiny):
    with pytest.raises(SystemExit) as stop:
        main(["run", tiny, "--budget", "smoke", "--windows.count", "0"])
    assert stop.value.code == 2
    assert "windows need count >= 1" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert not Path("runs").exists()


def test_a_command_that_does_not_exist_is_named_with_those_that_do(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["solve"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert "solve" in error and "scoreboard" in error


def test_a_taken_folder_is_one_line(capsys, run, complaint, tiny):
    run("--output", "out")
    capsys.readouterr()
    message = complaint("run", tiny, "--budget", "smoke", "--quiet", "--output", "out")
    assert "out holds a run already; physml resume out goes on with it" in message


def test_a_method_that_does_not_exist_is_one_line_and_nothing_is_compared(complaint, tiny):
    assert "no method 'nobody'; there are pinn, causal_pinn, deepxde" in complaint(
        "compare", tiny, "--methods", "pinn,nobody"
    )
    assert not Path("runs").exists()


def test_a_missing_package_is_one_line(complaint, tiny, monkeypatch):
    monkeypatch.delitem(sys.modules, "deepxde", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    message = 'physml: DeepXDE is not installed; install it with: pip install "physml[deepxde]"\n'
    assert complaint("run", tiny, "--method", "deepxde") == message


@pytest.mark.parametrize("command", ["resume", "cite"])
def test_a_folder_without_a_run_is_one_line(complaint, command):
    assert "nowhere holds no run (run.json is missing)" in complaint(command, "nowhere")


def test_a_paper_that_is_not_there_is_one_line(complaint):
    assert "no paper 'nobody2020'" in complaint("figures", "nobody2020")


def test_a_mistake_inside_physml_is_one_line_that_says_how_to_see_more(complaint, tiny, monkeypatch):
    monkeypatch.setattr("physml.cli.run.solve", lambda *a, **k: {}.nothing)
    message = complaint("run", tiny, "--budget", "smoke")
    assert message.startswith("physml: AttributeError: ") and "(physml --debug shows where)" in message


@pytest.mark.parametrize("place", [0, 2])
def test_debug_shows_where_an_error_comes_from(capsys, place):
    arguments = ["show", "nobody"]
    arguments.insert(place, "--debug")
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert error.splitlines()[-1].startswith("physml: no problem named 'nobody'")
