"""The objective of one window: its loss terms, at the points where they are taken."""

from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from physml.nets import Ansatz
from physml.optim import Block, squared_gradients
from physml.pinn.sampling import draw, draw_on_face, keep_where_large
from physml.pinn.terms import Term, condition_term, prepare_condition, residual_term
from physml.problem import PDE, Axis, Condition

if TYPE_CHECKING:
    from physml.pinn.plain import PINN


class Objective:
    """The residual and the soft conditions of an ansatz, with points; :meth:`draw` or :meth:`put` come first.

    Args:
        problem: what to solve.
        method: the settings.
        ansatz: the candidate solution in the window.
        axes: the axes, time cut to the window.
        before: the ansatz of the window before, whose end is the start of this one.
        hard: the start is built into the ansatz.
    """

    def __init__(
        self, problem: PDE, method: "PINN", ansatz: Ansatz, axes: tuple[Axis, ...], before: Ansatz | None, hard: bool
    ) -> None:
        self.problem, self.method, self.ansatz, self.axes = problem, method, ansatz, axes
        self.residual = residual_term(problem, ansatz, method.engine)
        self.conditions: list[tuple[Condition, Term, Ansatz | None]] = []
        time = problem.domain.time
        for condition in problem.conditions:
            starts = time is not None and condition.axis == "t" and condition.at == time.low
            if not (starts and hard):
                term = condition_term(problem, condition, ansatz, method.engine)
                self.conditions.append((condition, term, before if starts else None))
        self.points: list[Tensor] = []
        self.data: list[Any] = []

    # -- points --------------------------------------------------------------------------------------------------

    def draw(self, generator: torch.Generator) -> None:
        """New points, sorted by time; the residual's where it is large."""
        settings, like = self.method.sampling, next(self.ansatz.parameters())
        points = draw(self.axes, settings.count * settings.candidates, generator, like.dtype).to(like.device)
        if settings.candidates > 1:
            size = self._values(self.residual, self.residual.prepare(points)).norm(dim=1)
            points = keep_where_large(points, size, settings.count, generator)
        if self.problem.domain.time:
            points = points[self.times(points).argsort(stable=True)]
        faces = [self._face(condition, generator).to(like) for condition, _, _ in self.conditions]
        self.put([points, *faces])

    def _face(self, condition: Condition, generator: torch.Generator) -> Tensor:
        at = self._window_start() if condition.axis == "t" else condition.at
        count, dtype = self.method.sampling.condition_count, next(self.ansatz.parameters()).dtype
        return draw_on_face(self.axes, condition.axis, at, count, generator, dtype)

    def _window_start(self) -> float:
        return self.axes[self.problem.domain.names.index("t")].low

    def put(self, points: list[Tensor]) -> None:
        """Take the terms at these points: the residual's (n, d), then those of each soft condition."""
        self.points = points
        self.data = [self.residual.prepare(points[0])]
        for (condition, term, before), face in zip(self.conditions, points[1:], strict=True):
            self.data.append(prepare_condition(term, condition, face, before))

    def times(self, points: Tensor) -> Tensor:
        """The times of points (n, d), shape (n,)."""
        return points[:, self.problem.domain.names.index("t")]

    # -- values --------------------------------------------------------------------------------------------------

    def _values(self, term: Term, data: Any) -> Tensor:
        with torch.no_grad():
            return term(dict(self.ansatz.named_parameters()), data)

    def squares(self) -> Float[Tensor, "n equations"]:
        """Squared residuals of each equation at the points."""
        return self._values(self.residual, self.data[0]) ** 2

    def condition_losses(self) -> dict[str, float]:
        """The mean square of each soft condition, by name."""
        pairs = zip(self.conditions, self.data[1:], strict=True)
        return {term.name: float(self._values(term, data).square().mean()) for (_, term, _), data in pairs}

    def initial_loss(self, losses: dict[str, float]) -> float:
        """The weighted sum of those that hold at the start of the window."""
        names = [term.name for condition, term, _ in self.conditions if condition.axis == "t"]
        return self.method.condition_weight * sum(losses[name] for name in names)

    def blocks(self, weights: Float[Tensor, "n"]) -> list[Block]:
        """Weighted least squares: the mean of the weighted squared residuals, plus those of the conditions."""
        entries = len(self.residual.entries)
        blocks = [Block(self.residual, self.data[0], (weights / len(weights))[:, None].expand(-1, entries))]
        for (_, term, _), data in zip(self.conditions, self.data[1:], strict=True):
            weight = torch.full_like(data["target"], self.method.condition_weight / len(data["target"]))
            blocks.append(Block(term, data, weight))
        return blocks

    def convergence_rates(self) -> Float[Tensor, "n"]:
        """The diagonal of the residual's neural tangent kernel, summed over equations."""
        ones = torch.ones_like(self.points[0][:, :1]).expand(-1, len(self.residual.entries))
        parameters = {name: p.detach() for name, p in self.ansatz.named_parameters()}
        return squared_gradients(Block(self.residual, self.data[0], ones), parameters)
