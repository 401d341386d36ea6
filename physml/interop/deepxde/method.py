"""DeepXDE as a method: its network, its losses, its gradients, its optimisers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch

from physml.interop.deepxde.session import require_deepxde
from physml.nets.perceptron import Activation
from physml.optim.processes import process_count
from physml.pinn.initial import Initial
from physml.problem import PDE

if TYPE_CHECKING:
    from physml.interop.deepxde.process import DeepXDEProcess


@dataclass(frozen=True)
class DeepXDE:
    """A model of DeepXDE (lu2021deepxde), trained by Adam and then by L-BFGS, as its authors recommend.

    The points are a fixed Hammersley set, which they found as good as adaptive points (wu2023sampling). Both optimisers
    begin in single precision, DeepXDE's own default and up to twice as fast; where L-BFGS stalls in it, it goes on in
    the precision of the run. The defaults come from a dozen trials on Allen-Cahn, half a minute each on a busy CPU: a
    fair start there, not the best that can be had.

    Args:
        width: units a hidden layer.
        depth: hidden layers.
        activation: of the hidden layers.
        adam_steps: iterations of Adam.
        learning_rate: of Adam.
        lbfgs_steps: the most iterations of L-BFGS, in each precision.
        first_precision: what both optimisers begin in.
        points: in the interior.
        condition_points: at the start, and on all walls together.
        initial: ``"hard"`` makes the output :math:`u_0 + t N`, ``"soft"`` penalises the initial condition, ``"auto"``
            is hard where every unknown starts from a value whose derivatives autograd can take.
        periodic: periodic axes by Fourier features of the inputs, which is exact, or by DeepXDE's ``PeriodicBC``.
        modes: Fourier features of a periodic axis.
        condition_weight: weight of each soft condition against the residual.

    Raises:
        ValueError: a setting outside its range.
        ModuleNotFoundError: DeepXDE is not installed.
    """

    width: int = 32
    depth: int = 4
    activation: Activation = "tanh"
    adam_steps: int = 200
    learning_rate: float = 1e-3
    lbfgs_steps: int = 50_000
    first_precision: Literal["float32", "float64"] = "float32"
    points: int = 2000
    condition_points: int = 400
    initial: Initial = "auto"
    periodic: Literal["features", "conditions"] = "features"
    modes: int = 5
    condition_weight: float = 100.0

    solves: ClassVar = PDE
    citations = ("lu2021deepxde",)

    def __post_init__(self) -> None:
        counts = ("width", "depth", "points", "condition_points", "modes")
        wrong = [name for name in counts if getattr(self, name) < 1]
        if wrong:
            raise ValueError(f"{wrong[0]} must be >= 1, given {getattr(self, wrong[0])}")
        if min(self.adam_steps, self.lbfgs_steps) < 0 or self.adam_steps + self.lbfgs_steps < 1:
            raise ValueError(
                f"needs steps of Adam or of L-BFGS, given adam_steps={self.adam_steps}, lbfgs_steps={self.lbfgs_steps}"
            )
        if not (self.learning_rate > 0 and self.condition_weight > 0):
            raise ValueError(
                f"needs learning_rate > 0 and condition_weight > 0, given {self.learning_rate} and "
                f"{self.condition_weight}"
            )
        require_deepxde()

    def start(self, problem: PDE, *, seed: int, device: torch.device, dtype: torch.dtype) -> DeepXDEProcess:
        """The process that :func:`physml.train.train` runs.

        Raises:
            ValueError: several processes.
        """
        if process_count() > 1:
            raise ValueError(f"deepxde trains in one process, given {process_count()}; start it without torchrun")
        from physml.interop.deepxde.process import DeepXDEProcess

        return DeepXDEProcess(problem, self, seed=seed, device=device, dtype=dtype)
