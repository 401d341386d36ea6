"""A signal that is partly periodic and partly noise, as the kinetic energy of a driven cavity at high speed is.

A synthetic stand-in for that simulation: two sines of frequencies without a common multiple, and filtered noise, each
with its share of the variance. The share of the periodic part is what the split into discrete and continuous spectrum
must give: 1 for quasi-periodic flow, 0 for turbulence, in between for the transition.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

FILTER = 10  # samples that the noise remembers


@dataclass(frozen=True)
class CavityParams(Params):
    noise: float = parameter(0.5, low=0.0, high=1.0, meaning="share of the noise in the variance")
    length: float = parameter(20400.0, low=1000.0, meaning="samples of the signal")


def samples(p: CavityParams, seed: int) -> FlowData:
    n, generator = int(p.length), torch.Generator().manual_seed(seed)
    t = torch.arange(n, dtype=torch.float64)
    periodic = torch.sin(0.07 * t) + torch.sin(0.07 * 2**0.5 * t + 1.0)
    draws = torch.randn(1, 1, n + FILTER - 1, generator=generator, dtype=torch.float64)
    window = torch.hann_window(FILTER, dtype=torch.float64)[None, None]
    noise = torch.nn.functional.conv1d(draws, window)[0, 0]
    signal = (1 - p.noise) ** 0.5 * unit(periodic) + p.noise**0.5 * unit(noise)
    return FlowData(signal[None, :, None])


def unit(signal: Tensor) -> Tensor:
    """With mean 0 and variance 1."""
    return (signal - signal.mean()) / signal.std()


problem = DynamicalSystem(
    name="cavity_rage",
    title="Signals of a cavity (synthetic)",
    equation=r"s(t) = \sqrt{1 - \nu}\, p(t) + \sqrt{\nu}\, n(t)",
    states=("energy",),
    params=CavityParams(),
    samples=samples,
    measure_preserving=True,
    observable=lambda state: state[:, 0],
    discrete_part=lambda p: 1 - p.noise,
    budgets={"smoke": Budget(10.0), "short": Budget(30.0), "paper": Budget(60.0)},
    citations=("colbrook2026adversarial",),
)
