"""The pendulum, a family of orbits that turn at different speeds.

Every orbit is periodic, with a period that depends on its energy; so the spectrum is the whole unit circle, and no
function but those of the energy is an eigenfunction. The observable is exp(iq)/cosh(p). Its autocorrelations are
known: they are sums over the Fourier coefficients along each orbit, which elliptic functions give.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.special import ellipj, ellipk
from torch import Tensor

from physml.numerics.flows import distance_from_circle, equispaced, gauss_legendre, grid, trajectories, unit_circle
from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

TIMES = 2048  # of an orbit
SEPARATRIX = 22.0  # orbits closer to energy 1 than 2 exp(-22) are left out, and so is 1e-8 of the sum


@dataclass(frozen=True)
class PendulumParams(Params):
    angles: float = parameter(120.0, low=4.0, meaning="samples along q")
    momenta: float = parameter(160.0, low=4.0, meaning="samples along p, between -8 and 8")
    length: float = parameter(41.0, low=2.0, meaning="samples of each trajectory")
    dt: float = parameter(1.0, low=0.01, meaning="time between samples")


def field(state: Tensor) -> Tensor:
    q, p = state.unbind(-1)
    return torch.stack([p, -torch.sin(q)], -1)


@lru_cache(maxsize=2)
def samples(p: PendulumParams, seed: int) -> FlowData:
    cells = int(p.angles), int(p.momenta)
    step = 16 / cells[1]
    starts = grid(equispaced(-torch.pi, torch.pi, cells[0]), equispaced(-8.0, 8.0, cells[1]) + step / 2)
    weights = torch.full((len(starts),), 2 * torch.pi / cells[0] * step, dtype=torch.float64)
    return FlowData(trajectories(field, starts, p.dt, int(p.length), 20), weights)


def observable(state: Tensor) -> Tensor:
    q, p = state.unbind(-1)
    return torch.polar(1 / torch.cosh(p), q)


def moments(p: PendulumParams, count: int) -> np.ndarray:
    r"""The sums over orbits and k of :math:`T |c_k|^2 e^{2 \pi i k n / T}`, integrated over the energy."""
    total = np.zeros(count, dtype=complex)
    u, weights = (part.numpy() for part in gauss_legendre(0.0, SEPARATRIX, 400))
    for sign in (-1, 1):  # energies 1 - 2 exp(-u), and 1 + 2 exp(-u)
        for gap, weight in zip(2 * np.exp(-u), weights, strict=True):
            total += weight * gap * _orbit(1 + sign * gap, count, p.dt)
    root, weights = (part.numpy() for part in gauss_legendre(3**0.5, 20.0, 400))
    return total + sum(w * 2 * r * _orbit(r**2, count, p.dt) for r, w in zip(root, weights, strict=True))


def _orbit(energy: float, count: int, dt: float) -> np.ndarray:
    """T times the sum over k, of all orbits of an energy."""
    if energy < 1:
        m = (1 + energy) / 2
        period = 4 * ellipk(m)
        sn, cn, _, _ = ellipj(period * np.arange(TIMES) / TIMES, m)
        orbits = [(2 * np.arcsin(m**0.5 * sn), 2 * m**0.5 * cn)]
    else:
        m = 2 / (1 + energy)
        period = 2 * m**0.5 * ellipk(m)
        _, _, dn, am = ellipj(period * np.arange(TIMES) / TIMES / m**0.5, m)
        orbits = [(2 * am, 2 * dn / m**0.5), (-2 * am, -2 * dn / m**0.5)]
    waves = np.fft.fftfreq(TIMES, 1 / TIMES)
    turns = np.exp(2j * np.pi / period * dt * waves * np.arange(count)[:, None])
    coefficients = [np.fft.fft(np.exp(1j * q) / np.cosh(p)) / TIMES for q, p in orbits]
    return period * sum(turns @ np.abs(c) ** 2 for c in coefficients)


problem = DynamicalSystem(
    name="pendulum",
    title="Pendulum",
    equation=r"\dot q = p, \quad \dot p = -\sin q",
    states=("q", "p"),
    params=PendulumParams(),
    samples=samples,
    dt=1.0,
    measure_preserving=True,
    observable=observable,
    distance=lambda p, z: distance_from_circle(z),
    spectrum=lambda p: unit_circle(),
    moments=moments,
    budgets={"smoke": Budget(60.0), "short": Budget(180.0), "paper": Budget(600.0)},
    citations=("colbrook2024rigorous", "colbrook2023mpedmd", "colbrook2024rigged"),
)
