"""Levenberg-Marquardt with geodesic acceleration and momentum, in bounded memory."""

import math
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from physml.optim.damped_solvers import DampedSystem, NormalSystem, WoodburySystem
from physml.optim.iterative_solver import IterativeSystem
from physml.optim.least_squares import Block, Parameters, move, put, total_loss, trainable, weighted_residuals
from physml.optim.orthogonal_solver import OrthogonalSystem
from physml.optim.processes import process_count
from physml.optim.sketched_solver import SketchedSystem

Solver = Literal["auto", "normal", "woodbury", "qr", "sketch", "cg"]

_SYSTEMS = {"normal": NormalSystem, "woodbury": WoodburySystem, "qr": OrthogonalSystem, "cg": IterativeSystem}
_HOPELESS = 1e6  # times the largest diagonal entry: more damping changes the parameters no more
_PROBE = 0.1  # of the step: where the second derivative along it is measured
_STRETCH = 1.5  # times 1 - m is the part of a step with momentum that is made; few random rows are stable below 2
_LARGEST = 20_000**2  # numbers of a matrix, 3 GiB: beyond it "auto" takes the sketch


@dataclass(frozen=True)
class LevenbergMarquardt:
    r"""Settings: step by :math:`\delta + a/2` where

    .. math:: (J^T W J + \mu I)\,\delta = -J^T W r, \qquad (J^T W J + \mu I)\,a = -J^T W \partial_\delta^2 r,

    and accept it if the loss falls. The acceleration a (transtrum2012) bends the step along the valley of the loss; it
    is left out when :math:`|a| > \alpha |\delta|`. Use float64.

    Momentum m (SPRING, goldshlager2024kaczmarz, guzman2025improving) is for rows that change in every step:
    :math:`\delta` then minimises :math:`|r + J \delta|_W^2 + \mu |\delta - m \delta_\text{before}|^2`, so that it keeps
    what earlier rows have taught, and the step is :math:`\min(1, 3 (1 - m) / 2)\,\delta`.

    Args:
        steps: how many.
        damping: the first :math:`\mu`.
        decrease: what :math:`\mu` is divided by after an accepted step.
        increase: what :math:`\mu` is multiplied by after a refused one.
        trials: refused steps before the parameters are left as they are; a damping that has outgrown the matrix
            then starts again, since the next rows may need little.
        acceleration: :math:`\alpha`; 0 turns the acceleration off.
        momentum: m; a refused step forgets the step before.
        solver: for N rows and n parameters, "normal" equations need memory :math:`2 n^2`, "woodbury"
            :math:`N n + 2 N^2`, "qr" :math:`4 n^2` and some three times the time, for losses near round-off; "sketch"
            iterates in :math:`2 n` times the rows of the sketch; "cg" iterates without a matrix, for problems that are
            well conditioned by themselves. "auto" takes woodbury if N < n, normal otherwise, and
            the sketch if their matrix would exceed 3 GiB.
        sketch_rows: of the solver "sketch".

    Raises:
        ValueError: a setting outside its range.
    """

    steps: int = 100
    damping: float = 1e-2
    decrease: float = 4.0
    increase: float = 4.0
    trials: int = 10
    acceleration: float = 0.75
    momentum: float = 0.0
    solver: Solver = "auto"
    sketch_rows: int = 1_000

    log_every = 1
    first_order = False  # a step takes the gradient at the present parameters, once
    needs_jacobian = True  # of the residuals

    def __post_init__(self) -> None:
        if self.steps < 1 or self.trials < 1 or not self.acceleration >= 0:
            raise ValueError(f"needs steps >= 1, trials >= 1, acceleration >= 0; given {self}")
        if not (self.damping > 0 and self.decrease > 1 and self.increase > 1):
            raise ValueError(f"needs damping > 0, decrease > 1, increase > 1; given {self}")
        if not 0 <= self.momentum < 1 or self.sketch_rows < 1 or self.solver not in typing.get_args(Solver):
            solvers = typing.get_args(Solver)
            raise ValueError(f"needs 0 <= momentum < 1, sketch_rows >= 1, a solver of {solvers}; given {self}")

    def start(self, module: nn.Module) -> "LevenbergMarquardtOptimizer":
        return LevenbergMarquardtOptimizer(self, module)


