"""Lifts: functions that satisfy the initial condition exactly, for hard conditions."""

import itertools
import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from physml.diff import Bundle, Jet, Plan
from physml.diff.rules.elementwise import gather
from physml.problem import Axis

_CHUNK = 2**22  # complex numbers in the largest temporary: 64 MiB in complex128
_DEAD = -42.0  # a mode that has fallen by exp(-42) = 6e-19 counts no more


class EvolvedSeries(nn.Module):
    r"""Periodic functions evolved by a linear operator: :math:`g(\tau, x) = \sum_k c_k e^{\lambda_k \tau + i k x}`.

    The Taylor coefficients along a direction (v_t, v_x) are closed: each mode is multiplied by
    :math:`(\lambda_k v_t + i k v_x)^q / q!`, so a jet costs one pass over the modes.

    Args:
        samples: functions at ``low + length * j / n`` on the axis, shape (n, channels), real.
        axis: the periodic axis.
        symbol: :math:`\lambda(k)` for angular wavenumbers k.
        modes: how many modes to keep; at most n / 2.
        start: the time at which the samples are given.
    """

    start: Tensor
    rates: Tensor
    wavenumbers: Tensor
    coefficients: Tensor

    def __init__(
        self,
        samples: Float[Tensor, "n channels"],
        axis: Axis,
        symbol: Callable[[Tensor], Tensor],
        modes: int,
        start: float,
    ) -> None:
        super().__init__()
        count = samples.shape[0]
        if not 0 < modes <= count // 2:
            raise ValueError(f"{count} samples carry at most {count // 2} modes, asked for {modes}")
        spectrum = torch.fft.rfft(samples, dim=0)[:modes] / count
        spectrum[1:] *= 2  # the negative wavenumbers of a real function
        wavenumbers = 2 * math.pi / axis.length * torch.arange(modes, dtype=samples.dtype, device=samples.device)
        self.low = axis.low
        self.register_buffer("start", wavenumbers.new_tensor(start))
        self.register_buffer("wavenumbers", wavenumbers)
        self.register_buffer("rates", torch.as_tensor(symbol(wavenumbers)).to(spectrum.dtype))
        self.register_buffer("coefficients", spectrum)

    def forward(self, points: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch channels"]:
        """Points (..., 2) of (t, x) to values (..., channels)."""
        return self.jet(points, Plan()).primal

    def jet(self, points: Float[Tensor, "*batch 2"], plan: Plan) -> Jet:
        """The jet along the directions of a plan."""
        factors = [torch.ones_like(self.rates)[None], *(f for bundle in plan.bundles for f in self._factors(bundle))]
        table = (torch.cat(factors).mT[:, :, None] * self.coefficients[:, None, :]).flatten(1)
        flat = points.reshape(-1, 2)
        if points.ndim == 1 or not len(flat):  # a point under vmap has no value that could choose the modes
            values = self._sum(flat, table, len(self.rates))
        else:
            values = self._sum_in_order(flat, table)
        rows = values.reshape(*points.shape[:-1], -1, self.coefficients.shape[1]).movedim(-2, 0)
        primal, *coefficients = rows.split([len(f) for f in factors])
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
        return (waves @ table[:modes]).real

    def _phases(self, space: Tensor, modes: int) -> Tensor:
        """:math:`e^{ikx}` of the first modes, shape (n, modes), from two small tables of exponentials."""
        block = math.isqrt(modes - 1) + 1
        step = self.wavenumbers[1] if modes > 1 else self.wavenumbers[0]
        index = torch.arange(block, dtype=space.dtype, device=space.device)
        fine, coarse = torch.exp(1j * step * space * index), torch.exp(1j * step * block * space * index)
        return (coarse[:, :, None] * fine[:, None, :]).flatten(1)[:, :modes]
