"""Spectral ansatz: a network of time gives the Fourier coefficients of what the nonlinear terms do."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from physml.diff import Bundle, Jet, Plan
from physml.diff.directions import OPERATORS
from physml.nets.ansatz import Ansatz, Encoded
from physml.problem import Axis

_CHUNK = 2**22  # complex numbers in the largest temporary of scattered points: 64 MiB in complex128
_SHARED = 64  # points of one time, from which on it pays to sum for all times at once
_SMALL = 1e-2  # below it, (exp(z) - 1) / z by six terms of its series


class SpectralAnsatz(Ansatz):
    r"""A periodic evolution problem :math:`u_t = L u + f(u)`, exact in its start and in its linear part:

    .. math:: u(t, x) = \mathrm{Re} \sum_k \left( e^{\lambda_k \tau} c_k + \varphi_k(\tau)\, s_k N_k(\tau) \right)
              e^{i k \cdot (x - a)}, \qquad \varphi_k(\tau) = \frac{e^{\lambda_k \tau} - 1}{\lambda_k}.

    Since :math:`\varphi' = 1 + \lambda \varphi`, the residual of each mode is :math:`N_k + \varphi_k N_k' - f_k(u)`: L
    has dropped out, however stiff it is, and the network N learns the nonlinear term along the solution, which is
    smooth in time. Derivatives in space are products with wavenumbers, those in time jets of N.

    Args:
        network: (..., 1), time scaled to [-1, 1], to real and imaginary parts of all modes of all fields.
        axes: time, cut to the window, and the periodic axes of space.
        start: c, shape (fields, modes of each axis): of the last axis 0..K, of others -K..K in the order of an FFT.
        rates: :math:`\lambda`, of the same shape, real or complex.
        scales: s, of the same shape, real.
        points: of the grid along each axis, for residuals on whole slices of time.
    """

    start: Tensor
    rates: Tensor
    scales: Tensor
    slopes: Tensor

    def __init__(
        self,
        network: nn.Module,
        axes: Sequence[Axis],
        start: Complex[Tensor, "fields *modes"],
        rates: Tensor,
        scales: Float[Tensor, "fields *modes"],
        points: Sequence[int],
    ) -> None:
        super().__init__(network)
        self.time, *self.space = axes
        self.names = tuple(axis.name for axis in axes)
        self.register_buffer("start", start)
        self.register_buffer("scales", scales)
        self.register_buffer("rates", rates, persistent=False)
        self.register_buffer("slopes", 1j * wavenumbers(self.space, start.shape[1:], scales), persistent=False)
        for index, (axis, count) in enumerate(zip(self.space, points, strict=True)):
            offsets = axis.length * torch.arange(count, dtype=scales.dtype, device=scales.device) / count
            self.register_buffer(f"offsets_{index}", offsets, persistent=False)
            self.register_buffer(f"waves_{index}", self._waves(index, offsets), persistent=False)

    # -- scattered points ----------------------------------------------------------------------------------------

    def encode(self, points: Float[Tensor, "*batch d"], plan: Plan) -> Encoded:
        places = {f"waves_{i}": self._waves(i, points[..., i + 1] - axis.low) for i, axis in enumerate(self.space)}
        if points.ndim != 2:
            return self.encode_times(points[..., 0]) | places
        times, own = points[:, 0].unique(return_inverse=True)
        if len(times) * _SHARED > len(points):
            return self.encode_times(points[:, 0]) | places
        return self.encode_times(times) | places | {"own": own}

    def forward(self, encoded: Encoded, plan: Plan) -> dict[str, Tensor]:
        """The derivatives of a plan by name: of :meth:`encode` (..., fields), of :meth:`encode_times`, which has no
        places, on the whole grid (..., points, fields)."""
        spectra = self.spectra(encoded, _order_in_time(plan))
        sum_at = self._sum_at_points if "waves_0" in encoded else self._sum_on_grid
        return {name: sum_at(self._differentiated(spectra, name), encoded) for name in ("", *plan.combinations)}

    def evaluate(self, points: Float[Tensor, "n d"]) -> Float[Tensor, "n fields"]:
        """The solution at points (n, d), shape (n, fields); no gradient."""
        chunks = points.split(max(1, _CHUNK // self.start.numel()))
        return torch.cat([super(SpectralAnsatz, self).evaluate(chunk) for chunk in chunks])

    def _sum_at_points(self, spectrum: Tensor, encoded: Encoded) -> Tensor:
        axes = list(range(len(self.space)))
        if "own" in encoded:  # few times for many points: sum over the last axis for all of them, then keep one each
            sums = (spectrum @ encoded[f"waves_{axes.pop()}"].mT).movedim(-1, 1)
            spectrum = sums[encoded["own"], torch.arange(sums.shape[1], device=sums.device)]
        for index in reversed(axes):
            waves = encoded[f"waves_{index}"]
            spectrum = (spectrum * waves[(..., *[None] * (index + 1), slice(None))]).sum(-1)
        return spectrum.real

    # -- slices of time ------------------------------------------------------------------------------------------

    def encode_times(self, times: Float[Tensor, "*batch"]) -> Encoded:
        r"""Scaled time, :math:`e^{\lambda \tau}` and :math:`\varphi`, with times (...) as the first axes."""
        elapsed = times - self.time.low
        angle = self.rates * elapsed[(..., *[None] * self.rates.ndim)]
        growth = torch.exp(angle)
        ramp = elapsed[(..., *[None] * self.rates.ndim)] * _mean_growth(angle, growth)
        return {"time": (elapsed * (2 / self.time.length) - 1)[..., None], "growth": growth, "ramp": ramp}

    def grid(self, times: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch points d"]:
        """The points of the slices at some times."""
        sides = [self.get_buffer(f"offsets_{i}") + axis.low for i, axis in enumerate(self.space)]
        space = torch.stack([m.reshape(-1) for m in torch.meshgrid(*sides, indexing="ij")], -1)
        shape = (*times.shape, *space.shape)
        return torch.cat([times[..., None, None].expand(*shape[:-1], 1), space.expand(shape)], -1)

    def _sum_on_grid(self, spectrum: Tensor, encoded: Encoded) -> Tensor:
        for index in reversed(range(1, len(self.space))):  # the last axis becomes points, and the first
            spectrum = (spectrum @ self.get_buffer(f"waves_{index}").mT).movedim(-1, -len(self.space))
        waves = self.get_buffer("waves_0").mT
        values = (spectrum.real @ waves.real - spectrum.imag @ waves.imag).movedim(-1, -len(self.space))
        return values.flatten(-len(self.space)).mT

    # -- spectra -------------------------------------------------------------------------------------------------

    def spectra(self, encoded: Encoded, order: int) -> list[Tensor]:
        """The coefficients and their derivatives in time up to an order, each (..., fields, modes)."""
        growth, ramp = encoded["growth"], encoded["ramp"]
        base = [self.start * growth * self.rates**j for j in range(order + 1)]
        ramps = [ramp, *(growth * self.rates ** (j - 1) for j in range(1, order + 1))]
        learnt = self._learnt(encoded["time"], order)
        return [
            base[j] + sum(math.comb(j, i) * ramps[j - i] * learnt[i] for i in range(j + 1)) for j in range(order + 1)
        ]

    def _learnt(self, time: Tensor, order: int) -> list[Tensor]:
        """s N and its derivatives in time."""
        jet = self.network(Jet.seed(time, [Bundle(((1.0,),), order)] if order else []))
        per_time = 2 / self.time.length
        parts = [jet.derivative(order=j) * per_time**j for j in range(order + 1)]
        shaped = [part.reshape(*part.shape[:-1], 2, *self.start.shape) for part in parts]
        return [self.scales * torch.complex(*part.unbind(-1 - self.start.ndim)) for part in shaped]

    def at_end(self) -> Complex[Tensor, "fields *modes"]:
        """The coefficients at the end of the window."""
        with torch.no_grad():
            return self.spectra(self.encode_times(self.scales.new_tensor(self.time.high)), 0)[0]

    def _differentiated(self, spectra: list[Tensor], name: str) -> Tensor:
        if name in OPERATORS:
            return spectra[0] * self.slopes.square().sum(0) ** (OPERATORS[name][0] // 2)
        factors = [self.slopes[self.names.index(letter) - 1] for letter in name if letter != "t"]
        return math.prod(factors, start=spectra[name.count("t")])

    def _waves(self, index: int, offsets: Tensor) -> Tensor:
        """exp(i k x) of one axis, at offsets (...) from its lower end: (..., modes)."""
        place: list[int | slice] = [0] * len(self.space)
        place[index] = slice(None)
        return torch.exp(self.slopes[(index, *place)] * offsets[..., None])


def wavenumbers(space: Sequence[Axis], shape: Sequence[int], like: Tensor) -> Float[Tensor, "axes *modes"]:
    """Angular wavenumbers along each axis: -K..K in the order of an FFT, of the last axis 0..K."""
    counted = [torch.fft.ifftshift(torch.arange(-(n // 2), n // 2 + 1)) for n in shape]
    counted[-1] = torch.arange(shape[-1])
    sides = [2 * math.pi / axis.length * k.to(like) for axis, k in zip(space, counted, strict=True)]
    return torch.stack(torch.meshgrid(*sides, indexing="ij"))


def _mean_growth(angle: Tensor, growth: Tensor) -> Tensor:
    """(exp(z) - 1) / z at angles z, of which the exponential is known."""
    series = sum(angle**j / math.factorial(j + 1) for j in range(6))
    small = angle.abs() < _SMALL
    return torch.where(small, series, (growth - 1) / torch.where(small, torch.ones_like(angle), angle))


def _order_in_time(plan: Plan) -> int:
    return max((name.count("t") for name in plan.combinations if name not in OPERATORS), default=0)
