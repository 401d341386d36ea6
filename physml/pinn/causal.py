"""Causal training (wang2024causal): time slices are unlocked one after the other."""

from dataclasses import dataclass, field

import torch

from physml.pinn.causal_weights import CausalWeights
from physml.pinn.plain import PINN
from physml.pinn.process import PINNProcess
from physml.pinn.windows import AdaptiveWindows
from physml.problem import PDE


@dataclass(frozen=True)
class CausalPINN(PINN):
    r"""Minimise :math:`\frac{1}{N_t} \sum_i w_i L_i` with :math:`w_i = \exp(-\epsilon \sum_{k<i} L_k)` (algorithm 1).

    Args:
        causal: the tolerances, their annealing and the stopping rule; the other fields are those of :class:`PINN`.

    The University of Pennsylvania claims a patent on this algorithm, and the authors' code excludes commercial use; see
    the notice in the documentation.
    """

    causal: CausalWeights = field(default_factory=CausalWeights)

    citations = ("wang2024causal",)

    def start(self, problem: PDE, *, seed: int, device: torch.device, dtype: torch.dtype) -> PINNProcess:
        slices, count = self.causal.slices, self.sampling.fewest(len(problem.domain.axes))
        if slices > count:
            raise ValueError(f"{slices} causal slices need as many points, given {count}; raise sampling.count")
        if self.sampling.causal and problem.domain.time is None:
            raise ValueError(f"{problem.name} has no time that could gate; set sampling.causal=False")
        if isinstance(self.windows, AdaptiveWindows) and problem.domain.time is None:
            raise ValueError(f"{problem.name} has no time to march in; set windows=Windows()")
        return PINNProcess(problem, self, self.causal, seed=seed, device=device, dtype=dtype)
