"""A solution over all windows: evaluated anywhere, saved and rebuilt."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from physml.diff import Engine, Field
from physml.nets import Ansatz
from physml.pinn.terms import Term
from physml.problem import PDE
from physml.result import Coordinates

_CHUNK = 4096


class Solution:
    """Ansätze one after the other in time.

    Args:
        problem: what they solve.
        edges: window edges, one more than ansätze; ignored for a steady problem. Beyond the last one the run has not
            come, and the solution is NaN.
        pieces: the ansätze, with their weights.
        engine: for the residual's derivatives.
    """

    def __init__(self, problem: PDE, edges: list[float], pieces: Sequence[Ansatz], engine: Engine = "jets") -> None:
        self.problem = problem
        self.edges = edges
        self.pieces = pieces
        self.engine: Engine = engine

    @property
    def until(self) -> float | None:
        """The end of the last window that has a network; None if that is the end of the domain."""
        time = self.problem.domain.time
        return self.edges[-1] if time and self.edges[-1] < time.high else None

    def evaluate(self, points: Float[Tensor, "n d"]) -> Float[Tensor, "n fields"]:
        """The fields at points (n, d), shape (n, fields)."""
        return self._piecewise(points, len(self.problem.fields), lambda piece, chunk: piece.evaluate(chunk))

    def residual(self, points: Float[Tensor, "n d"]) -> dict[str, Float[Tensor, "n"]]:
        """Each equation's residual at points (n, d), shape (n,)."""
        return self._entries("residual", self.problem.residual, points)

    def derived(self, points: Float[Tensor, "n d"]) -> dict[str, Float[Tensor, "n"]]:
        """Each quantity that the problem derives from its fields, at points (n, d), shape (n,)."""
        return self._entries("derived", self.problem.derived, points) if self.problem.derived else {}

    def _entries(self, name: str, function: Callable[..., Any], points: Tensor) -> dict[str, Tensor]:
        """Each entry of a function of the fields and the parameters, at points (n, d), shape (n,)."""
        problem = self.problem

        def expression(*fields: Field) -> Any:
            return function(*fields, problem.params)

        terms = {id(piece): Term(name, problem, expression, piece, self.engine) for piece in self.pieces}
        entries = terms[id(self.pieces[0])].entries

        def evaluate(piece: Ansatz, chunk: Tensor) -> Tensor:
            term = terms[id(piece)]
            with torch.no_grad():
                return term(dict(piece.named_parameters()), term.prepare(chunk))

        return dict(zip(entries, self._piecewise(points, len(entries), evaluate).unbind(-1), strict=True))

    def _piecewise(self, points: Tensor, width: int, function: Callable[[Any, Tensor], Tensor]) -> Tensor:
        points = points.to(next(self.pieces[0].parameters()))
        window = self._window_of(points)
        result = points.new_full((len(points), width), float("nan"))
        for index, piece in enumerate(self.pieces):
            (rows,) = torch.where(window == index)
            for chunk in rows.split(_CHUNK):
                result[chunk] = function(piece, points[chunk])
        return result.cpu()

    def _window_of(self, points: Tensor) -> Tensor:
        """The window of each point, beyond the last one its number; an edge belongs to the earlier window."""
        if self.problem.domain.time is None:
            return torch.zeros(len(points), dtype=torch.long, device=points.device)
        time = points[:, self.problem.domain.names.index("t")].contiguous()
        ends = torch.tensor(self.edges[1:], dtype=time.dtype, device=time.device)
        return torch.bucketize(time, ends)

    def predict(self, **coordinates: Coordinates) -> xr.Dataset:
        """The fields and what is derived from them on the grid of the coordinates given.

        As in ``predict(t=0.5, x=np.linspace(-1, 1, 100))``.

        Raises:
            ValueError: an axis without coordinates, or coordinates outside its bounds.
        """
        grids = {axis.name: self._grid(axis.name, coordinates) for axis in self.problem.domain.axes}
        points = grid_points(grids)
        values = self.evaluate(points).reshape(*(len(g) for g in grids.values()), -1).numpy()
        fields = {name: (tuple(grids), values[..., i]) for i, name in enumerate(self.problem.fields)}
        for name, quantity in self.derived(points).items():
            fields[name] = (tuple(grids), quantity.reshape(values.shape[:-1]).numpy())
        return xr.Dataset(fields, coords=grids)

    def _grid(self, name: str, coordinates: dict[str, Coordinates]) -> np.ndarray:
        axis = self.problem.domain[name]
        if name not in coordinates:
            raise ValueError(f"predict needs coordinates for {', '.join(self.problem.domain.names)}; {name} is missing")
        grid = np.atleast_1d(np.asarray(coordinates[name], dtype=float))
        if grid.min() < axis.low or grid.max() > axis.high:
            raise ValueError(f"{name} from {grid.min()} to {grid.max()} leaves the domain [{axis.low}, {axis.high}]")
        return grid

    def weights(self) -> dict[str, Tensor]:
        """The edges, and all weights and buffers by name, with complex ones as pairs of real numbers."""
        named = {"edges": torch.tensor(self.edges, dtype=torch.float64)}
        for index, piece in enumerate(self.pieces):
            for name, tensor in piece.state_dict().items():
                real = torch.view_as_real(tensor) if tensor.is_complex() else tensor
                named[f"window_{index:02d}.{name}"] = real.detach().cpu().contiguous().clone()
        return named


def load_weights(piece: Ansatz, index: int, weights: dict[str, Tensor]) -> None:
    """Put the weights of one window, as saved by :meth:`Solution.weights`, into its ansatz."""
    prefix = f"window_{index:02d}."
    state = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    own = piece.state_dict()
    # Files align tensors to 8 bytes, complex128 needs 16: torch may crash on it, so pairs move to memory of its own.
    piece.load_state_dict(
        {name: torch.view_as_complex(t.clone()) if own[name].is_complex() else t for name, t in state.items()}
    )


def grid_points(grids: dict[str, np.ndarray]) -> Float[Tensor, "n d"]:
    """All points of a grid, axes in order, shape (n, d)."""
    mesh = torch.meshgrid(*(torch.tensor(grid, dtype=torch.float64) for grid in grids.values()), indexing="ij")
    return torch.stack([m.reshape(-1) for m in mesh], -1)
