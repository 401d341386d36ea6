"""Self-scaled quasi-Newton methods with a dense inverse Hessian."""

import math
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from physml.optim.broyden_update import Pair, Variant, update
from physml.optim.least_squares import (
    Block,
    flatten,
    loss_and_gradient,
    move,
    present_loss_and_gradient,
    put,
    trainable,
)
from physml.optim.line_search import Trial, strong_wolfe

_LARGEST = 10_000  # parameters: 800 MB for the inverse Hessian
_CURVED = 1e-10  # of |y| |s|: a smaller y.s is no curvature but round-off


@dataclass(frozen=True)
class SSBroyden:
    r"""Settings of a quasi-Newton phase: a step along :math:`-H g` that fulfils the strong Wolfe conditions.

    H approximates the inverse Hessian and is updated by the self-scaled Broyden formula, whose member is chosen in each
    step (urban2025unveiling). Both gradients of an update are taken on the same rows, so that points and weights may
    change from step to step. Memory: the square of the number of parameters. Use float64.

    Args:
        steps: how many.
        variant: "ssbroyden"; "ssbfgs", which only scales; or "bfgs".

    Raises:
        ValueError: a setting outside its range.
    """

    steps: int = 10_000
    variant: Variant = "ssbroyden"

    log_every = 10
    first_order = False  # a step takes the gradient at the present parameters, once
    needs_jacobian = False  # of the residuals

    def __post_init__(self) -> None:
        if self.steps < 1 or self.variant not in typing.get_args(Variant):
            raise ValueError(f"needs steps >= 1 and a variant of {typing.get_args(Variant)}; given {self}")

    def start(self, module: nn.Module) -> "SSBroydenOptimizer":
        return SSBroydenOptimizer(self, module)


class SSBroydenOptimizer:
    """Steps on the parameters of a module, in place.

    Raises:
        ValueError: too many parameters for a dense matrix.
    """

    def __init__(self, settings: SSBroyden, module: nn.Module) -> None:
        self.settings, self.module = settings, module
        size = sum(p.numel() for p in trainable(module).values())
        if size > _LARGEST:
            raise ValueError(
                f"SSBroyden keeps a matrix of {size} x {size}; it is for at most {_LARGEST} parameters. "
                f"Use SOAP, or LevenbergMarquardt(solver='sketch')"
            )
        self.inverse: Tensor | None = None  # stands for the identity until the first update
        self.known: tuple[tuple[Block, ...], Tensor, Trial] | None = None

    def step(self, blocks: Sequence[Block]) -> dict[str, float]:
        """One step, or none if not even the steepest descent lowers the loss.

        Returns:
            ``step``, the length of the step taken, and ``loss`` after it; NaN if loss or gradient is not finite.
        """
        loss, gradient = self._present(blocks)
        if not math.isfinite(loss) or not gradient.isfinite().all():
            return {"step": 0.0, "loss": math.nan}
        found = self._search(blocks, loss, gradient)
        if found is None and self.inverse is not None:
            self.inverse = None
            found = self._search(blocks, loss, gradient)
        if found is None:
            return {"step": 0.0, "loss": loss}
        trial, step = found
        parameters = trainable(self.module)
        put(parameters, move(parameters, step))
        self._learn(gradient, trial, step)
        self.known = (tuple(blocks), flatten(parameters), trial)
        return {"step": float(step.norm()), "loss": trial.value}

    def _present(self, blocks: Sequence[Block]) -> tuple[float, Tensor]:
        """Loss and gradient; those that the last line search ended with if neither rows nor parameters changed."""
        if self.known is not None:
            seen, point, trial = self.known
            same = len(seen) == len(blocks) and all(a is b for a, b in zip(seen, blocks, strict=True))
            if same and torch.equal(point, flatten(trainable(self.module))):
                return trial.value, trial.gradient
        loss, gradient = present_loss_and_gradient(blocks, self.module)
        return float(loss), gradient

    def _search(self, blocks: Sequence[Block], loss: float, gradient: Tensor) -> tuple[Trial, Tensor] | None:
        """The end of the line search along :math:`-H g`, and the step there."""
        direction = -gradient if self.inverse is None else -(self.inverse @ gradient)
        slope = float(direction @ gradient)
        if not slope < 0:
            return None
        parameters = trainable(self.module)

        def evaluate(step: float) -> Trial:
            value, there = loss_and_gradient(blocks, move(parameters, step * direction))
            return Trial(step, float(value.nan_to_num(math.inf)), float(there @ direction), there)

        first = min(1.0, 1 / float(gradient.norm())) if self.inverse is None else 1.0
        trial = strong_wolfe(evaluate, Trial(0.0, loss, slope, gradient), first)
        return None if trial is None else (trial, trial.step * direction)

    def _learn(self, before: Tensor, trial: Trial, step: Tensor) -> None:
        """Update H by the step and the change of the gradient; without curvature along the step, H stays."""
        change = trial.gradient - before
        product = float(change @ step)
        if not product > _CURVED * float(change.norm() * step.norm()):
            return
        if self.inverse is None:
            scale = product / float(change @ change)
            self.inverse = scale * torch.eye(len(step), dtype=step.dtype, device=step.device)
            stiffness = float(step @ step) / scale
        else:
            stiffness = -trial.step * float(step @ before)
        update(self.inverse, Pair(step, change, self.inverse @ change, stiffness), self.settings.variant)

    def state_dict(self) -> dict[str, Any]:
        return {} if self.inverse is None else {"inverse": self.inverse}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.inverse = state["inverse"].clone() if "inverse" in state else None
        self.known = None
