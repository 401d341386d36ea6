"""What the training loop steps for PINNs: windows, phases, points, weights."""

import copy
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from physml.nets import Ansatz, count_parameters
from physml.optim import Block, LevenbergMarquardt, squared_gradients
from physml.pinn.causal_weights import CausalWeights, EpsilonSchedule, causal_weights
from physml.pinn.findings import collect
from physml.pinn.monitor import Monitor
from physml.pinn.sampling import draw, draw_on_face, keep_where_large
from physml.pinn.solution import Solution, load_weights
from physml.pinn.terms import Term, condition_term, prepare_condition, residual_term
from physml.pinn.windows import hard_ansatz, scale_ansatz, soft_ansatz, use_hard, window_axes
from physml.problem import PDE, Condition
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
        self._make_terms()
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

    def _make_terms(self) -> None:
        engine, time = self.method.engine, self.problem.domain.time
        self.axes = window_axes(self.problem, self.edges[self.window], self.edges[self.window + 1])
        self.residual = residual_term(self.problem, self.ansatz, engine)
        self.conditions: list[tuple[Condition, Term, Ansatz | None]] = []
        for condition in self.problem.conditions:
            starts = time is not None and condition.axis == "t" and condition.at == time.low
            if starts and self.hard:
                continue
            before = self.pieces[-2] if starts and self.window else None
            self.conditions.append((condition, condition_term(self.problem, condition, self.ansatz, engine), before))
        self.monitor.open(self.ansatz, self.axes)
        size = count_parameters(self.ansatz)
        second_order = any(isinstance(phase, LevenbergMarquardt) for phase in self.method.phases)
        if second_order and self.method.sampling.count <= size and not self.window:
            warnings.warn(
                f"{self.method.sampling.count} points for {size} parameters: the residual can vanish at the points and "
                f"nowhere else; raise sampling.count or narrow the network",
                stacklevel=2,
            )

    def _start_phase(self) -> None:
        self.optimizer = self.method.phases[self.phase].start(self.ansatz)
        self._draw_points()

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

    # -- points --------------------------------------------------------------------------------------------------

    def _draw_points(self) -> None:
        """New points, sorted by time; the residual's where it is large."""
        settings = self.method.sampling
        points = draw(self.axes, settings.count * settings.candidates, self.generator, self.dtype).to(self.device)
        if settings.candidates > 1:
            size = self._residuals(self.residual, self.residual.prepare(points)).norm(dim=1)
            points = keep_where_large(points, size, settings.count, self.generator)
        if self.problem.domain.time:
            points = points[points[:, self.problem.domain.names.index("t")].argsort(stable=True)]
        self.points = [points]
        for condition, _, _ in self.conditions:
            self.points.append(self._face_points(condition))
        self._prepare()
        self.fresh = True

    def _face_points(self, condition: Condition) -> Tensor:
        settings, domain = self.method.sampling, self.problem.domain
        at = self.axes[domain.names.index("t")].low if condition.axis == "t" else condition.at
        return draw_on_face(self.axes, condition.axis, at, settings.condition_count, self.generator, self.dtype).to(
            self.device
        )

    def _prepare(self) -> None:
        self.data = [self.residual.prepare(self.points[0])]
        for (condition, term, before), points in zip(self.conditions, self.points[1:], strict=True):
            self.data.append(prepare_condition(term, condition, points, before))

    # -- one step ------------------------------------------------------------------------------------------------

    def _residuals(self, term: Term, data: Any) -> Tensor:
        with torch.no_grad():
            return term(dict(self.ansatz.named_parameters()), data)

    def step(self) -> Step:
        stage = self._stage()
        period = self.method.sampling.period
        if period and self.step_in_phase and self.step_in_phase % period == 0:
            self._draw_points()
        blocks, losses, values = self._weigh()
        values |= {k: v for k, v in self.optimizer.step(blocks).items() if k != "loss"}
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

    def _weigh(self) -> tuple[list[Block], dict[str, float], dict[str, float]]:
        """Blocks of the objective, with the mean squares of all terms."""
        squares = self._residuals(self.residual, self.data[0]) ** 2
        losses = dict(zip(self.residual.entries, squares.mean(0).tolist(), strict=True))
        condition_blocks = []
        initial_loss = 0.0
        for (condition, term, _), data in zip(self.conditions, self.data[1:], strict=True):
            mean = self._residuals(term, data).square().mean()
            losses[term.name] = float(mean)
            if condition.axis == "t":
                initial_loss += self.method.condition_weight * float(mean)
            weight = torch.full_like(data["target"], self.method.condition_weight / len(data["target"]))
            condition_blocks.append(Block(term, data, weight))
        weights, values = self._time_weights(squares, initial_loss)
        rows = (weights / len(squares))[:, None].expand_as(squares)
        return [Block(self.residual, self.data[0], rows), *condition_blocks], losses, values

    def _time_weights(self, squares: Tensor, initial_loss: float) -> tuple[Tensor, dict[str, float]]:
        """A weight a point, constant on slices of the points sorted by time: causal, or 1."""
        if self.problem.domain.time is None:
            return torch.ones_like(squares[:, 0]), {}
        slices = squares.tensor_split(self.causal.slices if self.causal else _SLICES)
        losses = torch.stack([s.mean(0) for s in slices])
        weights, values = torch.ones_like(losses[:, 0]), {}
        if self.schedule:
            gate = initial_loss if self.schedule.settings.gate_initial else 0.0
            weights = causal_weights(losses, self.schedule.epsilon, gate)
            values = {"epsilon": self.schedule.epsilon, "smallest weight": float(weights.min())}
            self.schedule.update(float(weights.min()), fresh=self.fresh)
        self._remember(losses.sum(1), weights)
        sizes = torch.tensor([len(s) for s in slices], device=weights.device)
        return weights.repeat_interleave(sizes), values

    def _remember(self, losses: Tensor, weights: Tensor) -> None:
        """Keep times, losses, weights and convergence rates of the slices at steps 0, 1, 3, 10, ... of each phase."""
        if self.step_in_phase not in _REMEMBERED:
            return
        times = self.points[0][:, self.problem.domain.names.index("t")]
        block = Block(
            self.residual, self.data[0], torch.ones_like(times)[:, None].expand(-1, len(self.residual.entries))
        )
        rates = squared_gradients(block, {name: p.detach() for name, p in self.ansatz.named_parameters()})
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
            "points": self.points,
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
        self._make_terms()
        phase = self.method.phases[min(self.phase, len(self.method.phases) - 1)]
        self.optimizer = phase.start(self.ansatz)
        self.optimizer.load_state_dict(state["optimizer"])
        if self.causal:
            self.schedule = EpsilonSchedule(self.causal)
            self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        self.points = [points.to(self.device) for points in state["points"]]
        self.fresh = state["fresh"]
        self._prepare()
