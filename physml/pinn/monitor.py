"""The error against the reference while training goes on; training never sees it."""

import numpy as np
import torch
from torch import Tensor

from physml.nets import Ansatz
from physml.nets.ansatz import VALUE_ONLY
from physml.pinn.solution import grid_points
from physml.problem import PDE, Axis

_PER_AXIS = 32


class Monitor:
    """Watches the relative L2 error inside a window, on a coarse part of the reference's grid.

    Args:
        problem: without a reference, nothing is watched.
    """

    def __init__(self, problem: PDE) -> None:
        self.problem = problem
        self.reference = problem.reference.dataset(problem.params) if problem.reference else None

    def open(self, ansatz: Ansatz, axes: tuple[Axis, ...]) -> None:
        """Watch an ansatz on the box of the axes from now on."""
        self.truth: Tensor | None = None
        if self.reference is None:
            return
        grids = {axis.name: self._thin(axis) for axis in axes}
        if not all(len(grid) for grid in grids.values()):
            return
        selected = self.reference.sel(grids).transpose(*grids)
        columns = [torch.as_tensor(selected[f].to_numpy()).reshape(-1) for f in self.problem.fields]
        self.ansatz = ansatz
        self.encoded = ansatz.encode(grid_points(grids).to(next(ansatz.parameters())), VALUE_ONLY)
        self.truth = torch.stack(columns, -1)

    def error(self) -> dict[str, float]:
        """``{"relative_l2 here": error}``; empty without a reference on the box."""
        if self.truth is None:
            return {}
        with torch.no_grad():
            values = self.ansatz(self.encoded, VALUE_ONLY)[""]
        return {"relative_l2 here": float((values.cpu().to(self.truth) - self.truth).norm() / self.truth.norm())}

    def _thin(self, axis: Axis) -> np.ndarray:
        assert self.reference is not None
        grid = self.reference[axis.name].to_numpy()
        inside = grid[(grid >= axis.low - 1e-12) & (grid <= axis.high + 1e-12)]
        stride = max(1, len(inside) // _PER_AXIS)
        return inside[::-stride][::-1]
