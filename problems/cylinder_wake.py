"""The wake of a cylinder, as a synthetic limit cycle in ten thousand dimensions.

A stand-in for a simulation such as `cylinder_wake_re100`: a Stuart-Landau oscillator on its limit cycle, lifted to a
field of 10^4 values, of which harmonic k is a wave with k times the phase and an amplitude that falls by half from one
to the next. The eigenvalues are the powers of the first, which a method must find although the data are fields.
"""

from dataclasses import dataclass

import numpy as np
import torch

from physml.problem import Budget, DynamicalSystem, FlowData, Params, parameter

HARMONICS = 11
ROWS, COLUMNS = 50, 200


@dataclass(frozen=True)
class WakeParams(Params):
    steps: float = parameter(24.3, low=3.0, meaning="samples in a period")
    length: float = parameter(240.0, low=50.0, meaning="samples")


def samples(p: WakeParams, seed: int) -> FlowData:
    phase = 2 * torch.pi / p.steps * torch.arange(int(p.length), dtype=torch.float64)
    x, y = torch.meshgrid(torch.linspace(0, 8, COLUMNS).double(), torch.linspace(-1, 1, ROWS).double(), indexing="ij")
    field = torch.zeros(len(phase), x.numel(), dtype=torch.float64)
    for k in range(HARMONICS + 1):
        shape = torch.exp(-(y**2) * (1 + k)) * y ** (k % 2) * 0.5**k
        wave = phase[:, None] * k - (k * x).flatten()
        field += torch.cos(wave) * shape.flatten()
    return FlowData(field[None])


def spectrum(p: WakeParams) -> np.ndarray:
    return np.exp(2j * np.pi / p.steps * np.arange(-HARMONICS, HARMONICS + 1))


problem = DynamicalSystem(
    name="cylinder_wake",
    title="Cylinder wake (synthetic)",
    equation=r"\dot z = (\mu + i\omega) z - |z|^2 z, \quad u(x, t) = \sum_k \operatorname{Re}\, z^k w_k(x)",
    states=tuple(f"u{i}" for i in range(ROWS * COLUMNS)),
    params=WakeParams(),
    samples=samples,
    measure_preserving=True,
    distance=lambda p, z: np.abs(z[..., None] - spectrum(p)).min(-1),
    spectrum=spectrum,
    budgets={"smoke": Budget(30.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2026adversarial", "tu2014dmd"),
)
