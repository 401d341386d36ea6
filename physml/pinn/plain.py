"""The plain physics-informed neural network (raissi2019), in windows if wanted."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from physml.pinn.process import PINNProcess
from physml.pinn.settings import PINNSettings
from physml.pinn.windows import AdaptiveWindows
from physml.problem import PDE


@dataclass(frozen=True)
class PINN(PINNSettings):
    """Minimise the mean square residual and the mean squares of the soft conditions, all times alike.

    The fields are those of :class:`PINNSettings`.
    """

    solves: ClassVar = PDE
    citations = ("raissi2019",)

    def start(self, problem: PDE, *, seed: int, device: torch.device, dtype: torch.dtype) -> PINNProcess:
        """The process that :func:`physml.train.train` runs.

        Raises:
            ValueError: points are to be drawn by causal weights, and there are none.
        """
        if self.sampling.causal:
            raise ValueError("sampling.causal needs causal weights; use CausalPINN, or set sampling.causal=False")
        if isinstance(self.windows, AdaptiveWindows):
            raise ValueError("adaptive windows are certified by causal weights; use CausalPINN or windows=Windows()")
        return PINNProcess(problem, self, None, seed=seed, device=device, dtype=dtype)
