"""Levenberg-Marquardt with geodesic acceleration, on the normal equations, in bounded memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from physml.optim.least_squares import Block, normal_equations, pull_back, total_loss, weighted_residuals

_SMALLEST_DAMPING = 1e-15
_HOPELESS = 1e6  # times the largest diagonal entry: more damping changes the parameters no more
_PROBE = 0.1  # of the step: where the second derivative along it is measured


@dataclass(frozen=True)
class LevenbergMarquardt:
    r"""Settings: step by :math:`\delta + a/2` where

    .. math:: (J^T W J + \mu I)\,\delta = -J^T W r, \qquad (J^T W J + \mu I)\,a = -J^T W \partial_\delta^2 r,

    and accept it if the loss falls. The acceleration a (transtrum2012) bends the step along the valley of the loss; it
    is left out when :math:`|a| > \alpha |\delta|`. Memory: twice the square of the number of parameters, plus 16 MiB.
    Use float64.

    Args:
        steps: how many.
        damping: the first :math:`\mu`.
        decrease: what :math:`\mu` is divided by after an accepted step.
        increase: what :math:`\mu` is multiplied by after a refused one.
        trials: refused steps before the parameters are left as they are; a damping that has outgrown the matrix
            then starts again, since the next rows may need little.
        acceleration: :math:`\alpha`; 0 turns the acceleration off.

    Raises:
        ValueError: a setting outside its range.
    """

    steps: int = 100
    damping: float = 1e-2
    decrease: float = 4.0
    increase: float = 4.0
    trials: int = 10
    acceleration: float = 0.75

    log_every = 1

    def __post_init__(self) -> None:
        if self.steps < 1 or self.trials < 1 or not self.acceleration >= 0:
            raise ValueError(f"needs steps >= 1, trials >= 1, acceleration >= 0; given {self}")
        if not (self.damping > 0 and self.decrease > 1 and self.increase > 1):
            raise ValueError(f"needs damping > 0, decrease > 1, increase > 1; given {self}")

    def start(self, module: nn.Module) -> "LevenbergMarquardtOptimizer":
        return LevenbergMarquardtOptimizer(self, module)


class LevenbergMarquardtOptimizer:
    """Steps on the parameters of a module, in place."""

    def __init__(self, settings: LevenbergMarquardt, module: nn.Module) -> None:
        self.settings = settings
        self.module = module
        self.damping = settings.damping

    def step(self, blocks: Sequence[Block]) -> dict[str, float]:
        """One step, or none if every trial is refused.

        Returns:
            ``damping`` after the step, and ``loss`` after it; NaN if the residuals are not finite.
        """
        parameters = {name: p.detach() for name, p in self.module.named_parameters()}
        matrix, gradient, loss = normal_equations(blocks, parameters)
        if not torch.isfinite(loss):
            return {"damping": self.damping, "loss": math.nan}
        undamped = matrix.diagonal().clone()
        for _ in range(self.settings.trials):
            matrix.diagonal().copy_(undamped + self.damping)
            factor, failed = torch.linalg.cholesky_ex(matrix)
            if not failed:
                trial = self._trial(blocks, parameters, factor, gradient)
                trial_loss = total_loss(blocks, trial)
                if trial_loss < loss:
                    self._accept(trial)
                    self.damping = max(self.damping / self.settings.decrease, _SMALLEST_DAMPING)
                    return {"damping": self.damping, "loss": float(trial_loss)}
            self.damping *= self.settings.increase
        if self.damping > _HOPELESS * float(undamped.max()):
            self.damping = self.settings.damping
        return {"damping": self.damping, "loss": float(loss)}

    def _trial(
        self, blocks: Sequence[Block], parameters: dict[str, Tensor], factor: Tensor, gradient: Tensor
    ) -> dict[str, Tensor]:
        velocity = -_solve(factor, gradient)
        if self.settings.acceleration:
            bend = _second_derivative(blocks, parameters, velocity)
            acceleration = -_solve(factor, pull_back(blocks, parameters, bend))
            if acceleration.norm() <= self.settings.acceleration * velocity.norm():
                velocity = velocity + 0.5 * acceleration
        return move(parameters, velocity)

    def _accept(self, parameters: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.module.named_parameters():
                parameter.copy_(parameters[name])

    def state_dict(self) -> dict[str, Any]:
        return {"damping": self.damping}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.damping = state["damping"]


def move(parameters: dict[str, Tensor], step: Tensor) -> dict[str, Tensor]:
    """Parameters plus a flat step."""
    pieces = step.split([p.numel() for p in parameters.values()])
    return {name: p + piece.view_as(p) for (name, p), piece in zip(parameters.items(), pieces, strict=True)}


def _solve(factor: Tensor, right: Tensor) -> Tensor:
    return torch.cholesky_solve(right[:, None], factor)[:, 0]


def _second_derivative(blocks: Sequence[Block], parameters: dict[str, Tensor], velocity: Tensor) -> list[Tensor]:
    """The second derivative of the weighted residuals along the velocity, by a central difference."""
    ahead = weighted_residuals(blocks, move(parameters, _PROBE * velocity))
    here = weighted_residuals(blocks, parameters)
    behind = weighted_residuals(blocks, move(parameters, -_PROBE * velocity))
    return [(a - 2 * h + b) / _PROBE**2 for a, h, b in zip(ahead, here, behind, strict=True)]
