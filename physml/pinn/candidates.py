"""The two kinds of candidate solution: networks of all coordinates, and networks of time alone."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch

from physml.nets import Ansatz, SpectralAnsatz
from physml.pinn.initial import hard_ansatz, scale_ansatz, soft_ansatz, use_hard
from physml.pinn.objective import Objective
from physml.pinn.sampling import draw
from physml.pinn.settings import PINNSettings
from physml.pinn.slices import SliceObjective
from physml.pinn.spectral import Spectral, check_spectral, spectral_ansatz
from physml.pinn.terms import residual_term
from physml.problem import PDE, Axis

_SCALE_POINTS = 1000

Box = tuple[Axis, ...]


@runtime_checkable
class Candidates(Protocol):
    """Builds the candidate solution of a window, and its objective."""

    def ansatz(
        self, axes: Box, before: Any, generator: torch.Generator, device: torch.device, dtype: torch.dtype
    ) -> Ansatz:
        """That of the window with these axes, which begins where the one before it ends."""
        ...

    def objective(self, ansatz: Any, axes: Box, before: Any) -> Objective:
        """What a window's ansatz is to minimise."""
        ...


def candidates(problem: PDE, method: PINNSettings) -> Candidates:
    """The kind that a method asks for.

    Raises:
        ProblemError: the problem does not allow it.
    """
    if method.spectral is None:
        return Pointwise(problem, method, use_hard(problem, method.initial))
    check_spectral(problem)
    return Spectrally(problem, method, method.spectral)


@dataclass(frozen=True)
class Pointwise:
    """Networks of all coordinates, with conditions soft or built in."""

    problem: PDE
    method: PINNSettings
    hard: bool

    def ansatz(
        self, axes: Box, before: Ansatz | None, generator: torch.Generator, device: torch.device, dtype: torch.dtype
    ) -> Ansatz:
        problem, method = self.problem, self.method
        if not self.hard:
            return soft_ansatz(problem, axes, method.network, method.modes, generator, dtype).to(device)
        ansatz = hard_ansatz(
            problem, axes, method.network, method.modes, method.series_modes, before, generator, dtype
        ).to(device)
        points = draw(axes, _SCALE_POINTS, generator, dtype).to(device)
        scale_ansatz(ansatz, residual_term(problem, ansatz, method.engine), points)
        return ansatz

    def objective(self, ansatz: Ansatz, axes: Box, before: Ansatz | None) -> Objective:
        method = self.method
        return Objective(self.problem, method.sampling, method.engine, ansatz, axes, before, self.hard)


@dataclass(frozen=True)
class Spectrally:
    """Networks of time alone, with the start and the linear part built in."""

    problem: PDE
    method: PINNSettings
    settings: Spectral

    def ansatz(
        self,
        axes: Box,
        before: SpectralAnsatz | None,
        generator: torch.Generator,
        device: torch.device,
        dtype: torch.dtype,
    ) -> SpectralAnsatz:
        like = torch.empty(0, dtype=dtype, device=device)
        ansatz = spectral_ansatz(self.problem, axes, self.method.network, self.settings, before, generator, like)
        self._scale(ansatz.to(device), axes)
        return ansatz

    def _scale(self, ansatz: SpectralAnsatz, axes: Box) -> None:
        """Set the scales from the residual of a network that is zero."""
        relative, ansatz.scales = ansatz.scales, torch.zeros_like(ansatz.scales)
        term = SliceObjective(self.problem, self.settings, ansatz, axes).residual
        times = axes[0].low + axes[0].length * torch.linspace(0, 1, self.settings.times).to(relative)
        with torch.no_grad():
            left = term(dict(ansatz.named_parameters()), term.prepare(times))
        left = left[left.isfinite()].abs()
        ansatz.scales = relative * (left.max() if len(left) else 1.0)

    def objective(self, ansatz: SpectralAnsatz, axes: Box, before: SpectralAnsatz | None) -> Objective:
        return SliceObjective(self.problem, self.settings, ansatz, axes)
