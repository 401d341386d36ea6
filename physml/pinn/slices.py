"""Residuals on whole slices of time, and the objective made of them."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from physml.nets import SpectralAnsatz
from physml.optim import Block, squared_gradients
from physml.optim.processes import copy_from_first, gather_rows, share_rows
from physml.pinn.objective import Objective, PointWeights
from physml.pinn.spectral import Spectral
from physml.pinn.terms import Data, Term
from physml.problem import PDE, Axis


class SliceTerm(Term):
    """The equation on the grid of a spectral ansatz: a sample is a slice of time, with a residual at each point.

    Args:
        problem: what to solve.
        ansatz: the candidate solution.
    """

    ansatz: SpectralAnsatz

    def __init__(self, problem: PDE, ansatz: SpectralAnsatz) -> None:
        super().__init__("residual", problem, lambda *f: problem.residual(*f, problem.params), ansatz, "jets")

    def prepare(self, points: Float[Tensor, "slices"]) -> Data:
        """Everything that depends on the times (slices,) only."""
        with torch.no_grad():
            return {"points": self.ansatz.grid(points), "encoded": self.ansatz.encode_times(points)}

    def __call__(self, parameters: Mapping[str, Tensor], data: Data) -> Tensor:
        """Residuals (slices, points * entries), or those of one slice."""
        entries = self.expression(*self.fields(parameters, data))
        shape = data["points"].shape[:-1]
        return torch.stack([torch.as_tensor(entries[n]).expand(shape) for n in self.entries], -1).flatten(-2)


class SliceObjective(Objective):
    """The residual of a spectral ansatz; :meth:`draw` or :meth:`put` come first.

    Args:
        problem: what to solve.
        settings: how many slices.
        ansatz: the candidate solution in the window.
        axes: the axes, time cut to the window.
    """

    def __init__(self, problem: PDE, settings: Spectral, ansatz: SpectralAnsatz, axes: tuple[Axis, ...]) -> None:
        self.problem, self.settings, self.ansatz, self.axes = problem, settings, ansatz, axes
        self.residual = self.function = SliceTerm(problem, ansatz)
        self.conditions, self.points, self.data = [], [], []

    def draw(self, generator: torch.Generator, gate: PointWeights | None = None) -> None:
        """New times, one in each of as many parts of the window, which are short at both its ends."""
        time, count = self.axes[0], self.settings.times
        phase = (torch.arange(count) + torch.rand((), generator=generator, dtype=torch.float64)) / count
        times = time.low + time.length * torch.sin(phase * (math.pi / 2)) ** 2
        times = times.to(self.ansatz.scales)
        copy_from_first(times)
        self.put([times])

    def put(self, points: list[Tensor]) -> None:
        """Take the residual on the slices at these times, all alike in every process."""
        self.points = points
        self.data: list[Any] = [self.residual.prepare(share_rows(points[0]))]

    def times(self, points: Tensor) -> Tensor:
        """The time of each point, slice by slice."""
        return points.repeat_interleave(self._per_slice)

    @property
    def size(self) -> int:
        return len(self.points[0]) * self._per_slice

    @property
    def _per_slice(self) -> int:
        return self.settings.points ** len(self.problem.domain.space)

    def gather(self, residuals: list[Tensor]) -> list[Tensor]:
        """The residuals at the points of all processes, without the graph; (n, entries)."""
        return [residual.reshape(-1, len(self.residual.entries)) for residual in super().gather(residuals)]

    def blocks(
        self, point_weights: Float[Tensor, "n"], weights: Mapping[str, float], residuals: list[Tensor] | None = None
    ) -> list[Block]:
        """Weighted least squares: the mean of the weighted squared residuals; a sample is a slice."""
        entries = point_weights.new_tensor([weights[name] for name in self.residual.entries])
        rows = (point_weights / len(point_weights))[:, None] * entries
        rows = share_rows(rows.reshape(len(self.points[0]), -1))
        return [Block(self.function, self.data[0], rows, residuals[0] if residuals else None)]

    def blocks_by_name(self, point_weights: Float[Tensor, "n"]) -> dict[str, Block]:
        """Each equation as a block of its own, with weight 1."""
        names = self.residual.entries
        return {name: self.blocks(point_weights, {n: float(n == name) for n in names})[0] for name in names}

    def convergence_rates(self) -> Float[Tensor, "n"]:
        """The diagonal of the residual's neural tangent kernel: its mean over each slice, estimated by random signs."""
        (times,), (data,) = self.points, self.data
        generator = torch.Generator().manual_seed(0)
        count = self._per_slice * len(self.residual.entries)
        signs = (2 * torch.randint(2, (count,), generator=generator) - 1).to(times)
        ones = torch.ones_like(share_rows(times))[:, None]
        mixed = Block(lambda parameters, sample: (self.residual(parameters, sample) @ signs)[..., None], data, ones)
        parameters = {name: p.detach() for name, p in self.parameters.items()}
        rates = gather_rows([squared_gradients(mixed, parameters)], [len(times)])[0]
        return (rates / self._per_slice).repeat_interleave(self._per_slice)
