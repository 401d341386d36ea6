"""The wake of a cylinder at Re = 100, from a simulation that a user downloads.

Vorticity on 449 x 199 points, 151 snapshots that are 0.2 apart, five periods of the vortex street. The state is the
leading coordinates along the singular vectors of the snapshots (proper orthogonal decomposition), scaled so that the
root mean square of the state is 1. On the limit cycle the eigenvalues are powers of one number on the unit circle.

The file is `CYLINDER_ALL.mat` of the data that come with the book of kutz2016dmd (dmdbook.com), with the variable
`VORTALL`, one column a snapshot. The paper's own simulation is another one. `cylinder_wake` is a problem of the same
kind without a file.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import scipy.io
import torch
from torch import Tensor

from physml.numerics.user_files import user_file
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

FILE = "CYLINDER_ALL.mat"
SOURCE = "the data of the book on dynamic mode decomposition by Kutz and others, dmdbook.com"
COORDINATES = 25


@dataclass(frozen=True)
class WakeParams(Params):
    snapshots: float = parameter(151.0, low=30.0, meaning="how many of the snapshots are taken")


@cache
def coordinates(path: Path) -> Tensor:
    """Along the leading singular vectors, (snapshots, COORDINATES)."""
    found = scipy.io.loadmat(path)
    if "VORTALL" not in found:
        names = sorted(name for name in found if not name.startswith("__"))
        raise ValueError(f"{path.name} has the variables {names}; expected VORTALL, one column a snapshot")
    columns = found["VORTALL"].astype(float)
    if min(columns.shape) < COORDINATES:
        raise ValueError(f"{path.name}: VORTALL has shape {columns.shape}; expected {COORDINATES} snapshots or more")
    _, sizes, directions = np.linalg.svd(columns, full_matrices=False)
    states = directions[:COORDINATES].T * sizes[:COORDINATES]
    return torch.from_numpy(states / np.sqrt(np.square(states).sum(1).mean()))


def samples(p: WakeParams, seed: int) -> FlowData:
    return FlowData(coordinates(user_file(FILE, SOURCE))[None, : int(p.snapshots)])


problem = DynamicalSystem(
    name="cylinder_wake_re100",
    title="Cylinder wake at Re = 100",
    equation=r"\omega_t + u \cdot \nabla \omega = 0.01\, \Delta \omega",
    states=tuple(f"a{i}" for i in range(COORDINATES)),
    params=WakeParams(),
    samples=samples,
    dt=0.2,
    measure_preserving=True,
    tolerance=0.1,
    budgets={"smoke": Budget(30.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2026adversarial", "kutz2016dmd"),
)
