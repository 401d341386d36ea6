"""Paths of stochastic differential equations by the Euler-Maruyama scheme."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

_SINGULAR = 1e14  # condition of a covariance rate

Volatility = float | Sequence[float] | Tensor


def covariance_rate(volatility: Volatility, dimension: int) -> Tensor:
    r"""The covariance rate :math:`Q = \sigma \sigma^T` of the noise, shape (d, d), in float64.

    Args:
        volatility: sigma: a number, one for each component, or a matrix of shape (d, d).
        dimension: d.

    Raises:
        ValueError: another shape, not finite, or a Q that is not positive definite.

    Example:
        >>> covariance_rate(0.5, 2)
        tensor([[0.2500, 0.0000],
                [0.0000, 0.2500]], dtype=torch.float64)
    """
    sigma = torch.as_tensor(volatility, dtype=torch.float64)
    if sigma.ndim == 0:
        sigma = sigma.expand(dimension)
    if sigma.shape not in ((dimension,), (dimension, dimension)):
        raise ValueError(
            f"the volatility has shape {tuple(sigma.shape)}; expected a number, {dimension} numbers, or a matrix of "
            f"shape ({dimension}, {dimension})"
        )
    rate = torch.diag(sigma.square()) if sigma.ndim == 1 else sigma @ sigma.T
    finite = bool(torch.isfinite(sigma).all()) and (sigma.ndim == 2 or bool((sigma > 0).all()))
    if not finite or float(torch.linalg.cond(rate)) > _SINGULAR:
        raise ValueError(
            f"the volatility is {volatility}; expected sigma > 0, or a matrix whose sigma sigma^T is positive definite"
        )
    return rate


def simulate(
    drift: Callable[[Tensor, float], Tensor],
    start: Tensor,
    times: Sequence[float],
    rate: Tensor,
    *,
    step: float,
    begin: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Paths of :math:`dX = b(X, t)\,dt + dW` with noise of covariance rate Q, weakly of order 1 in the step.

    Args:
        drift: ``drift(x, t)``, with x and its value of shape (n, d).
        start: shape (n, d), the first states.
        times: increasing; each interval is divided evenly into steps of at most ``step``.
        rate: Q, shape (d, d), as :func:`covariance_rate` makes it.
        step: the longest step.
        begin: when the first states are; ``times[0]`` by default.
        generator: of the noise, on the CPU.

    Returns:
        The states at the times given, shape (times, n, d).

    Raises:
        ValueError: a step that is not positive.
    """
    if not step > 0:
        raise ValueError(f"the step is {step}; expected a positive time")
    root = torch.linalg.cholesky(rate.to(start))
    now, x, states = times[0] if begin is None else begin, start, []
    for end in times:
        count = math.ceil((end - now) / step - 1e-9)
        h = (end - now) / max(count, 1)
        for k in range(count):
            noise = torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
            x = x + h * drift(x, now + k * h) + math.sqrt(h) * noise @ root.T
        now = end
        states.append(x)
    return torch.stack(states)
