"""The settings that every PINN shares."""

from dataclasses import dataclass
from typing import Any, Literal

from physml.diff import Engine
from physml.nets import MLP, Network
from physml.optim import LevenbergMarquardt, OptimizerSettings
from physml.pinn.balancing import Balancing, Fixed
from physml.pinn.initial import Initial
from physml.pinn.sampling import Sampling
from physml.pinn.spectral import Spectral
from physml.pinn.windows import AnyWindows, Windows

_WORTH_COMPILING = 2000  # steps: compiling takes as long as some hundred of them


@dataclass(frozen=True)
class PINNSettings:
    """What a process is started with.

    Args:
        network: the network's settings; any frozen dataclass with ``build(inputs, outputs, generator)`` serves.
        modes: Fourier modes in the embedding of a periodic axis.
        phases: optimisers, one after the other, in each window.
        sampling: how collocation points are drawn.
        windows: time marching.
        initial: ``"hard"`` builds the initial condition into the ansatz (:class:`physml.nets.HardInitialAnsatz`),
            ``"soft"`` penalises it, ``"auto"`` is hard where that is possible.
        series_modes: the most modes that a hard condition's series may take; smooth starts take fewer.
        condition_weight: weight of each soft condition against the residual, at the start if ``balancing`` changes it.
        balancing: how the weights of equations and conditions change.
        spectral: the network takes time alone and gives Fourier coefficients, for periodic problems whose linear part
            is told; None for a network of all coordinates.
        engine: ``"jets"``, or ``"autograd"`` for networks with operations that have no jet rule.
        compiled: whether the residual is compiled (:class:`physml.diff.Compiled`) for optimisers that need no
            Jacobian: ``"auto"`` does it where a phase has so many steps that it pays.

    Example:
        >>> from physml.optim import Adam
        >>> PINNSettings(MLP(width=32), phases=(Adam(steps=500), LevenbergMarquardt(steps=50))).network.width
        32
    """

    network: Network = MLP()
    modes: int = 5
    phases: tuple[OptimizerSettings, ...] = (LevenbergMarquardt(),)
    sampling: Sampling = Sampling()
    windows: AnyWindows = Windows()
    initial: Initial = "auto"
    series_modes: int = 32768
    condition_weight: float = 100.0
    balancing: Balancing = Fixed()
    spectral: Spectral | None = None
    engine: Engine = "jets"
    compiled: Literal["auto", "always", "never"] = "auto"

    def __post_init__(self) -> None:
        if not self.phases:
            raise ValueError("phases is empty; give at least one optimiser, such as (LevenbergMarquardt(),)")
        if self.modes < 1 or self.series_modes < 1:
            raise ValueError(f"needs modes >= 1 and series_modes >= 1, given {self.modes} and {self.series_modes}")
        if not self.condition_weight > 0:
            raise ValueError(f"condition_weight must be > 0, given {self.condition_weight}")
        if self.spectral and (self.engine != "jets" or self.initial == "soft"):
            raise ValueError(
                f"a spectral network starts exactly and takes jets, given initial={self.initial!r}, "
                f"engine={self.engine!r}; leave them as they are, or set spectral=None"
            )

    def compiles(self, phase: Any) -> bool:
        """Whether the steps of a phase run compiled code."""
        if phase.needs_jacobian or self.spectral or self.engine != "jets" or self.compiled == "never":
            return False
        return self.compiled == "always" or phase.steps >= _WORTH_COMPILING
