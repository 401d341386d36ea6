"""Networks of time alone: what they are asked for, where they can be had, and how a window of one begins."""

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.nets import Network, SpectralAnsatz
from physml.nets.random_features import RandomFeaturesModule
from physml.nets.spectral import wavenumbers
from physml.pinn.initial import can_start_exactly, initial_values
from physml.problem import PDE, Axis
from physml.problem.checks import ProblemError

_SAMPLES_PER_MODE = 4  # of the start: keeps the aliasing of a kink's spectrum below its truncation


@dataclass(frozen=True)
class Spectral:
    """The network takes time alone, and gives Fourier coefficients: see :class:`physml.nets.SpectralAnsatz`.

    Residuals are taken on whole slices of time, on a grid in space. This takes the place of the settings ``modes``,
    ``series_modes`` and ``sampling``.

    Args:
        modes: the highest wavenumber along each axis.
        times: slices in a window, clustered at both ends; more of them than features of time.
        oversampling: points of the grid per mode that it must tell apart; 1.5 keeps products of two free of aliasing.
        period: optimiser steps between two draws of the times; 0 keeps the first ones.

    Raises:
        ValueError: a setting outside its range.
    """

    modes: int = 32
    times: int = 16
    oversampling: float = 1.5
    period: int = 5

    def __post_init__(self) -> None:
        if self.modes < 1 or self.times < 2 or self.period < 0 or not self.oversampling >= 1:
            raise ValueError(f"needs modes >= 1, times >= 2, oversampling >= 1, period >= 0; given {self}")

    @property
    def points(self) -> int:
        """Of the grid along each axis."""
        return int(self.oversampling * (2 * self.modes + 1)) + 1


def check_spectral(problem: PDE) -> None:
    """Refuse problems whose solution a spectral ansatz cannot be.

    Raises:
        ProblemError: with the reason.
    """
    space = problem.domain.space
    reason = can_start_exactly(problem)
    if not space or not all(axis.periodic for axis in space):
        reason = "every axis of space has to be periodic"
    elif problem.semilinear is None:
        reason = "it takes the linear part of the equation; give the problem semilinear=Semilinear(symbol)"
    elif len(problem.fields) > 1 and not isinstance(_symbols(problem, torch.zeros(len(space), 1)), tuple):
        reason = f"of {len(problem.fields)} fields it takes a tuple of symbols, one each"
    if reason:
        raise ProblemError(f"{problem.name}: a spectral network is not possible: {reason}")


def spectral_ansatz(
    problem: PDE,
    axes: tuple[Axis, ...],
    network: Network,
    settings: Spectral,
    before: SpectralAnsatz | None,
    generator: torch.Generator,
    like: Tensor,
) -> SpectralAnsatz:
    """The ansatz of a window that starts from the initial condition, or from the solution before it; not scaled yet."""
    space = axes[1:]
    start = before.at_end() if before is not None else _initial_spectrum(problem, axes, settings.modes, like)
    k = wavenumbers(space, start.shape[1:], like)
    rates = [torch.as_tensor(rate).expand(k.shape[1:]) for rate in _as_tuple(_symbols(problem, k))]
    mass = problem.semilinear.mass if problem.semilinear else None
    weights = torch.ones_like(k[0]) if mass is None else mass(*k, problem.params)
    scales = torch.where(weights == 0, 0.0, 1 / torch.where(weights == 0, 1.0, weights)).expand(start.shape)
    net = network.build(1, 2 * start.numel(), generator)
    if isinstance(net, RandomFeaturesModule):
        net.ramp()
    points = [settings.points] * len(space)
    return SpectralAnsatz(net.to(like), axes, start, torch.stack(rates).to(like.device), scales.clone(), points)


def _symbols(problem: PDE, k: Tensor) -> Tensor | tuple[Tensor, ...]:
    assert problem.semilinear is not None
    return problem.semilinear.symbol(*k, problem.params)


def _as_tuple(symbols: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return symbols if isinstance(symbols, tuple) else (symbols,)


def _initial_spectrum(problem: PDE, axes: tuple[Axis, ...], modes: int, like: Tensor) -> Tensor:
    """The modes of the initial values, (fields, modes), as the ansatz keeps them."""
    time, *space = axes
    count = 2 * _SAMPLES_PER_MODE * modes
    sides = [a.low + a.length * torch.arange(count, dtype=like.dtype, device=like.device) / count for a in space]
    mesh = torch.meshgrid(*sides, indexing="ij")
    points = torch.stack([torch.full_like(mesh[0], time.low), *mesh], -1).reshape(-1, len(axes))
    samples = initial_values(problem)(points).mT.reshape(-1, *mesh[0].shape)
    spectrum = torch.fft.rfftn(samples, dim=tuple(range(1, len(axes))), norm="forward")[..., : modes + 1]
    whole = torch.fft.ifftshift(torch.arange(-modes, modes + 1)).to(like.device) % count
    for axis in range(1, len(space)):
        spectrum = spectrum.index_select(axis, whole)
    spectrum[..., 1:] *= 2  # the negative wavenumbers of a real function
    return spectrum
