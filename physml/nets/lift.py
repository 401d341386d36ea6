"""Lifts: functions that satisfy the initial condition exactly, for hard conditions."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from physml.diff import Bundle, Jet, Plan
from physml.diff.rules.arithmetic import constant
from physml.diff.rules.elementwise import gather
from physml.problem import Axis

Symbol = Callable[[Tensor], Tensor]

_CHUNK = 2**22  # complex numbers in the largest temporary: 64 MiB in complex128
_DEAD = -42.0  # a mode that has fallen by exp(-42) = 6e-19 counts no more


class WaveSeries(nn.Module):
    r"""Complex waves evolved by a linear operator: :math:`\sum_{k \ge 0} c_k e^{\lambda_k (t - t_0) + i k (x - a)}`.

    The Taylor coefficients along a direction (v_t, v_x) are closed: each mode is multiplied by
    :math:`(\lambda_k v_t + i k v_x)^q / q!`, so a jet costs one pass over the modes.

    Args:
        coefficients: c, shape (modes, channels), complex.
        rates: :math:`\lambda`, shape (modes,), complex.
        axis: the periodic axis, which gives k and a.
        start: :math:`t_0`.
    """

    start: Tensor
    rates: Tensor
    wavenumbers: Tensor
    coefficients: Tensor

    def __init__(self, coefficients: Tensor, rates: Tensor, axis: Axis, start: float) -> None:
        super().__init__()
        self.low = axis.low
        self.register_buffer("start", coefficients.real.new_tensor(start))
        self.register_buffer("wavenumbers", wavenumbers(axis, coefficients))
        self.register_buffer("rates", rates)
        self.register_buffer("coefficients", coefficients)

    def jet(self, points: Float[Tensor, "*batch 2"], plan: Plan) -> Jet:
        """The jet along the directions of a plan; (..., channels), complex."""
        factors = [torch.ones_like(self.rates)[None], *(f for bundle in plan.bundles for f in self._factors(bundle))]
        table = (torch.cat(factors).mT[:, :, None] * self.coefficients[:, None, :]).flatten(1)
        flat = points.reshape(-1, 2)
        if points.ndim == 1 or not len(flat):  # a point under vmap has no value that could choose the modes
            values = self._sum(flat, table, len(self.rates))
        else:
            values = self._sum_in_order(flat, table)
        counts = [len(f) for f in factors]
        rows = values.reshape(*points.shape[:-1], sum(counts), self.coefficients.shape[1]).movedim(-2, 0)
        primal, *coefficients = rows.split(counts)
        ends = itertools.accumulate(bundle.order for bundle in plan.bundles)
        series = [tuple(coefficients[end - b.order : end]) for b, end in zip(plan.bundles, ends, strict=True)]
        return Jet(primal[0], series, plan.bundles)

    def _factors(self, bundle: Bundle) -> list[Tensor]:
        """What the coefficients of order 1..K multiply each mode by, (directions, modes) or their weighted sum."""
        directions = torch.tensor(bundle.directions, dtype=self.rates.dtype, device=self.rates.device)
        slopes = directions @ torch.stack([self.rates, 1j * self.wavenumbers])
        factors = [slopes**q / math.factorial(q) for q in range(1, bundle.order + 1)]
        return [*factors[:-1], gather(factors[-1], bundle)]

    def _sum_in_order(self, points: Tensor, table: Tensor) -> Tensor:
        """The sum at points (n, 2), in chunks of neighbours in time, which need the same modes."""
        order = points[:, 0].argsort(stable=True)
        chunks = points[order].split(max(1, _CHUNK // len(self.rates)))
        return torch.cat([self._sum(c, table, self._alive(c[0, 0])) for c in chunks])[order.argsort()]

    def _alive(self, time: Tensor) -> int:
        """How many modes have not died out at a time."""
        alive = torch.nonzero(self.rates.real * (time - self.start) > _DEAD)
        return int(alive.max()) + 1 if len(alive) else 1

    def _sum(self, points: Tensor, table: Tensor, modes: int) -> Tensor:
        """Sum over the first modes at points (n, 2)."""
        time, space = points[:, :1] - self.start, points[:, 1:] - self.low
        waves = torch.exp(self.rates[:modes] * time) * self._phases(space, modes)
        return waves @ table[:modes]

    def _phases(self, space: Tensor, modes: int) -> Tensor:
        """:math:`e^{ikx}` of the first modes, shape (n, modes), from two small tables of exponentials."""
        block = math.isqrt(modes - 1) + 1
        step = self.wavenumbers[1] if modes > 1 else self.wavenumbers[0]
        index = torch.arange(block, dtype=space.dtype, device=space.device)
        fine, coarse = torch.exp(1j * step * space * index), torch.exp(1j * step * block * space * index)
        return (coarse[:, :, None] * fine[:, None, :]).flatten(1)[:, :modes]


class EvolvedSeries(WaveSeries):
    r"""Real periodic functions evolved by a linear operator: :math:`g(t, x) = e^{(t - t_0) L} g_0`.

    Args:
        samples: the functions at :math:`t_0` and ``low + length * j / n`` on the axis, shape (n, channels).
        axis: the periodic axis.
        symbol: :math:`\lambda(k)` of L for angular wavenumbers k, with :math:`\lambda(-k) = \overline{\lambda(k)}`.
        modes: how many modes to keep; at most n / 2.
        start: :math:`t_0`.
    """

    def __init__(
        self, samples: Float[Tensor, "n channels"], axis: Axis, symbol: Symbol, modes: int, start: float
    ) -> None:
        _check_modes(len(samples), modes)
        spectrum = torch.fft.rfft(samples, dim=0)[:modes] / len(samples)
        spectrum[1:] *= 2  # the negative wavenumbers of a real function
        rates = torch.as_tensor(symbol(wavenumbers(axis, spectrum))).to(spectrum.dtype)
        super().__init__(spectrum, rates, axis, start)

    def forward(self, points: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch channels"]:
        """Points (..., 2) of (t, x) to values (..., channels)."""
        return self.jet(points, Plan()).primal

    def jet(self, points: Float[Tensor, "*batch 2"], plan: Plan) -> Jet:
        """The jet along the directions of a plan."""
        return super().jet(points, plan).map(torch.real)


class EvolvedComplexSeries(nn.Module):
    r"""A complex periodic function evolved by a linear operator, as its real and its imaginary part.

    It is :math:`P + \overline{Q}` of two series, P of the wavenumbers :math:`k \ge 0` and Q of the others, mirrored.

    Args:
        samples: real and imaginary part at ``low + length * j / n`` on the axis, shape (n, 2).
        axis, modes, start: as in :class:`EvolvedSeries`.
        symbol: :math:`\lambda(k)` for wavenumbers of either sign.
    """

    def __init__(self, samples: Float[Tensor, "n 2"], axis: Axis, symbol: Symbol, modes: int, start: float) -> None:
        super().__init__()
        count = len(samples)
        _check_modes(count, modes)
        spectrum = torch.fft.fft(torch.complex(*samples.unbind(1))) / count
        mirrored = spectrum[-torch.arange(modes) % count].conj().resolve_conj()
        mirrored[0] = 0
        k = wavenumbers(axis, spectrum[:modes])
        rates = [torch.as_tensor(symbol(sign * k)).to(spectrum.dtype) for sign in (1, -1)]
        self.forward_waves = WaveSeries(spectrum[:modes, None], rates[0], axis, start)
        self.backward_waves = WaveSeries(mirrored[:, None], rates[1].conj().resolve_conj(), axis, start)

    @property
    def start(self) -> Tensor:
        return self.forward_waves.start

    def jet(self, points: Float[Tensor, "*batch 2"], plan: Plan) -> Jet:
        """The jet along the directions of a plan; (..., 2)."""
        p, q = self.forward_waves.jet(points, plan), self.backward_waves.jet(points, plan)
        parts: list[Any] = [p.map(torch.real) + q.map(torch.real), p.map(torch.imag) - q.map(torch.imag)]
        joined: Any = torch.cat(parts, dim=-1)
        return joined

    def forward(self, points: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        """Points (..., 2) of (t, x) to values (..., 2)."""
        return self.jet(points, Plan()).primal


class ConstantState(nn.Module):
    """The start of an ordinary differential equation, for all times.

    Args:
        state: shape (fields,).
        start: its time.
    """

    start: Tensor
    state: Tensor

    def __init__(self, state: Float[Tensor, "fields"], start: float) -> None:
        super().__init__()
        self.register_buffer("start", state.new_tensor(start))
        self.register_buffer("state", state)

    def jet(self, points: Float[Tensor, "*batch 1"], plan: Plan) -> Jet:
        """The jet along the directions of a plan; (..., fields)."""
        return constant(self.state.expand(*points.shape[:-1], -1), plan.bundles)


def wavenumbers(axis: Axis, like: Tensor) -> Float[Tensor, "modes"]:
    """Angular wavenumbers 0, 1, 2, ... of a periodic axis, as many as ``like`` has rows, and on its device."""
    real = like.real
    return 2 * math.pi / axis.length * torch.arange(len(like), dtype=real.dtype, device=real.device)


def _check_modes(count: int, modes: int) -> None:
    if not 0 < modes <= count // 2:
        raise ValueError(f"{count} samples carry at most {count // 2} modes, asked for {modes}")
