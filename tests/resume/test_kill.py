"""``kill -9`` in the middle of a run: what is on disk goes on to the same bits as a run that nobody killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import physml
from physml.cli import main
from physml.train import Quiet
from physml.train.checkpoint import load_checkpoint

# A run whose steps take their time, so that it can be killed between two of them, and that saves itself often.
SLOW_RUN = """
import sys, time, torch
torch.set_num_threads(1)
import physml.train.loop as loop
from physml.pinn.process import PINNProcess
loop.CHECKPOINT_SECONDS = 0.02
step = PINNProcess.step
PINNProcess.step = lambda self: (time.sleep(0.02), step(self))[1]
from physml.cli import main
raise SystemExit(main(sys.argv[1:]))
"""

COMMON = """recommended = "{method}"
[{method}.smoke]
network = {{ width = 4, depth = 1 }}
modes = 1
series_modes = 16
"""

RECIPES = {
    "Adam": COMMON.format(method="pinn")
    + """
    sampling = { count = 40, period = 7 }
    phases = [{ kind = "Adam", steps = 300 }]
    """,
    "Levenberg-Marquardt": COMMON.format(method="pinn")
    + """
    sampling = { count = 40, period = 3 }
    phases = [{ kind = "LevenbergMarquardt", steps = 60 }]
    """,
    "SOAP": COMMON.format(method="pinn")
    + """
    sampling = { count = 40, period = 7 }
    phases = [{ kind = "SOAP", steps = 300, warm_up = 20 }]
    """,
    "SSBroyden": COMMON.format(method="pinn")
    + """
    sampling = { count = 40, period = 7 }
    phases = [{ kind = "SSBroyden", steps = 150 }]
    """,
    "windows": COMMON.format(method="causal_pinn")
    + """
    sampling = { count = 40, period = 3 }
    windows.count = 4
    causal.slices = 8
    phases = [{ kind = "Adam", steps = 6 }, { kind = "LevenbergMarquardt", steps = 12 }]
    """,
    "adaptive windows": """
    recommended = "causal_pinn"
    [causal_pinn.smoke]
    network = { kind = "RandomFeatures", width = 5 }
    spectral = { modes = 4, times = 9, period = 1 }
    windows = { kind = "AdaptiveWindows", first = 0.02, largest = 0.03 }
    causal = { epsilons = [1e-8, 1e-4, 1e-2], slices = 9 }
    phases = [{ kind = "LevenbergMarquardt", steps = 5, damping = 1e-8, solver = "cg", acceleration = 0 }]
    """,
}
HALF_LINEAR = """params=Ring(),
    semilinear=Semilinear(lambda k, p: -p.diffusivity * k**2 / 2),"""
LINES = {
    "Adam": 2,
    "Levenberg-Marquardt": 20,
    "SOAP": 2,
    "SSBroyden": 5,
    "windows": 20,
    "adaptive windows": 20,
}  # of the history before the kill


def kill_when(folder: Path, lines: int, process: subprocess.Popen) -> None:
    """``kill -9`` as soon as the history has so many lines."""
    history = folder / "history.jsonl"
    for _ in range(6000):
        if history.exists() and history.read_text().count("\n") >= lines:
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            return
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    process.kill()
    pytest.fail("the run never came so far")


def history_of(folder: Path) -> list[dict]:
    rows = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.mark.usefixtures("one_thread", "without_report")
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_killed_run_resumes_to_the_same_bits(recipe, tiny_file, tmp_path):
    tiny_file.with_suffix(".toml").write_text(RECIPES[recipe])
    text = tiny_file.read_text().replace("Reference, parameter", "Reference, Semilinear, parameter")
    tiny_file.write_text(text.replace("params=Ring(),", HALF_LINEAR))
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = ["run", str(tiny_file), "--budget", "smoke", "--seed", "3", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, *command, "--output", str(killed)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    kill_when(killed, LINES[recipe], process)
    assert main([*command, "--output", str(whole)]) == 0
    total = history_of(whole)[-1]["step"]
    assert 0 < load_checkpoint(killed)["steps"] < total
    with pytest.raises(FileNotFoundError, match="has not ended"):
        physml.open_run(killed)
    assert main(["resume", str(killed), "--quiet"]) == 0
    assert (killed / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()
    assert history_of(killed) == history_of(whole)


@pytest.mark.usefixtures("one_thread", "without_report")
def test_a_half_written_line_of_the_history_is_forgotten(tiny_file, tmp_path):
    """A kill while a line is being written leaves a part of it behind the last checkpoint."""
    folder, whole = tmp_path / "killed", physml.solve(tiny_file, budget="smoke", tracker=Quiet())
    physml.solve(tiny_file, budget="0.000001s", tracker=Quiet(), output=folder)
    with (folder / "history.jsonl").open("a") as file:
        file.write('{"step": 99, "losses": {"ri')
    resumed = physml.resume(folder, budget="1h", tracker=Quiet())
    assert [row["step"] for row in resumed.history] == [row["step"] for row in whole.history]
