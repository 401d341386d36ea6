"""What the training loop steps for PINNs: windows, phases, points, weights."""

import copy
import warnings
from typing import Any

import torch
from torch import Tensor

from physml.nets import Ansatz, count_parameters
from physml.optim import Block
from physml.pinn.balancing import Balance
from physml.pinn.causal_weights import CausalWeights
from physml.pinn.findings import collect
from physml.pinn.gate import Gate
from physml.pinn.monitor import Monitor
from physml.pinn.objective import Objective
from physml.pinn.sampling import draw
from physml.pinn.settings import PINNSettings
from physml.pinn.solution import Solution, load_weights
from physml.pinn.terms import residual_term
from physml.pinn.windows import hard_ansatz, scale_ansatz, soft_ansatz, use_hard, window_axes
from physml.problem import PDE
from physml.result import Findings
from physml.train import Step

_SCALE_POINTS = 1000


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
        time = problem.domain.time
        self.edges = method.windows.edges(time) if time else [0.0, 0.0]
        self.hard = use_hard(problem, method.initial)
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
        return self.phase == len(self.method.phases)

    @property
    def ansatz(self) -> Ansatz:
        return self.pieces[-1]

    @property
    def solution(self) -> Solution:
        return Solution(self.problem, self.edges, self.pieces, self.method.engine)

    @property
    def stage(self) -> str:
        phase = type(self.method.phases[self.phase]).__name__
        count = len(self.edges) - 1
        return f"window {self.window + 1}/{count}, {phase}" if count > 1 else phase

    # -- windows and phases --------------------------------------------------------------------------------------

    def _open_window(self) -> None:
        self.pieces.append(self._build_ansatz(self.window + 1))
        self.phase = self.step_in_phase = 0
        self.gate.open_window(self.window)
        self._make_objective()
        self._start_phase()

    def _build_ansatz(self, index: int) -> Ansatz:
        method, before = self.method, self.pieces[-1] if self.pieces else None
        axes = window_axes(self.problem, self.edges[index], self.edges[index + 1])
        if self.hard:
            ansatz: Ansatz = hard_ansatz(
                self.problem,
                axes,
                method.network,
                method.modes,
                method.series_modes,
                before,
                self.generator,
                self.dtype,
            ).to(self.device)
            points = draw(axes, _SCALE_POINTS, self.generator, self.dtype).to(self.device)
            scale_ansatz(ansatz, residual_term(self.problem, ansatz, method.engine), points)
        else:
            ansatz = soft_ansatz(self.problem, axes, method.network, method.modes, self.generator, self.dtype)
        if before is not None and method.windows.warm_start:
            ansatz.network.load_state_dict(before.network.state_dict())
        return ansatz.to(self.device)

    def _make_objective(self) -> None:
        method, axes = self.method, window_axes(self.problem, self.edges[self.window], self.edges[self.window + 1])
        before = self.pieces[-2] if self.window else None
        self.objective = Objective(self.problem, method.sampling, method.engine, self.ansatz, axes, before, self.hard)
        self.balance = Balance(method.balancing, self.objective.start_weights(method.condition_weight))
        self.monitor.open(self.ansatz, axes)

    def _warn_of_few_points(self) -> None:
        size, count = count_parameters(self.ansatz), len(self.objective.points[0])
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

    def _advance(self) -> None:
        self.done += 1
        self.step_in_phase += 1
        if not self.gate.solved and self.step_in_phase < self.method.phases[self.phase].steps:
            return
        self.phase = len(self.method.phases) if self.gate.solved else self.phase + 1
        self.step_in_phase = 0
        if self.phase < len(self.method.phases):
            self._start_phase()
        elif self.window + 1 < len(self.edges) - 1:
            self._open_window()

    # -- one step ------------------------------------------------------------------------------------------------

    def step(self) -> Step:
        self.renew_points()
        graph = self.method.phases[self.phase].first_order  # one evaluation then serves losses, weights and the step
        residuals = self.objective.residuals(graph=graph)
        losses, values, blocks = self.weigh(residuals, graph=graph)
        return self.conclude(losses, values | self.optimizer.step(blocks))

    def renew_points(self) -> bool:
        """Draw new points where the period of sampling says so; whether that was."""
        period = self.method.sampling.period
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
        self._advance()
        return Step(stage, self.done, self._total(), losses, values, logged)

    def _total(self) -> int:
        return (len(self.edges) - 1) * sum(phase.steps for phase in self.method.phases)

    def _point_weights(self, squares: Tensor, losses: dict[str, float]) -> tuple[Tensor, dict[str, float]]:
        """A weight a point, constant on slices of the points sorted by time: causal, or 1."""
        if self.problem.domain.time is None:
            return torch.ones_like(squares[:, 0]), {}
        initial_loss = self.objective.initial_loss(losses, self.balance.weights)
        slice_losses, weights = self.gate.weights(squares, initial_loss)
        values = self.gate.update(weights, fresh=self.fresh)
        if self.gate.is_remembered(self.step_in_phase):
            times, rates = self.objective.times(self.objective.points[0]), self.objective.convergence_rates()
            self.gate.remember(self.done, times, slice_losses, weights, rates)
        return self.gate.spread(weights, len(squares)), values

    # -- results -------------------------------------------------------------------------------------------------

    def findings(self) -> Findings:
        """Data, metrics and weights of what has been solved so far."""
        return collect(self.problem, self.solution, self.gate.snapshots)

    def restore(self, weights: dict[str, Tensor]) -> Solution:
        """The solution that saved weights belong to; the process is not to be trained on."""
        count = 1 + max(int(name.partition(".")[0].removeprefix("window_")) for name in weights)
        self.pieces = []
        for index in range(count):
            self.pieces.append(self._build_ansatz(index))
            load_weights(self.ansatz, index, weights)
        return self.solution

    # -- state ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A deep copy of everything that the next steps depend on."""
        state = {
            "pieces": [piece.state_dict() for piece in self.pieces],
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
