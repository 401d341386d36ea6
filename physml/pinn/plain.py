"""The plain physics-informed neural network (raissi2019), in windows if wanted."""

from dataclasses import dataclass

import torch

from physml.diff import Engine
from physml.nets import MLP, ModifiedMLP
from physml.optim import Adam, LevenbergMarquardt
from physml.pinn.process import PINNProcess
from physml.pinn.sampling import Sampling
from physml.pinn.windows import Initial, Windows
from physml.problem import PDE


@dataclass(frozen=True)
class PINN:
    """Minimise the mean square residual and the mean squares of the soft conditions, all times alike.

    Args:
        network: the network's settings; any frozen dataclass with ``build(inputs, outputs, generator)`` serves.
        modes: Fourier modes in the embedding of a periodic axis.
        phases: optimisers, one after the other, in each window.
        sampling: how collocation points are drawn.
        windows: time marching.
        initial: ``"hard"`` builds the initial condition into the ansatz (:class:`physml.nets.HardInitialAnsatz`),
            ``"soft"`` penalises it, ``"auto"`` is hard where that is possible.
        series_modes: the most modes that a hard condition's series may take; smooth starts take fewer.
        condition_weight: weight of each soft condition against the residual.
        engine: ``"jets"``, or ``"autograd"`` for networks with operations that have no jet rule.

    Example:
        >>> PINN(network=MLP(width=32), phases=(Adam(steps=500), LevenbergMarquardt(steps=50))).network.width
        32
    """

    network: MLP | ModifiedMLP = MLP()
    modes: int = 5
    phases: tuple[Adam | LevenbergMarquardt, ...] = (LevenbergMarquardt(),)
    sampling: Sampling = Sampling()
    windows: Windows = Windows()
    initial: Initial = "auto"
    series_modes: int = 32768
    condition_weight: float = 100.0
    engine: Engine = "jets"

    citations = ("raissi2019",)

    def __post_init__(self) -> None:
        if not self.phases:
            raise ValueError("phases is empty; give at least one optimiser, such as (LevenbergMarquardt(),)")
        if self.modes < 1 or self.series_modes < 1:
            raise ValueError(f"needs modes >= 1 and series_modes >= 1, given {self.modes} and {self.series_modes}")
        if not self.condition_weight > 0:
            raise ValueError(f"condition_weight must be > 0, given {self.condition_weight}")

    def start(self, problem: PDE, *, seed: int, device: torch.device, dtype: torch.dtype) -> PINNProcess:
        """The process that :func:`physml.train.train` runs."""
        return PINNProcess(problem, self, None, seed=seed, device=device, dtype=dtype)
