"""The objective of one window: its loss terms, at the points where they are taken.

Of several processes, all know all points, and each has the data of its share: terms are evaluated there, and gathered.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from physml.diff import Compiled, Engine
from physml.nets import Ansatz
from physml.optim import Block, squared_gradients
from physml.optim.processes import copy_from_first, gather_rows, process_count, share_rows
from physml.pinn.sampling import Sampling, draw, draw_on_faces, keep_where_large
from physml.pinn.terms import Term, condition_term, prepare_condition, residual_term
from physml.problem import PDE, Axis, Condition

Residual = Callable[[Mapping[str, Tensor], Any], Tensor]
PointWeights = Callable[[Float[Tensor, "n equations"]], Float[Tensor, "n"]]


class Objective:
    """The residual and the soft conditions of an ansatz, with points; :meth:`draw` or :meth:`put` come first.

    Args:
        problem: what to solve.
        sampling: how points are drawn.
        engine: how derivatives are computed.
        ansatz: the candidate solution in the window.
        axes: the axes, time cut to the window.
        before: the ansatz of the window before, whose end is the start of this one.
        hard: the start is built into the ansatz.
    """

    def __init__(
        self,
        problem: PDE,
        sampling: Sampling,
        engine: Engine,
        ansatz: Ansatz,
        axes: tuple[Axis, ...],
        before: Ansatz | None,
        hard: bool,
    ) -> None:
        self.problem, self.sampling, self.ansatz, self.axes = problem, sampling, ansatz, axes
        self.residual = residual_term(problem, ansatz, engine)
        self.function: Residual = self.residual  # what a step evaluates
        self.conditions: list[tuple[Condition, Term, Ansatz | None]] = []
        for condition in problem.conditions:
            starts = self._starts(condition)
            if not (starts and hard):
                term = condition_term(problem, condition, ansatz, engine)
                self.conditions.append((condition, term, before if starts else None))
        self.points: list[Tensor] = []
        self.data: list[Any] = []

    def compile(self, wanted: bool) -> None:
        """Whether steps evaluate the residual by compiled code from now on."""
        self.function = Compiled(self.residual) if wanted else self.residual

    def _starts(self, condition: Condition) -> bool:
        """Whether a condition holds at the start of time, and so moves with the window."""
        time = self.problem.domain.time
        return time is not None and condition.faces(self.problem.domain) == (("t", time.low),)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the loss terms: each equation, then each soft condition."""
        return (*self.residual.entries, *(term.name for _, term, _ in self.conditions))

    def start_weights(self, condition_weight: float) -> dict[str, float]:
        """The weights of the loss terms at the start: 1 for each equation."""
        entries = len(self.residual.entries)
        return {name: 1.0 if i < entries else condition_weight for i, name in enumerate(self.names)}

    # -- points --------------------------------------------------------------------------------------------------

    def draw(self, generator: torch.Generator, gate: PointWeights | None = None) -> None:
        """New points, sorted by time; the residual's where it is large, and where the weights of a gate are."""
        settings, like = self.sampling, next(self.ansatz.parameters())
        count = settings.count * settings.candidates
        points = draw(self.axes, count, generator, like.dtype, settings).to(like.device)
        if settings.candidates > 1:
            weights = None
            if gate is not None:
                points = self._in_order(points)
            residuals = self._values(self.residual, points)
            if gate is not None:
                weights = gate(residuals**2)
            points = keep_where_large(points, residuals.norm(dim=1), settings.count, generator, settings, weights)
        faces = [self._on_faces(condition, generator).to(like) for condition, _, _ in self.conditions]
        points = [self._in_order(points), *faces]
        copy_from_first(*points)  # the last digits of a residual must not part the processes
        self.put(points)

    def _in_order(self, points: Tensor) -> Tensor:
        """The points sorted by time, where there is time."""
        return points[self.times(points).argsort(stable=True)] if self.problem.domain.time else points

    def _on_faces(self, condition: Condition, generator: torch.Generator) -> Tensor:
        faces = condition.faces(self.problem.domain)
        if self._starts(condition):
            faces = (("t", self.axes[self.problem.domain.names.index("t")].low),)
        settings, dtype = self.sampling, next(self.ansatz.parameters()).dtype
        return draw_on_faces(self.axes, faces, settings.condition_count, generator, dtype, settings)

    def put(self, points: list[Tensor]) -> None:
        """Take the terms at these points, all alike in every process: the residual's (n, d), then each condition's.

        Raises:
            ValueError: a process would have no point.
        """
        if len(points[0]) < process_count():
            raise ValueError(
                f"{len(points[0])} collocation points for {process_count()} processes; "
                f"raise sampling.count, or start fewer processes"
            )
        self.points = points
        self.data = [self.residual.prepare(share_rows(points[0]))]
        for (condition, term, before), face in zip(self.conditions, points[1:], strict=True):
            self.data.append(prepare_condition(term, condition, share_rows(face), before))

    def times(self, points: Tensor) -> Tensor:
        """The times of points (n, d), shape (n,)."""
        return points[:, self.problem.domain.names.index("t")]

    # -- values --------------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> dict[str, Tensor]:
        return dict(self.ansatz.named_parameters())

    def _values(self, term: Term, points: Tensor) -> Tensor:
        """A term at points of which each process evaluates a share."""
        with torch.no_grad():
            values = term(self.parameters, term.prepare(share_rows(points)))
        return gather_rows([values], [len(points)])[0]

    def residuals(self, *, graph: bool = False) -> list[Tensor]:
        """Each term at this process' points, (n, entries); with the graph back to the parameters, if wanted."""
        terms = [self.function, *(term for _, term, _ in self.conditions)]
        with torch.set_grad_enabled(graph):
            return [term(self.parameters, data) for term, data in zip(terms, self.data, strict=True)]

    def gather(self, residuals: list[Tensor]) -> list[Tensor]:
        """The residuals at the points of all processes, without the graph."""
        return gather_rows([residual.detach() for residual in residuals], self._counts)

    @property
    def _counts(self) -> list[int]:
        return [len(points) for points in self.points]

    @property
    def size(self) -> int:
        """At how many points the residual is taken."""
        return len(self.points[0])

    def losses(self, residuals: list[Tensor]) -> dict[str, float]:
        """The mean square of each equation and of each soft condition, by name, from the residuals at all points."""
        means = [residual.detach().square().mean(0) for residual in residuals]
        return dict(zip(self.names, torch.cat(means).tolist(), strict=True))

    def initial_loss(self, losses: Mapping[str, float], weights: Mapping[str, float]) -> float:
        """The weighted sum of those that hold at the start of the window."""
        names = [term.name for condition, term, _ in self.conditions if self._starts(condition)]
        return sum(weights[name] * losses[name] for name in names)

    def blocks(
        self, point_weights: Float[Tensor, "n"], weights: Mapping[str, float], residuals: list[Tensor] | None = None
    ) -> list[Block]:
        """Weighted least squares: the mean of the weighted squared residuals, plus those of the conditions.

        Args:
            point_weights: of the points of the residual, all equations alike.
            weights: of each loss term, by name.
            residuals: the terms with their graph, where they are known.

        Returns:
            The rows of this process; the optimisers sum over processes.
        """
        known = residuals or [None] * len(self.data)
        entries = [weights[name] for name in self.residual.entries]
        rows = share_rows(point_weights / len(point_weights))[:, None] * point_weights.new_tensor(entries)
        blocks = [Block(self.function, self.data[0], rows, known[0])]
        parts = zip(self.conditions, self.data[1:], known[1:], self._counts[1:], strict=True)
        for (_, term, _), data, values, count in parts:
            rows = torch.full_like(data["target"], weights[term.name] / count)
            blocks.append(Block(term, data, rows, values))
        return blocks

    def blocks_by_name(self, point_weights: Float[Tensor, "n"]) -> dict[str, Block]:
        """Each loss term as a block of its own, with weight 1; an equation's leaves out the rows of the others."""
        everything = self.blocks(point_weights, dict.fromkeys(self.names, 1.0))
        bulk, conditions = everything[0], everything[1:]
        equations = torch.eye(len(self.residual.entries)).to(bulk.weights)
        parts = [Block(self.residual, bulk.data, bulk.weights * one) for one in equations]
        return dict(zip(self.names, [*parts, *conditions], strict=True))

    def convergence_rates(self) -> Float[Tensor, "n"]:
        """The diagonal of the residual's neural tangent kernel, summed over equations."""
        ones = torch.ones_like(share_rows(self.points[0])[:, :1]).expand(-1, len(self.residual.entries))
        parameters = {name: p.detach() for name, p in self.parameters.items()}
        rates = squared_gradients(Block(self.residual, self.data[0], ones), parameters)
        return gather_rows([rates], self._counts[:1])[0]
