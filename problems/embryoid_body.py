"""Cells of embryoid bodies over 27 days, from a file that a user downloads.

Single-cell sequencing destroys cells, so nothing says which cell became which. Five windows (days 0 to 3, 6 to 9, 12
to 15, 18 to 21, 24 to 27), taken as equally spaced, of which 300 cells each are drawn. The state is the first five
principal components, each divided by its deviation over all cells. The second and the fourth window are held out.

The file is `eb_velocity_v5.npz` from the folder `data/` of the repository KrishnaswamyLab/TrajectoryNet: arrays `pcs`
(cells, components) and `sample_labels` (cells), 0 to 4. The measurements are those of Moon et al. (2019).

The family is a gradient field of a cubic potential, and the volatility an assumption, as in the paper. A gradient field
cannot rotate: cycles are not found. Cells that divide or die are not modelled.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from physml.dynamics import GradientField
from physml.numerics.user_files import user_file
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

FILE = "eb_velocity_v5.npz"
SOURCE = "the folder data/ of the repository KrishnaswamyLab/TrajectoryNet"
TIMES, DIMENSION, POINTS = (0.0, 0.5, 1.0, 1.5, 2.0), 5, 300


@dataclass(frozen=True)
class EmbryoidBody(Params):
    volatility: float = parameter(0.1, low=1e-3, meaning="sigma of the reference; one unit of time is 12 days")


@cache
def cells(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Standardised components (cells, 5) and windows (cells)."""
    with np.load(path, allow_pickle=False) as file:
        if missing := {"pcs", "sample_labels"} - set(file.files):
            raise ValueError(f"{path.name} has no array {sorted(missing)}; it has {sorted(file.files)}")
        components, windows = file["pcs"], file["sample_labels"]
    if components.ndim != 2 or components.shape[1] < DIMENSION or windows.shape != components.shape[:1]:
        raise ValueError(
            f"{path.name}: pcs has shape {components.shape}, sample_labels {windows.shape}; expected (cells, "
            f"{DIMENSION} or more) and (cells,)"
        )
    if set(np.unique(windows)) != set(range(len(TIMES))):
        raise ValueError(
            f"{path.name}: sample_labels are {np.unique(windows).tolist()}; expected 0 to {len(TIMES) - 1}"
        )
    chosen = components[:, :DIMENSION].astype(float)
    return (chosen - chosen.mean(0)) / chosen.std(0), windows


def snapshots(p: EmbryoidBody, seed: int) -> SnapshotData:
    components, windows = cells(user_file(FILE, SOURCE))
    generator, clouds = torch.Generator().manual_seed(seed), []
    for window in range(len(TIMES)):
        here = torch.from_numpy(components[windows == window])
        clouds.append(here[torch.randperm(len(here), generator=generator)[:POINTS]])
    return SnapshotData(TIMES, clouds, held_out=(1, 3))


problem = Snapshots(
    name="embryoid_body",
    title="Cells of embryoid bodies from snapshots",
    equation=r"dX = -\nabla V(X)\,dt + \sigma\,dW",
    states=tuple(f"component {i}" for i in range(1, DIMENSION + 1)),
    params=EmbryoidBody(),
    family=GradientField(DIMENSION, degree=3),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    budgets={"smoke": Budget(60.0), "short": Budget(300.0), "paper": Budget(900.0)},
    citations=("shen2025multimarginal", "moon2019visualizing"),
)
