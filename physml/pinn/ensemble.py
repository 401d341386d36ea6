"""Networks of several seeds trained in one batch: their parameters and points stacked, their residuals by vmap."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from physml.diff import Compiled
from physml.optim import Adam, Block
from physml.optim.least_squares import flatten, trainable, unflatten
from physml.optim.processes import process_count
from physml.pinn.plain import PINN
from physml.pinn.process import PINNProcess
from physml.pinn.windows import Windows
from physml.train import Step


def batchable(method: object) -> PINN:
    """The method, if its seeds can be trained in one batch.

    Raises:
        ValueError: it is no PINN, has several windows, another engine than jets, or an optimiser that does not treat
            each number by itself; or there are several processes.
    """
    way_out = "use physml.sweep, which runs each seed by itself"
    if process_count() > 1:
        raise ValueError(f"seeds in one batch need one process, given {process_count()}; start Python without torchrun")
    if not isinstance(method, PINN):
        raise ValueError(f"seeds in one batch need a PINN, given {type(method).__name__}; {way_out}")
    if not isinstance(method.windows, Windows) or method.windows.count > 1:
        given = method.windows.count if isinstance(method.windows, Windows) else "windows that adapt"
        raise ValueError(f"seeds in one batch need one time window, given {given}; {way_out}")
    if method.spectral:
        raise ValueError(f"seeds in one batch need a network of all coordinates, given a spectral one; {way_out}")
    if method.engine != "jets":
        raise ValueError(f"seeds in one batch need engine='jets', given {method.engine!r}; {way_out}")
    others = sorted({type(phase).__name__ for phase in method.phases if not isinstance(phase, Adam)})
    if others:
        raise ValueError(f"seeds in one batch need phases of Adam only, given {', '.join(others)}; {way_out}")
    return method


class Ensemble:
    """Steps the processes of several seeds together, each as if it were alone.

    A process keeps its points, generator, time weights and counters; the parameters of its network are views of one row
    of a matrix. Adam treats each number by itself, so one Adam on the matrix is one on each row. A seed that its causal
    weights call solved, or whose loss is not a number, leaves the batch.

    Args:
        processes: of one problem and one :func:`batchable` method.
    """

    def __init__(self, processes: Sequence[PINNProcess]) -> None:
        self.processes = tuple(processes)
        self.outcomes: dict[int, str] = {}  # of seeds that left early, by their place among the processes
        self._gather(list(range(len(self.processes))))

    @property
    def finished(self) -> bool:
        """No seed is left in the batch."""
        return not self.batch

    # -- the batch -----------------------------------------------------------------------------------------------

    def _gather(self, batch: list[int]) -> None:
        """Let the batch consist of these seeds, with an optimiser that has made no step."""
        self.batch, self.members = batch, [self.processes[index] for index in batch]
        if not batch:
            return
        self._stack_parameters()
        self._stack_data()
        objective, method, self.phase = self.members[0].objective, self.members[0].method, self.members[0].phase
        self.optimizer = method.phases[self.phase].start(nn.ParameterDict({"rows": self.rows}))
        bulk, *conditions = (
            torch.func.vmap(term) for term in (objective.residual, *(term for _, term, _ in objective.conditions))
        )
        self.functions = [Compiled(bulk) if method.compiles(method.phases[self.phase]) else bulk, *conditions]

    def _stack_parameters(self) -> None:
        """One row a seed, of which the parameters of its network become views; what is not trained is copied."""
        self.rows = nn.Parameter(torch.stack([flatten(trainable(process.ansatz)) for process in self.members]))
        self.before = self.rows.detach().clone()
        for process, row in zip(self.members, self.rows.detach(), strict=True):
            parameters = trainable(process.ansatz)
            for name, piece in unflatten(row, parameters).items():
                parameters[name].data = piece
        self.shapes = {name: parameter.shape for name, parameter in trainable(self.members[0].ansatz).items()}
        states = [process.ansatz.state_dict() for process in self.members]
        fixed = [name for name in states[0] if name.startswith("network.") and name not in self.shapes]
        self.fixed = {name: torch.stack([state[name] for state in states]) for name in fixed}

    def _stack_data(self) -> None:
        data = zip(*(process.objective.data for process in self.members), strict=True)
        self.data = [tree_map(lambda *tensors: torch.stack(tensors), *term) for term in data]

    def _narrow(self, kept: list[int]) -> None:
        """Go on with these rows only."""
        state = self.optimizer.state_dict()
        self._gather([self.batch[row] for row in kept])
        if kept:
            narrowed = tree_map(lambda leaf: leaf[kept] if isinstance(leaf, Tensor) and leaf.ndim == 2 else leaf, state)
            self.optimizer.load_state_dict(narrowed)

    # -- one step ------------------------------------------------------------------------------------------------

    def step(self) -> dict[int, Step]:
        """One step of each seed in the batch, by its place among the processes."""
        if any([process.renew_points() for process in self.members]):  # all or none: they are at the same step
            self._stack_data()
        residuals = self._finite_residuals()
        if self.finished:
            return {}
        weighed = [p.weigh([r[row] for r in residuals], graph=False) for row, p in enumerate(self.members)]
        weights = [torch.stack([b.weights for b in term]) for term in zip(*(w[2] for w in weighed), strict=True)]
        blocks = [Block(*parts) for parts in zip(self.functions, self.data, weights, residuals, strict=True)]
        self.before = self.rows.detach().clone()
        rate = {"learning_rate": self.optimizer.step(blocks)["learning_rate"]}
        steps = {}
        for index, process, (losses, values, _) in zip(self.batch, self.members, weighed, strict=True):
            steps[index] = process.conclude(losses, values | rate)
        self._go_on()
        return steps

    def _finite_residuals(self) -> list[Tensor]:
        """Each term (seeds, n, entries) with its graph; seeds for which one is not a number leave first."""
        residuals = self._residuals()
        finite = torch.stack([r.detach().flatten(1).isfinite().all(1) for r in residuals]).all(0).tolist()
        if all(finite):
            return residuals
        for row, (process, is_finite) in enumerate(zip(self.members, finite, strict=True)):
            if not is_finite:
                losses = process.objective.losses([r[row].detach() for r in residuals])
                self.outcomes[self.batch[row]] = _not_a_number(process, losses)
                self.rows.data[row] = self.before[row]
        self._narrow([row for row, is_finite in enumerate(finite) if is_finite])
        return self._residuals()

    def _residuals(self) -> list[Tensor]:
        if self.finished:
            return []
        pieces = self.rows.split([shape.numel() for shape in self.shapes.values()], dim=1)
        named = zip(self.shapes.items(), pieces, strict=True)
        parameters = {name: piece.unflatten(1, shape) for (name, shape), piece in named} | self.fixed
        return [function(parameters, data) for function, data in zip(self.functions, self.data, strict=True)]

    def _go_on(self) -> None:
        """Without the seeds that have finished; into the next phase, if it begins."""
        kept = [row for row, process in enumerate(self.members) if not process.finished]
        if kept and self.members[kept[0]].phase != self.phase:
            self._gather([self.batch[row] for row in kept])
        elif len(kept) < len(self.members):
            self._narrow(kept)


def _not_a_number(process: PINNProcess, losses: dict[str, float]) -> str:
    name = next(name for name, loss in losses.items() if not abs(loss) < float("inf"))
    return f"not a number: {name} at step {process.done + 1} ({process.stage})"
