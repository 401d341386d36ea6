r"""Regressions of a drift on steps of paths, for the half-bridges of IPML (vargas2021solving).

Inputs are :math:`z = (x, t)`, targets the velocities :math:`(x_{k+1} - x_k) / h`, whose noise has covariance Q / h.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

Drift = Callable[[Tensor, float], Tensor]
"""``drift(x, t)``, with x and its value of shape (n, d)."""

_JITTERS = (1e-6, 1e-5, 1e-4)  # of the amplitude, tried one after the other
_SPEEDS = 3.0  # root of the default amplitude, in units of the mean speed
_FAR = 3.0  # default length, in units of the distance: what is learned at one snapshot must tell at the next
_NUMBERS = 10_000_000  # of kernel values or features that are in memory at once, beside the matrix that is factored
_MOST_INPUTS = 25_000  # of an exact Gaussian process: a matrix of 5 GB


class Regressor(abc.ABC):
    """Settings of a regression."""

    def scaled(self, distance: float, duration: float) -> Regressor:
        """These settings, with those that are None chosen for paths that cover a distance in a time."""
        return self

    @abc.abstractmethod
    def fit(self, times: Tensor, states: Tensor, velocities: Tensor, noise: Tensor) -> Drift:
        """Regress velocities on states and times.

        Args:
            times: shape (n,), of the steps.
            states: shape (n, B, d), where they begin.
            velocities: shape (n, B, d).
            noise: shape (d, d), its covariance in a velocity.
        """


@dataclass(frozen=True)
class _KernelRegression(Regressor):
    r"""The settings of the kernel :math:`v\,e^{-|z - z'| / \ell}` with :math:`z = (x, ct)`."""

    amplitude: float | None = None
    length: float | None = None
    speed: float | None = None

    def __post_init__(self) -> None:
        for name in ("amplitude", "length", "speed"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"the kernel's {name} is {value}; expected a positive number, or None for a choice")

    def scaled(self, distance: float, duration: float) -> Regressor:
        mean = distance / duration
        amplitude, speed = self.amplitude or (_SPEEDS * mean) ** 2, self.speed or mean
        return replace(self, amplitude=amplitude, length=self.length or _FAR * distance, speed=speed)

    def _settled(self) -> tuple[float, float, float]:
        if self.amplitude is None or self.length is None or self.speed is None:
            raise ValueError("the kernel's amplitude, length or speed is None; set them, or call scaled() before fit()")
        return self.amplitude, self.length, self.speed


@dataclass(frozen=True)
class GaussianProcess(_KernelRegression):
    r"""The mean of an exact Gaussian process with the kernel :math:`v\,e^{-|z - z'| / \ell}`, :math:`z = (x, ct)`.

    The length must be such that what is learned near one snapshot says something about the next; the code of
    shen2025multimarginal takes v = 1 / h, :math:`\ell` = 1 and c = 1 whatever the data, and far clouds stay apart. The
    defaults do not depend on the step or on the units. One Cholesky factor serves all components, as their prior
    covariance is a multiple of that of the noise.

    Args:
        amplitude: v, at least the square of typical speeds; by default that of 3 times the mean speed from snapshot to
            snapshot.
        length: of correlation; by default 3 times the distance of the snapshots.
        speed: c, the distance that counts as much as a time of one; by default the mean speed.
    """

    def fit(self, times: Tensor, states: Tensor, velocities: Tensor, noise: Tensor) -> Drift:
        """As :meth:`Regressor.fit`; n B inputs cost their number squared in memory and cubed in time.

        Raises:
            ValueError: settings that are None, or more inputs than a matrix can hold.
            ArithmeticError: a kernel matrix that is not positive definite.
        """
        amplitude, length, speed = self._settled()
        inputs = _inputs(states, times, speed)
        if len(inputs) > _MOST_INPUTS:
            raise ValueError(
                f"an exact Gaussian process on {len(inputs)} steps needs a matrix of {8e-9 * len(inputs) ** 2:.0f} GB; "
                "take a larger step, fewer particles, or FourierRegression()"
            )
        factor = _factor(_kernel(inputs, inputs, amplitude, length), float(noise.diagonal().mean()), amplitude)
        alpha = torch.cholesky_solve(velocities.flatten(0, 1), factor)

        def drift(x: Tensor, t: float) -> Tensor:
            pieces = _inputs(x, t, speed).split(max(1, _NUMBERS // len(inputs)))
            return torch.cat([_kernel(piece, inputs, amplitude, length) @ alpha for piece in pieces])

        return drift


@dataclass(frozen=True)
class FourierRegression(_KernelRegression):
    r"""Ridge regression on random Fourier features of the kernel of :class:`GaussianProcess`, its limit for many.

    The frequencies of :math:`e^{-|z - z'| / \ell}` are Cauchy distributed, of scale :math:`1 / \ell`.

    Args:
        amplitude, length, speed: as for :class:`GaussianProcess`.
        features: their number, half cosines and half sines.
        seed: of the frequencies.
    """

    features: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.features < 2:
            raise ValueError(f"{self.features} random Fourier features given; expected 2 at least")

    def fit(self, times: Tensor, states: Tensor, velocities: Tensor, noise: Tensor) -> Drift:
        """As :meth:`Regressor.fit`; the steps are gone through in pieces.

        Raises:
            ValueError: settings that are None.
            ArithmeticError: normal equations that are not positive definite.
        """
        amplitude, length, speed = self._settled()
        frequencies = self._frequencies(states.shape[-1] + 1).to(states) / length
        scale = math.sqrt(amplitude / frequencies.shape[1])

        def evaluate(inputs: Tensor) -> Tensor:
            phases = inputs @ frequencies
            return scale * torch.cat([phases.cos(), phases.sin()], -1)

        inputs, targets = _inputs(states, times, speed), velocities.flatten(0, 1)
        count = 2 * frequencies.shape[1]
        gram, moment = states.new_zeros(count, count), states.new_zeros(count, states.shape[-1])
        rows = max(1, _NUMBERS // count)
        for piece, target in zip(inputs.split(rows), targets.split(rows), strict=True):
            design = evaluate(piece)
            gram, moment = gram + design.T @ design, moment + design.T @ target
        weights = torch.cholesky_solve(moment, _factor(gram, float(noise.diagonal().mean()), amplitude))
        return lambda x, t: evaluate(_inputs(x, t, speed)) @ weights

    def _frequencies(self, dimension: int) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        count = (dimension + 1, self.features // 2)
        normal = torch.randn(count, generator=generator, dtype=torch.float64)
        return normal[:-1] / normal[-1].abs()


@dataclass(frozen=True)
class AffineRegression(Regressor):
    """An affine function of the state for each step in time: exact for Gaussian clouds and an affine reference.

    Between the steps, the drift is that of the nearest. States that do not vary in a direction have no slope in it.

    Args:
        tolerance: smallest variance, of the largest one, of a direction in which the states vary.
    """

    tolerance: float = 1e-10

    def fit(self, times: Tensor, states: Tensor, velocities: Tensor, noise: Tensor) -> Drift:
        """As :meth:`Regressor.fit`."""
        middle, mean = states.mean(1, keepdim=True), velocities.mean(1, keepdim=True)
        spread = states - middle
        inverse = torch.linalg.pinv(spread.mT @ spread, rtol=self.tolerance, hermitian=True)
        slopes = inverse @ spread.mT @ (velocities - mean)
        labels = times.tolist()

        def drift(x: Tensor, t: float) -> Tensor:
            k = min(range(len(labels)), key=lambda i: abs(labels[i] - t))
            return mean[k] + (x - middle[k]) @ slopes[k]

        return drift


def _inputs(states: Tensor, times: Tensor | float, speed: float) -> Tensor:
    """States (..., d) beside times as long as the way at a speed; shape (all, d + 1)."""
    labels = torch.as_tensor(times).to(states) * speed
    while labels.ndim < states.ndim:
        labels = labels[..., None]
    return torch.cat([states, labels.expand(*states.shape[:-1], 1)], -1).flatten(0, -2)


def _kernel(z: Tensor, others: Tensor, amplitude: float, length: float) -> Tensor:
    distances = torch.cdist(z, others, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.div_(-length).exp_().mul_(amplitude)


def _factor(matrix: Tensor, noise: float, amplitude: float) -> Tensor:
    """The Cholesky factor of a matrix with noise, and with as little jitter as it needs, on its diagonal."""
    diagonal = matrix.diagonal().clone()
    for jitter in _JITTERS:
        matrix.diagonal().copy_(diagonal + noise + jitter * amplitude)
        factor, info = torch.linalg.cholesky_ex(matrix)
        if not info:
            return factor
    raise ArithmeticError(
        f"the matrix of a drift regression, {len(matrix)} x {len(matrix)}, is not positive definite with a noise of "
        f"{noise:.3g} and a jitter of {_JITTERS[-1]:g} times the amplitude {amplitude:.3g}; give a smaller amplitude"
    )
