"""Monthly sea ice on a masked grid, synthetic: seasons, modes that decay slowly, and noise.

A stand-in for the satellite record of Arctic concentrations, which `arctic_sea_ice` reads from a file. An ocean with an
irregular coast and an island, cells 1/20 wide; 42 years of months, and ten more that are held out. The concentration
is a mean with an edge; a seasonal cycle with its first harmonic, whose edge comes and goes nearly in place; a loss that
fades with a known rate; an oscillation of five years that fades as well; and noise of each cell and month, which its
neighbours share in part. It is not clipped to [0, 1], so that all of this is linear and the eigenvalues are exact.

One month does not tell whether the edge comes or goes: without delays the cycle's eigenvalues are wrong, and forecasts
worse than climatology. The measurements' noise lowers what any forecast can reach to its own size.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from physml.problem import Budget, DynamicalSystem, FlowData, HeldOut, Params, parameter

CELLS = 40
SEASON = 12  # months
FIVE_YEARS = 60


@dataclass(frozen=True)
class SeaIceParams(Params):
    loss: float = parameter(0.995, low=0.9, high=1.0, meaning="factor of the fading loss in a month")
    fading: float = parameter(0.992, low=0.9, high=1.0, meaning="factor of the oscillation in a month")
    noise: float = parameter(0.05, low=0.0, meaning="deviation of the measurements")
    months: float = parameter(504.0, low=60.0, meaning="that the fit sees")
    later: float = parameter(120.0, low=13.0, meaning="months that are held out")


def ocean() -> tuple[Tensor, Tensor]:
    """Distance from the pole and angle of each cell of the ocean."""
    axis = torch.linspace(-1, 1, CELLS, dtype=torch.float64)
    x, y = torch.meshgrid(axis, axis, indexing="ij")
    r, angle = torch.hypot(x, y), torch.atan2(y, x)
    coast = 0.8 + 0.1 * torch.cos(3 * angle + 0.5) + 0.06 * torch.sin(5 * angle)
    island = torch.hypot(x - 0.45, y + 0.2) < 0.12
    sea = (r < coast) & ~island
    return torch.where(sea, r, torch.nan), angle


@lru_cache(maxsize=4)
def record(p: SeaIceParams, seed: int) -> Tensor:
    """All months, (months + later, cells of the ocean)."""
    r, angle = ocean()
    sea = r.isfinite()
    r, angle = r[sea], angle[sea]
    edge = torch.exp(-(((r - 0.55) / 0.2) ** 2))
    t = torch.arange(int(p.months) + int(p.later), dtype=torch.float64)[:, None]
    year, turn = 2 * torch.pi * t / SEASON, 2 * torch.pi * t / FIVE_YEARS
    clean = (
        0.9 * torch.sigmoid((0.6 - r) / 0.08)
        + edge * (0.25 * year.cos() + 0.08 * angle.cos() * year.sin())
        + edge * (0.08 * r * (2 * year).cos() + 0.05 * angle.sin() * (2 * year).sin())
        + 0.2 * p.loss**t * edge * (1 + 0.5 * (angle - 1).cos())
        + 0.2 * p.fading**t * edge * (2 * angle - turn).cos()
    )
    draws = torch.randn(len(t), CELLS, CELLS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    shared = torch.nn.functional.avg_pool2d(draws, 3, stride=1, padding=1, count_include_pad=False)
    noise = (draws / 2 + 1.5 * shared)[:, sea]
    return clean + p.noise * noise / noise.std()


def samples(p: SeaIceParams, seed: int) -> FlowData:
    return FlowData(record(p, seed)[None, : int(p.months)])


def held_out(p: SeaIceParams, seed: int) -> Tensor:
    return record(p, seed)[int(p.months) :]


def spectrum(p: SeaIceParams) -> np.ndarray:
    """Of the mean, the loss, the seasons and the oscillation."""
    seasons = np.exp(2j * np.pi / SEASON * np.array([1, -1, 2, -2]))
    oscillation = p.fading * np.exp(2j * np.pi / FIVE_YEARS * np.array([1, -1]))
    return np.concatenate([[1.0, p.loss], seasons, oscillation])


problem = DynamicalSystem(
    name="sea_ice_synthetic",
    title="Sea ice (synthetic)",
    equation=r"u_t = \sum_k \lambda_k^t v_k + \mathrm{noise}",
    states=tuple(f"u{i}" for i in range(int(ocean()[0].isfinite().sum()))),
    params=SeaIceParams(),
    samples=samples,
    tolerance=0.05,
    distance=lambda p, z: np.abs(z[..., None] - spectrum(p)).min(-1),
    spectrum=spectrum,
    held_out=HeldOut(held_out, leads=12, season=SEASON),
    budgets={"smoke": Budget(30.0), "short": Budget(60.0), "paper": Budget(120.0)},
    citations=("colbrook2024another", "colbrook2026adversarial"),
)
