"""What the training loop steps for PINNs: windows, phases, points, weights."""

import copy
import math
import warnings
from typing import Any

import torch
from torch import Tensor

from physml.nets import Ansatz, count_parameters
from physml.optim import Block
from physml.pinn.balancing import Balance
from physml.pinn.candidates import candidates
from physml.pinn.causal_weights import CausalWeights
from physml.pinn.findings import collect
from physml.pinn.gate import Gate
from physml.pinn.monitor import Monitor
from physml.pinn.settings import PINNSettings
from physml.pinn.solution import Solution, load_weights
from physml.pinn.windows import Marching, window_axes
from physml.problem import PDE, Axis
from physml.result import Findings
from physml.train import Step


class PINNProcess:
    """One optimiser step at a time, through all phases of all windows.

    Args:
        problem: checked before.
        method: the settings.
        causal: the causal weighting, or None to weigh all times alike.
        seed: of every random draw.
        device, dtype: of networks and points; random numbers are drawn on the CPU.
    """

    def __init__(
        self,
        problem: PDE,
        method: PINNSettings,
        causal: CausalWeights | None,
        *,
        seed: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.problem, self.method = problem, method
        self.device, self.dtype = device, dtype
        self.generator = torch.Generator().manual_seed(seed)
        self.marching = Marching(method.windows, problem.domain.time)
        self.candidates = candidates(problem, method)
        self.pieces: list[Ansatz] = []
        self.monitor = Monitor(problem)
        self.gate = Gate(causal)
        self.done = self.phase = self.step_in_phase = 0
        self._open_window()
        self._warn_of_few_points()

    # -- where it is ---------------------------------------------------------------------------------------------

    @property
    def window(self) -> int:
        return len(self.pieces) - 1

    @property
    def finished(self) -> bool:
        return self.phase == len(self.method.phases) and self.marching.finished

    @property
    def ansatz(self) -> Ansatz:
        return self.pieces[-1]

    @property
    def solution(self) -> Solution:
        """All windows; of windows that have to be certified, those that are."""
        certified = len(self.pieces) if not self.marching.adaptive or self.finished else max(1, len(self.pieces) - 1)
        edges = self.marching.edges[: certified + 1]
        return Solution(self.problem, edges, self.pieces[:certified], self.method.engine)

    @property
    def stage(self) -> str:
        phase, window = type(self.method.phases[self.phase]).__name__, self.marching.name
        return f"{window}, {phase}" if window else phase

    # -- windows and phases --------------------------------------------------------------------------------------

    def _open_window(self) -> None:
        self.marching.open()
        self.pieces.append(self._build_ansatz(self.window + 1))
        self.phase = self.step_in_phase = 0
        self.gate.open_window(self.window)
        self._make_objective()
        self._start_phase()

    def _build_ansatz(self, index: int) -> Ansatz:
        before = self.pieces[-1] if self.pieces else None
        ansatz = self.candidates.ansatz(self._axes(index), before, self.generator, self.device, self.dtype)
        if before is not None and self.method.windows.warm_start:
            ansatz.network.load_state_dict(before.network.state_dict())
        return ansatz

    def _axes(self, index: int) -> tuple[Axis, ...]:
        return window_axes(self.problem, self.marching.edges[index], self.marching.edges[index + 1])

    def _make_objective(self) -> None:
        method, axes = self.method, self._axes(self.window)
        before = self.pieces[-2] if self.window else None
        self.objective = self.candidates.objective(self.ansatz, axes, before)
        self.balance = Balance(method.balancing, self.objective.start_weights(method.condition_weight))
        self.monitor.open(self.ansatz, axes)

    def _warn_of_few_points(self) -> None:
        size, count = count_parameters(self.ansatz), self.objective.size
        equations = len(self.objective.residual.entries)
        if count * equations <= size and not all(phase.first_order for phase in self.method.phases):
            warnings.warn(
                f"{count} points (equations: {equations}) for {size} parameters: the residual can vanish at the points "
                f"and nowhere else; raise sampling.count or narrow the network",
                stacklevel=2,
            )

    def _start_phase(self) -> None:
        phase = self.method.phases[self.phase]
        self.optimizer = phase.start(self.ansatz)
        self.objective.compile(self.method.compiles(phase))
        self._draw_points()

    def _draw_points(self) -> None:
        self.objective.draw(self.generator, self.gate.point_weights if self.method.sampling.causal else None)
        self.fresh = True

    def _advance(self) -> str:
        """To the next step, phase or window; what is wrong, if that ends the run."""
        self.done += 1
        self.step_in_phase += 1
        if not self.gate.solved and self.step_in_phase < self.method.phases[self.phase].steps:
            return ""
        self.phase = len(self.method.phases) if self.gate.solved else self.phase + 1
        self.step_in_phase = 0
        if self.phase < len(self.method.phases):
            self._start_phase()
            return ""
        if self.marching.adaptive and not self.gate.solved:
            return self._shrink_window(self.gate.why_not_certified)
        self.marching.accept()
        if not self.marching.finished:
            self._open_window()
        return ""

    def _shrink_window(self, why: str) -> str:
        """Solve the window again, shorter; what is wrong with it, if it has become too short."""
        name = self.marching.name
        self.pieces.pop()
        self.gate.forget_window(self.window + 1)
        long_enough = self.marching.refuse()
        self._open_window()
        return (
            "" if long_enough else f"{name} is not certified, however short: {why}; what was certified before is kept"
        )

    # -- one step ------------------------------------------------------------------------------------------------

    def step(self) -> Step:
        self.renew_points()
        graph = self.method.phases[self.phase].first_order  # one evaluation then serves losses, weights and the step
        residuals = self.objective.residuals(graph=graph)
        losses, values, blocks = self.weigh(residuals, graph=graph)
        return self.conclude(losses, values | self.optimizer.step(blocks))

    def renew_points(self) -> bool:
        """Draw new points where the period of sampling says so; whether that was."""
        period = self.method.sampling.period if self.method.spectral is None else self.method.spectral.period
        due = bool(period and self.step_in_phase and self.step_in_phase % period == 0)
        if due:
            self._draw_points()
        return due

    def weigh(self, residuals: list[Tensor], *, graph: bool) -> tuple[dict[str, float], dict[str, float], list[Block]]:
        """From this process' residuals, with their graph or without: losses, what to log, and the weighted rows."""
        everywhere = self.objective.gather(residuals)
        losses = self.objective.losses(everywhere)
        weights, values = self._point_weights(everywhere[0] ** 2, losses)
        if self.balance.is_due(self.step_in_phase):
            self.balance.update(self.objective.blocks_by_name(weights), self.objective.parameters)
        return losses, values, self.objective.blocks(weights, self.balance.weights, residuals if graph else None)

    def conclude(self, losses: dict[str, float], values: dict[str, float]) -> Step:
        """Report a step that the optimiser has made, and go on to the next one, phase or window."""
        stage, phase = self.stage, self.method.phases[self.phase]
        values = {name: value for name, value in values.items() if name != "loss"} | self.balance.values
        logged = self.step_in_phase % phase.log_every == 0 or self.step_in_phase == phase.steps - 1
        if logged:
            values |= self.monitor.error()
        self.fresh = False
        if self.marching.adaptive and not all(math.isfinite(loss) for loss in losses.values()):
            losses, trouble = (
                {},
                self._shrink_window("its residual is not a number; give more damping or a smoother start"),
            )
            self.done += 1
        else:
            trouble = self._advance()
        return Step(stage, self.done, self._total(), losses, values, logged, trouble)

    def _total(self) -> int:
        """The steps of all windows; an estimate if these change their length."""
        phases = [phase.steps for phase in self.method.phases]
        here = sum(phases[self.phase :]) - self.step_in_phase
        return self.done + here + self.marching.left * sum(phases)

    def _point_weights(self, squares: Tensor, losses: dict[str, float]) -> tuple[Tensor, dict[str, float]]:
        """A weight a point, constant on slices of the points sorted by time: causal, or 1."""
        if self.problem.domain.time is None:
            return torch.ones_like(squares[:, 0]), {}
        initial_loss = self.objective.initial_loss(losses, self.balance.weights)
        weights = self.gate.weights(squares, initial_loss)
        values = self.gate.update(weights, fresh=self.fresh)
        spread = self.gate.spread(weights, len(squares))
        if self.gate.is_remembered(self.step_in_phase):
            times, rates = self.objective.times(self.objective.points[0]), self.objective.convergence_rates()
            self.gate.remember(self.done, times, squares, spread, rates)
        return spread, values

    # -- results -------------------------------------------------------------------------------------------------

    def findings(self) -> Findings:
        """Data, metrics and weights of what has been solved so far."""
        return collect(self.problem, self.solution, self.gate.snapshots)

    def restore(self, weights: dict[str, Tensor]) -> Solution:
        """The solution that saved weights belong to; the process is not to be trained on.

        Raises:
            ValueError: weights that an earlier version has saved.
        """
        if "edges" not in weights:
            raise ValueError("the weights lack the edges of their windows, as earlier versions saved them; run again")
        self.pieces, self.marching.edges = [], weights["edges"].tolist()
        for index in range(len(self.marching.edges) - 1):
            self.pieces.append(self._build_ansatz(index))
            load_weights(self.ansatz, index, weights)
        return Solution(self.problem, self.marching.edges, self.pieces, self.method.engine)

    # -- state ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A deep copy of everything that the next steps depend on."""
        state = {
            "pieces": [piece.state_dict() for piece in self.pieces],
            "marching": self.marching.state_dict(),
            "counters": [self.done, self.phase, self.step_in_phase],
            "optimizer": self.optimizer.state_dict(),
            "gate": self.gate.state_dict(),
            "balance": self.balance.state_dict(),
            "generator": self.generator.get_state(),
            "points": self.objective.points,
            "fresh": self.fresh,
        }
        return copy.deepcopy(state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.pieces = []
        self.marching.load_state_dict(state["marching"])
        for index, saved in enumerate(state["pieces"]):
            self.pieces.append(self._build_ansatz(index))
            self.ansatz.load_state_dict(saved)
        self.done, self.phase, self.step_in_phase = state["counters"]
        self.gate.load_state_dict(state["gate"], self.window)
        self._make_objective()
        self.balance.load_state_dict(state["balance"])
        phase = self.method.phases[min(self.phase, len(self.method.phases) - 1)]
        self.optimizer = phase.start(self.ansatz)
        self.optimizer.load_state_dict(state["optimizer"])
        self.objective.compile(self.method.compiles(phase))
        self.generator.set_state(state["generator"])
        self.objective.put([points.to(self.device) for points in state["points"]])
        self.fresh = state["fresh"]
