"""Flow maps of ordinary differential equations for many states at once, states to start from, and the unit circle."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

Field = Callable[[Tensor], Tensor]


def flow(field: Field, states: Tensor, time: float, steps: int) -> Tensor:
    """States a time later, by the classical Runge-Kutta method of order 4.

    Args:
        field: of states (n, d) to their rates (n, d).
        states: (n, d).
        time: that passes.
        steps: of equal length.

    Example:
        >>> start = torch.ones(1, 1, dtype=torch.float64)
        >>> abs(float(flow(lambda x: -x, start, 1.0, 20)) - 0.36787944) < 1e-7
        True
    """
    h = time / steps
    for _ in range(steps):
        a = field(states)
        b = field(states + h / 2 * a)
        c = field(states + h / 2 * b)
        d = field(states + h * c)
        states = states + h / 6 * (a + 2 * b + 2 * c + d)
    return states


def trajectories(field: Field, starts: Tensor, dt: float, count: int, steps: int) -> Tensor:
    """Samples at 0, dt, 2 dt, ... of each start (n, d): (n, count, d).

    Args:
        field: of states to rates.
        starts: (n, d).
        dt: between samples.
        count: of samples.
        steps: of the method between two samples.

    Example:
        >>> trajectories(lambda x: 0 * x, torch.ones(3, 2), 0.1, 5, 1).shape
        torch.Size([3, 5, 2])
    """
    samples = [starts]
    for _ in range(count - 1):
        samples.append(flow(field, samples[-1], dt, steps))
    return torch.stack(samples, 1)


def orbit(
    field: Callable[[float, np.ndarray], list[float]], start: Tensor, dt: float, count: int, transient: float
) -> Tensor:
    """Samples of one trajectory after a transient, by an adaptive method of order 8: (count, d).

    Args:
        field: of a time and a state (d,) to the rates.
        start: (d,).
        dt: between samples.
        count: of samples.
        transient: time that is left out first.

    Example:
        >>> bool(orbit(lambda t, x: [-x[0]], torch.ones(1), 0.1, 3, 100.0).abs().max() < 1e-8)
        True
    """
    times = transient + dt * np.arange(count)
    solved = solve_ivp(field, (0.0, times[-1]), start.numpy(), "DOP853", times, rtol=1e-10, atol=1e-10)
    return torch.from_numpy(solved.y.T.copy())


def uniform(low: tuple[float, ...], high: tuple[float, ...], count: int, seed: int) -> Tensor:
    """Independent uniform points of a box, (count, d)."""
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.tensor(bound, dtype=torch.float64) for bound in (low, high))
    return a + (b - a) * torch.rand(count, len(a), generator=generator, dtype=torch.float64)


def grid(*axes: Tensor) -> Tensor:
    """The points of a product of axes, (n, d)."""
    return torch.cartesian_prod(*axes).reshape(-1, len(axes))


def equispaced(low: float, high: float, count: int) -> Tensor:
    """Points of a period, without its repeated end."""
    return low + (high - low) * torch.arange(count, dtype=torch.float64) / count


def distance_from_circle(z: np.ndarray) -> np.ndarray:
    """From complex numbers to the unit circle."""
    return np.abs(1 - np.abs(z))


def unit_circle(count: int = 400) -> np.ndarray:
    """Equispaced complex numbers of modulus 1."""
    return np.exp(2j * np.pi * np.arange(count) / count)