class LevenbergMarquardtOptimizer:
    """Steps on the parameters of a module, in place."""

    def __init__(self, settings: LevenbergMarquardt, module: nn.Module) -> None:
        self.settings = settings
        self.module = module
        self.damping = settings.damping
        self.part = min(1.0, _STRETCH * (1 - settings.momentum))
        self.done = 0
        self.before: Tensor | None = None  # the step before, for the momentum

    def step(self, blocks: Sequence[Block]) -> dict[str, float]:
        """One step, or none if every trial is refused.

        Returns:
            ``damping`` after the step, and ``loss`` after it; NaN if the residuals are not finite.
        """
        parameters = {name: p.detach() for name, p in trainable(self.module).items()}
        system = self._system(blocks, parameters)
        if not torch.isfinite(system.loss):
            return {"damping": self.damping, "loss": math.nan}
        self.done += 1
        for _ in range(self.settings.trials):
            if system.factor(self.damping):
                velocity = system.velocity(None if self.before is None else self.settings.momentum * self.before)
                trial = move(parameters, self._bent(blocks, parameters, system, self.part * velocity))
                trial_loss = total_loss(blocks, trial)
                if trial_loss < system.loss:
                    self._accept(trial, velocity)
                    self.damping = max(self.damping / self.settings.decrease, system.smallest_damping)
                    return {"damping": self.damping, "loss": float(trial_loss)}
            self.damping *= self.settings.increase
            self.before = None
        if self.damping > _HOPELESS * system.largest:
            self.damping = self.settings.damping
        return {"damping": self.damping, "loss": float(system.loss)}

    def _system(self, blocks: Sequence[Block], parameters: Parameters) -> DampedSystem:
        rows, columns = sum(b.weights.numel() for b in blocks), sum(p.numel() for p in parameters.values())
        solver = choose_solver(rows, columns) if self.settings.solver == "auto" else self.settings.solver
        if solver == "sketch":
            return SketchedSystem(blocks, parameters, self.settings.sketch_rows, self.done)
        return _SYSTEMS[solver](blocks, parameters)

    def _bent(self, blocks: Sequence[Block], parameters: Parameters, system: DampedSystem, velocity: Tensor) -> Tensor:
        """The velocity plus half the acceleration, if that is small enough."""
        if self.settings.acceleration:
            acceleration = -system.response(_second_derivative(blocks, parameters, velocity))
            if acceleration.norm() <= self.settings.acceleration * velocity.norm():
                return velocity + 0.5 * acceleration
        return velocity

    def _accept(self, parameters: Parameters, velocity: Tensor) -> None:
        put(trainable(self.module), parameters)
        self.before = velocity if self.settings.momentum else None

    def state_dict(self) -> dict[str, Any]:
        state = {"damping": self.damping, "done": self.done}
        return state if self.before is None else {**state, "before": self.before}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.damping, self.done, self.before = state["damping"], state["done"], state.get("before")


def choose_solver(rows: int, parameters: int) -> Solver:
    """What "auto" stands for; rows that are spread over processes are never put side by side."""
    if rows < parameters and process_count() == 1:
        return "woodbury" if rows * parameters <= _LARGEST else "sketch"
    return "normal" if parameters**2 <= _LARGEST else "sketch"


def _second_derivative(blocks: Sequence[Block], parameters: Parameters, velocity: Tensor) -> list[Tensor]:
    """The second derivative of the weighted residuals along the velocity, by a central difference."""
    ahead = weighted_residuals(blocks, move(parameters, _PROBE * velocity))
    here = weighted_residuals(blocks, parameters)
    behind = weighted_residuals(blocks, move(parameters, -_PROBE * velocity))
    return [(a - 2 * h + b) / _PROBE**2 for a, h, b in zip(ahead, here, behind, strict=True)]
