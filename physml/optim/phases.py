"""Optimisers one after the other, on any module and any residual."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from physml.optim.adam import Adam
from physml.optim.broyden import SSBroyden
from physml.optim.least_squares import Block, Parameters
from physml.optim.levenberg_marquardt import LevenbergMarquardt
from physml.optim.soap import SOAP

OptimizerSettings = Adam | SOAP | SSBroyden | LevenbergMarquardt


@dataclass(frozen=True)
class Phases:
    """Settings of optimisers that follow one another, each for its number of steps.

    Args:
        phases: at least one.

    Raises:
        ValueError: there is none.
    """

    phases: tuple[OptimizerSettings, ...]

    def __post_init__(self) -> None:
        if not self.phases:
            raise ValueError("needs at least one phase, such as phases=(Adam(), LevenbergMarquardt()); given none")

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

    def start(self, module: nn.Module) -> "PhasesOptimizer":
        return PhasesOptimizer(self, module)


class PhasesOptimizer:
    """Steps on the parameters of a module, in place, until :attr:`finished`."""

    def __init__(self, settings: Phases, module: nn.Module) -> None:
        self.settings, self.module = settings, module
        self.phase = self.done = 0
        self.optimizer = settings.phases[0].start(module)

    @property
    def finished(self) -> bool:
        return self.phase == len(self.settings.phases)

    def step(self, blocks: Sequence[Block]) -> dict[str, float]:
        """One step of the present phase, and what it returns.

        Raises:
            RuntimeError: all phases have ended.
        """
        if self.finished:
            raise RuntimeError(f"all {len(self.settings.phases)} phases have ended; start them anew to go on")
        report = self.optimizer.step(blocks)
        self.done += 1
        if self.done == self.settings.phases[self.phase].steps:
            self.phase, self.done = self.phase + 1, 0
            if not self.finished:
                self.optimizer = self.settings.phases[self.phase].start(self.module)
        return report

    def state_dict(self) -> dict[str, Any]:
        return {"phase": self.phase, "done": self.done, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.phase, self.done = state["phase"], state["done"]
        self.optimizer = self.settings.phases[min(self.phase, len(self.settings.phases) - 1)].start(self.module)
        self.optimizer.load_state_dict(state["optimizer"])


def fit(
    module: nn.Module,
    residual: Callable[[nn.Module, Any], Tensor],
    data: Any,
    phases: tuple[OptimizerSettings, ...] = (Adam(), LevenbergMarquardt()),
    *,
    weights: Tensor | None = None,
    callback: Callable[[int, dict[str, float]], None] | None = None,
) -> list[float]:
    """Train a module, in place, until the weighted mean square of a residual is small.

    Args:
        module: in float64 for all but Adam and SOAP.
        residual: ``residual(module, data)`` to n residuals, (n,) or (n, k), each from its sample only: it is also
            called with n = 1.
        data: tensors in tuples and dicts, each with n samples along its first dimension.
        phases: one optimiser after the other.
        weights: of the squares, in the shape of the residuals; 1 if not given.
        callback: ``callback(step, report)`` after each step.

    Returns:
        The loss of each step.

    Example:
        >>> x = torch.linspace(-1, 1, 50, dtype=torch.float64)[:, None]
        >>> data = {"x": x, "y": torch.sin(3 * x)}
        >>> network = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)).double()
        >>> losses = fit(
        ...     network,
        ...     lambda net, data: net(data["x"]) - data["y"],
        ...     data,
        ...     phases=(Adam(steps=100, learning_rate=0.01), LevenbergMarquardt(steps=50)),
        ... )
        >>> losses[-1] < 1e-6
        True
    """
    block = residual_block(module, residual, data, weights)
    optimizer = Phases(tuple(phases)).start(module)
    losses: list[float] = []
    while not optimizer.finished:
        report = optimizer.step([block])
        losses.append(report["loss"])
        if callback is not None:
            callback(len(losses) - 1, report)
    return losses


def residual_block(
    module: nn.Module,
    residual: Callable[[nn.Module, Any], Tensor],
    data: Any,
    weights: Tensor | None = None,
) -> Block:
    """A block of the residual of a module: the weighted mean square over n samples, arguments as in :func:`fit`.

    Raises:
        ValueError: the tensors of the data, the residuals and the weights do not belong to the same n samples.
    """
    leaves = tree_leaves(data)
    counts = sorted({len(leaf) for leaf in leaves})
    if len(counts) != 1:
        raise ValueError(f"data has tensors with {counts or 'no'} samples; expected one number of samples for all")
    bound = _Bound(module, residual)

    def function(parameters: Parameters, sample: Any) -> Tensor:
        single = tree_leaves(sample)[0].ndim < leaves[0].ndim
        batch = tree_map(lambda t: t[None], sample) if single else sample
        named = {f"module.{name}": value for name, value in parameters.items()}
        values = torch.func.functional_call(bound, named, (batch,))
        values = values[:, None] if values.ndim == 1 else values
        return values[0] if single else values

    with torch.no_grad():
        present = function(dict(module.named_parameters()), data)
    if present.ndim != 2 or len(present) != counts[0]:
        raise ValueError(f"residual has shape {tuple(present.shape)}; expected ({counts[0]},) or ({counts[0]}, k)")
    weights = torch.ones_like(present) if weights is None else weights
    if weights.numel() != present.numel() or len(weights) != len(present):
        raise ValueError(
            f"weights have shape {tuple(weights.shape)}; expected that of the residuals, {tuple(present.shape)}"
        )
    return Block(function, data, weights.view_as(present) / len(present))


class _Bound(nn.Module):
    """A residual as the forward pass of a module, so that its parameters can be replaced."""

    def __init__(self, module: nn.Module, residual: Callable[[nn.Module, Any], Tensor]) -> None:
        super().__init__()
        self.module, self.residual = module, residual

    def forward(self, data: Any) -> Tensor:
        return self.residual(self.module, data)
