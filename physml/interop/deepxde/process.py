"""What the training loop steps for DeepXDE: some iterations at a time, none of them spent on anything else."""

import copy
from typing import Any

import torch
from torch import Tensor

from physml.interop.deepxde.method import DeepXDE
from physml.interop.deepxde.session import session, silent
from physml.interop.deepxde.solution import DeepXDEAnsatz, restored, solution_of
from physml.interop.deepxde.to_deepxde import Exported, export
from physml.pinn import Solution
from physml.pinn.findings import collect
from physml.pinn.monitor import Monitor
from physml.problem import PDE
from physml.result import Findings
from physml.train import Step

_ADAM, _LBFGS = "Adam", "L-BFGS"
_CHUNK = {_ADAM: 20, _LBFGS: 50}  # iterations a step; L-BFGS repeats one evaluation at the beginning of each


class DeepXDEProcess:
    """Chunks of DeepXDE's own training steps, through its optimisers and precisions.

    A step has no test and no display; its losses are those that the last iteration computed anyway. A run that is
    resumed takes the same steps, up to rounding.

    Args:
        problem: checked before.
        method: the settings.
        seed: of weights and random points.
        device: of networks and points.
        dtype: the precision to end in.
    """

    def __init__(self, problem: PDE, method: DeepXDE, *, seed: int, device: torch.device, dtype: torch.dtype) -> None:
        self.problem, self.method, self.seed, self.device, self.dtype = problem, method, seed, device, dtype
        first = getattr(torch, method.first_precision)
        phases = [(_ADAM, first, method.adam_steps), (_LBFGS, first, method.lbfgs_steps)]
        if first != dtype:
            phases.append((_LBFGS, dtype, method.lbfgs_steps))
        self.phases = [phase for phase in phases if phase[2]]
        self.monitor = Monitor(problem)
        self.done = self.phase = self.done_in_phase = 0
        self._start_phase()

    @property
    def finished(self) -> bool:
        return self.phase == len(self.phases)

    @property
    def solution(self) -> Solution:
        return solution_of(self.problem, self.ansatz)

    # -- phases --------------------------------------------------------------------------------------------------------

    def _start_phase(self, weights: dict[str, Tensor] | None = None) -> None:
        """A new model in the precision of the phase, with the weights so far."""
        kind, dtype, _ = self.phases[min(self.phase, len(self.phases) - 1)]
        with session(dtype, self.device), silent():
            self.exported: Exported = export(self.problem, self.method, self.seed)
            model = self.exported.model
            if weights is not None:
                model.net.load_state_dict(weights)
            scales = list(self.exported.weights.values())
            model.compile(self._optimizer(kind, model.net), loss_weights=scales, verbose=0)
        self.losses: list[Tensor] = []
        self.batch = model.data.train_next_batch()
        _record_losses(model.data, self.losses)
        self.ansatz = DeepXDEAnsatz(self.problem, model.net, self.method)
        self.monitor.open(self.ansatz, self.problem.domain.axes)

    def _optimizer(self, kind: str, network: Any) -> torch.optim.Optimizer:
        """As DeepXDE makes them, with L-BFGS in shorter chunks."""
        if kind == _ADAM:
            return torch.optim.Adam(network.parameters(), lr=self.method.learning_rate)
        chunk = _CHUNK[_LBFGS]
        return torch.optim.LBFGS(
            network.parameters(),
            max_iter=chunk,
            max_eval=chunk * 5 // 4,
            tolerance_grad=1e-8,
            tolerance_change=0,
            history_size=100,
            line_search_fn="strong_wolfe",
        )

    # -- one step ------------------------------------------------------------------------------------------------------

    def step(self) -> Step:
        kind, dtype, total = self.phases[self.phase]
        stage = f"{kind}, {str(dtype).removeprefix('torch.')}"
        with session(dtype, self.device):
            taken = self._adam(total) if kind == _ADAM else self._lbfgs()
        losses = dict(zip(self.exported.weights, torch.stack(self.losses).tolist(), strict=True))
        self.done += taken
        values = {"iterations": self.done, **self.monitor.error()}
        self.done_in_phase += taken
        if self.done_in_phase >= total or (kind == _LBFGS and taken <= 1):
            self._next_phase()
        return Step(stage, self.done, sum(steps for *_, steps in self.phases), losses, values)

    def _adam(self, total: int) -> int:
        taken = min(_CHUNK[_ADAM], total - self.done_in_phase)
        for _ in range(taken):
            self.exported.model.train_step(*self.batch)
        return taken

    def _lbfgs(self) -> int:
        """One call of L-BFGS; how many iterations it took. Where it takes none any more, it has come to its end."""
        self.exported.model.train_step(*self.batch)
        iterations = self.exported.model.opt.state_dict()["state"][0]["n_iter"]
        return iterations - self.done_in_phase

    def _next_phase(self) -> None:
        self.phase += 1
        self.done_in_phase = 0
        if not self.finished:
            self._start_phase(self.ansatz.network.state_dict())

    # -- results -------------------------------------------------------------------------------------------------------

    def findings(self) -> Findings:
        """Data, metrics and weights, as our methods give them."""
        return collect(self.problem, self.solution, [])

    def restore(self, weights: dict[str, Tensor]) -> Solution:
        """The solution that saved weights belong to."""
        return restored(self.problem, self.method, weights, self.device)

    # -- state ---------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Weights, optimiser and counters; the points come from the seed."""
        state = {
            "counters": [self.done, self.phase, self.done_in_phase],
            "network": self.ansatz.network.state_dict(),
            "optimizer": self.exported.model.opt.state_dict(),
        }
        return copy.deepcopy(state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.done, self.phase, self.done_in_phase = state["counters"]
        self._start_phase(state["network"])
        self.exported.model.opt.load_state_dict(state["optimizer"])


def _record_losses(data: Any, kept: list[Tensor]) -> None:
    """Keep each loss that ``data`` computes for training, before it is weighted; the last ones stay."""
    compute = data.losses_train

    def losses_train(*arguments: Any, **options: Any) -> list[Tensor]:
        losses = compute(*arguments, **options)
        kept[:] = [loss.detach() for loss in losses]
        return losses

    data.losses_train = losses_train
