"""What the training loop steps for PINNs: windows, phases, points, weights."""

import copy
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from physml.nets import Ansatz, count_parameters
from physml.optim import LevenbergMarquardt
from physml.pinn.causal_weights import CausalWeights, EpsilonSchedule, causal_weights
from physml.pinn.findings import collect
from physml.pinn.monitor import Monitor
from physml.pinn.objective import Objective
from physml.pinn.sampling import draw
from physml.pinn.solution import Solution, load_weights
from physml.pinn.terms import residual_term
from physml.pinn.windows import hard_ansatz, scale_ansatz, soft_ansatz, use_hard, window_axes
from physml.problem import PDE
from physml.result import Findings
from physml.train import Step

if TYPE_CHECKING:
    from physml.pinn.plain import PINN

_SCALE_POINTS = 1000
_SLICES = 32  # of time, where no causal weights say how many
_REMEMBERED = frozenset({0} | {m * 10**k for m in (1, 3) for k in range(7)})


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
        method: "PINN",
        causal: CausalWeights | None,
        *,
        seed: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.problem, self.method, self.causal = problem, method, causal
        self.device, self.dtype = device, dtype
        self.generator = torch.Generator().manual_seed(seed)
        time = problem.domain.time
        self.edges = method.windows.edges(time) if time else [0.0, 0.0]
        self.hard = use_hard(problem, method.initial)
        self.pieces: list[Ansatz] = []
        self.monitor = Monitor(problem)
        self.snapshots: list[dict[str, Any]] = []
        self.done = self.phase = self.step_in_phase = 0
        self._open_window()

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

    def _stage(self) -> str:
        phase = type(self.method.phases[self.phase]).__name__
        count = len(self.edges) - 1
        return f"window {self.window + 1}/{count}, {phase}" if count > 1 else phase

    # -- windows and phases --------------------------------------------------------------------------------------

    def _open_window(self) -> None:
        self.pieces.append(self._build_ansatz(self.window + 1))
        self.phase = self.step_in_phase = 0
        self.schedule = EpsilonSchedule(self.causal) if self.causal else None
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
        axes = window_axes(self.problem, self.edges[self.window], self.edges[self.window + 1])
        before = self.pieces[-2] if self.window else None
        self.objective = Objective(self.problem, self.method, self.ansatz, axes, before, self.hard)
        self.monitor.open(self.ansatz, axes)
        size, count = count_parameters(self.ansatz), self.method.sampling.count
        second_order = any(isinstance(phase, LevenbergMarquardt) for phase in self.method.phases)
        if second_order and count <= size and not self.window:
            warnings.warn(
                f"{count} points for {size} parameters: the residual can vanish at the points and nowhere else; "
                f"raise sampling.count or narrow the network",
                stacklevel=2,
            )

    def _start_phase(self) -> None:
        self.optimizer = self.method.phases[self.phase].start(self.ansatz)
        self._draw_points()

    def _draw_points(self) -> None:
        self.objective.draw(self.generator)
        self.fresh = True

    def _advance(self) -> None:
        self.done += 1
        self.step_in_phase += 1
        solved = self.schedule is not None and self.schedule.solved
        if not solved and self.step_in_phase < self.method.phases[self.phase].steps:
            return
        self.phase = len(self.method.phases) if solved else self.phase + 1
        self.step_in_phase = 0
        if self.phase < len(self.method.phases):
            self._start_phase()
        elif self.window + 1 < len(self.edges) - 1:
            self._open_window()

    # -- one step ------------------------------------------------------------------------------------------------

    def step(self) -> Step:
        stage = self._stage()
        period = self.method.sampling.period
        if period and self.step_in_phase and self.step_in_phase % period == 0:
            self._draw_points()
        squares, conditions = self.objective.squares(), self.objective.condition_losses()
        losses = dict(zip(self.objective.residual.entries, squares.mean(0).tolist(), strict=True)) | conditions
        weights, values = self._time_weights(squares, self.objective.initial_loss(conditions))
        after = self.optimizer.step(self.objective.blocks(weights))
        values |= {name: value for name, value in after.items() if name != "loss"}
        logged = self._logged()
        if logged:
            values |= self.monitor.error()
        self.fresh = False
        self._advance()
        return Step(stage, self.done, self._total(), losses, values, logged)

    def _logged(self) -> bool:
        phase = self.method.phases[self.phase]
        return self.step_in_phase % phase.log_every == 0 or self.step_in_phase == phase.steps - 1

    def _total(self) -> int:
        return (len(self.edges) - 1) * sum(phase.steps for phase in self.method.phases)

    def _time_weights(self, squares: Tensor, initial_loss: float) -> tuple[Tensor, dict[str, float]]:
        """A weight a point, constant on slices of the points sorted by time: causal, or 1."""
        if self.problem.domain.time is None:
            return torch.ones_like(squares[:, 0]), {}
        slices = squares.tensor_split(self.causal.slices if self.causal else min(_SLICES, len(squares)))
        losses = torch.stack([s.mean(0) for s in slices])
        weights, values = torch.ones_like(losses[:, 0]), {}
        if self.schedule:
            gate = initial_loss if self.schedule.settings.gate_initial else 0.0
            weights = causal_weights(losses, self.schedule.epsilon, gate)
            values = {"epsilon": self.schedule.epsilon, "smallest weight": float(weights.min())}
            trouble = self.schedule.trouble(weights)
            if trouble and not self.window:
                warnings.warn(trouble, stacklevel=2)
            self.schedule.update(float(weights.min()), fresh=self.fresh)
        self._remember(losses.sum(1), weights)
        sizes = torch.tensor([len(s) for s in slices], device=weights.device)
        return weights.repeat_interleave(sizes), values

    def _remember(self, losses: Tensor, weights: Tensor) -> None:
        """Keep times, losses, weights and convergence rates of the slices at steps 0, 1, 3, 10, ... of each phase."""
        if self.step_in_phase not in _REMEMBERED:
            return
        times, rates = self.objective.times(self.objective.points[0]), self.objective.convergence_rates()
        means = [torch.stack([s.mean() for s in v.tensor_split(len(weights))]) for v in (times, rates)]
        table = torch.stack([means[0], losses, weights, means[1]]).cpu()
        self.snapshots.append({"step": self.done, "window": self.window, "slices": table})

    # -- results -------------------------------------------------------------------------------------------------

    def findings(self) -> Findings:
        """Data, metrics and weights of what has been solved so far."""
        return collect(self)

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
            "schedule": self.schedule.state_dict() if self.schedule else {},
            "generator": self.generator.get_state(),
            "points": self.objective.points,
            "fresh": self.fresh,
            "snapshots": self.snapshots,
        }
        return copy.deepcopy(state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.pieces = []
        for index, saved in enumerate(state["pieces"]):
            self.pieces.append(self._build_ansatz(index))
            self.ansatz.load_state_dict(saved)
        self.done, self.phase, self.step_in_phase = state["counters"]
        self.snapshots = list(state["snapshots"])
        self._make_objective()
        phase = self.method.phases[min(self.phase, len(self.method.phases) - 1)]
        self.optimizer = phase.start(self.ansatz)
        self.optimizer.load_state_dict(state["optimizer"])
        if self.causal:
            self.schedule = EpsilonSchedule(self.causal)
            self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        self.objective.put([points.to(self.device) for points in state["points"]])
        self.fresh = state["fresh"]
