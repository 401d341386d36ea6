"""A solution over all windows: evaluated anywhere, saved and rebuilt."""

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from physml.nets import Ansatz
from physml.pinn.terms import residual_term
from physml.problem import PDE

_CHUNK = 4096


class Solution:
    """Ansätze one after the other in time.

    Args:
        problem: what they solve.
        edges: window edges, one more than ansätze; ignored for a steady problem.
        pieces: the ansätze, with their weights.
    """

    def __init__(self, problem: PDE, edges: list[float], pieces: list[Ansatz]) -> None:
        self.problem = problem
        self.edges = edges
        self.pieces = pieces

    def evaluate(self, points: Tensor) -> Tensor:
        """The fields at points (n, d), shape (n, fields)."""
        return self._piecewise(points, lambda piece, chunk: piece.evaluate(chunk))

    def residual(self, points: Tensor) -> dict[str, Tensor]:
        """Each equation's residual at points (n, d), shape (n,)."""
        terms = {id(piece): residual_term(self.problem, piece, "jets") for piece in self.pieces}

        def evaluate(piece: Ansatz, chunk: Tensor) -> Tensor:
            term = terms[id(piece)]
            with torch.no_grad():
                return term(dict(piece.named_parameters()), term.prepare(chunk))

        values = self._piecewise(points, evaluate)
        return dict(zip(next(iter(terms.values())).entries, values.unbind(-1), strict=True))

    def _piecewise(self, points: Tensor, function) -> Tensor:
        reference = next(self.pieces[0].parameters())
        points = points.to(reference)
        window = self._window_of(points)
        result: Tensor | None = None
        for index, piece in enumerate(self.pieces):
            (rows,) = torch.where(window == index)
            for chunk in rows.split(_CHUNK):
                values = function(piece, points[chunk])
                if result is None:
                    result = values.new_full((len(points), values.shape[-1]), float("nan"))
                result[chunk] = values
        assert result is not None
        return result.cpu()

    def _window_of(self, points: Tensor) -> Tensor:
        """The window of each point; an edge belongs to the earlier window."""
        if self.problem.domain.time is None:
            return torch.zeros(len(points), dtype=torch.long, device=points.device)
        time = points[:, self.problem.domain.names.index("t")].contiguous()
        inner = torch.tensor(self.edges[1 : len(self.pieces)], dtype=time.dtype, device=time.device)
        return torch.bucketize(time, inner)

    def predict(self, **coordinates: np.ndarray | float) -> xr.Dataset:
        """The fields on the grid of the coordinates given, as in ``predict(t=0.5, x=np.linspace(-1, 1, 100))``.

        Raises:
            ValueError: an axis without coordinates, or coordinates outside its bounds.
        """
        grids = {axis.name: self._grid(axis.name, coordinates) for axis in self.problem.domain.axes}
        points = grid_points(grids)
        values = self.evaluate(points).reshape(*(len(g) for g in grids.values()), -1).numpy()
        fields = {name: (tuple(grids), values[..., i]) for i, name in enumerate(self.problem.fields)}
        return xr.Dataset(fields, coords=grids)

    def _grid(self, name: str, coordinates: dict[str, np.ndarray | float]) -> np.ndarray:
        axis = self.problem.domain[name]
        if name not in coordinates:
            raise ValueError(f"predict needs coordinates for {', '.join(self.problem.domain.names)}; {name} is missing")
        grid = np.atleast_1d(np.asarray(coordinates[name], dtype=float))
        if grid.min() < axis.low or grid.max() > axis.high:
            raise ValueError(f"{name} from {grid.min()} to {grid.max()} leaves the domain [{axis.low}, {axis.high}]")
        return grid

    def weights(self) -> dict[str, Tensor]:
        """All weights and buffers by name, with complex ones as pairs of real numbers."""
        named = {}
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
    piece.load_state_dict(
        {name: torch.view_as_complex(t) if own[name].is_complex() else t for name, t in state.items()}
    )


def grid_points(grids: dict[str, np.ndarray]) -> Tensor:
    """All points of a grid, axes in order, shape (n, d)."""
    mesh = torch.meshgrid(*(torch.as_tensor(grid, dtype=torch.float64) for grid in grids.values()), indexing="ij")
    return torch.stack([m.reshape(-1) for m in mesh], -1)
