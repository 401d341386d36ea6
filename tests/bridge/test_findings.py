"""What a run reports: distances of pairs that are known, errors of parameters, and rows of both."""

import pytest
import torch

import physml
from physml.bridge import IterativeReferenceRefinement, StaticBridge
from physml.dynamics import AffineDrift
from physml.paper import Case, run_case
from physml.problem import SnapshotData, Snapshots
from physml.result.rows import read_rows
from physml.train import Quiet

FILE = '''"""Points that move to the right, each by one in a unit of time, seen as paired snapshots of a file."""

import torch

from physml.dynamics import AffineDrift
from physml.problem import SnapshotData, Snapshots

start = 10.0 * torch.arange(20)[:, None]

problem = Snapshots(
    name="shift", title="Shift", equation=r"dX = c\\,dt + \\sigma\\,dW", states=("x",), family=AffineDrift(1),
    snapshots=lambda p, seed: SnapshotData(range(3), [start + t for t in range(3)], held_out=(1,), paired=True),
    sigma=lambda p: 0.1, truth=lambda p: {"A11": 0.0, "c1": 2.0}, citations=("shen2025multimarginal",),
)
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "shift.py"
    path.write_text(FILE)
    return path


def test_paired_states_are_as_far_from_their_individuals_as_the_noise_takes_them(file):
    result = physml.solve(file, IterativeReferenceRefinement(iterations=0), tracker=Quiet())
    # A bridge of volatility 0.1 over two units of time has a variance of 0.1^2 / 2 in their middle.
    assert result.metrics["paired rms"] == pytest.approx(0.1 / 2**0.5, rel=0.4)
    assert "parameter error" not in result.metrics  # of Brownian motion


def test_each_parameter_has_an_error_relative_to_its_truth():
    clouds = [torch.randn(50, 1, generator=torch.Generator().manual_seed(t)) * 0.1 + t for t in range(4)]
    told = {"A11": 0.0, "c1": 2.0}
    problem = Snapshots(
        name="drift",
        title="Drift",
        equation="dX = c",
        states=("x",),
        family=AffineDrift(1),
        snapshots=lambda p, seed: SnapshotData(range(4), clouds),
        sigma=lambda p: 0.1,
        truth=lambda p: told,
    )
    result = physml.solve(problem, IterativeReferenceRefinement(StaticBridge()), tracker=Quiet())
    A, c = result.weights["theta"].tolist()
    assert result.metrics["error of A11"] == pytest.approx(abs(A))
    assert result.metrics["error of c1"] == pytest.approx(abs(c - 2.0) / 2.0)
    assert result.metrics["parameter error"] == max(abs(A), abs(c - 2.0) / 2.0)


def test_rows_are_written_of_distances_and_pairs(file, tmp_path, without_report):
    case = Case("shift", str(file), IterativeReferenceRefinement(iterations=0), seeds=(0,), budget="smoke")
    run_case(case, tmp_path / "runs", tmp_path / "paper", Quiet())
    metrics = {row["metric"] for row in read_rows(tmp_path / "paper" / "results.json")}
    assert metrics == {"W2", "W2 at t=1", "W1 at t=1", "sliced W2 at t=1", "paired rms"}
