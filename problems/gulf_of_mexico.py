"""Drifters in an eddy of the Gulf of Mexico, from a current field that a user downloads.

Drifters are released in a small square beside an eddy and carried by the surface current of one hour (1 June 2024,
17:00), held fixed. The state is in degrees from (-90.5, 25.75), and 1 m/s counts as 0.9 degrees a unit of time. Nine
snapshots of 111 drifters each, which are drawn from one release of 1,000; every other one is held out. The release is
the one that later authors report on; `replace(west=-0.05, south=-0.8)` is the paper's other one. The paper describes
the release in words only, so that the drifters here are not exactly its own.

The file is `gulf_of_mexico.nc`, a subset of the HYCOM reanalysis of the Gulf of Mexico at 1 km (doi 10.7266/N7X63JZ5)
at that hour, at the surface, over longitudes -92.5 to -89 and latitudes 24 to 27: a netCDF file with the velocities
`u` and `v` (or `water_u`, `water_v`) in m/s over `lat` and `lon` (or `latitude`, `longitude`). Of further dimensions
the first entry is taken.

The published numbers are quoted from later authors. The family and the volatility are our choice, the paper's are an
elliptic vortex and 0.1. `vortex_lamb_oseen` is a problem of the same kind without a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from physml.dynamics import AffineDrift
from physml.numerics.user_files import user_file
from physml.problem import Budget, Params, Published, SnapshotData, Snapshots, parameter

SOURCE = "the HYCOM reanalysis of the Gulf of Mexico at 1 km, doi 10.7266/N7X63JZ5 (1 June 2024 17:00, surface)"
CENTRE = {"lon": -90.5, "lat": 25.75}
NAMES = {
    "lon": ("lon", "longitude", "Longitude"),
    "lat": ("lat", "latitude", "Latitude"),
    "u": ("u", "water_u"),
    "v": ("v", "water_v"),
}
TIMES = tuple(float(i) for i in range(9))
RELEASED, POINTS, STEP = 1000, 111, 0.01
SPEED = 0.9  # degrees a unit of time for 1 m/s

PUBLISHED = {
    "SBIRR": (0.073, 0.072, 0.120, 0.094),
    "Vanilla-SB": (0.270, 0.300, 0.420, 0.410),
    "OT-CFM": (0.148, 0.227, 0.191, 0.250),
    "metric FM": (0.107, 0.056, 0.052, 0.070),
}


@dataclass(frozen=True)
class Release(Params):
    west: float = parameter(-0.15, unit="degrees", meaning="western edge of the release, from the centre")
    south: float = parameter(-0.05, unit="degrees", meaning="southern edge of the release, from the centre")
    volatility: float = parameter(0.03, low=1e-3, meaning="sigma of the reference")


@cache
def currents(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitudes, latitudes from the centre, and velocities of shape (lat, lon, 2)."""
    with xr.open_dataset(path, decode_times=False) as file:
        found = {key: next((n for n in names if n in file.variables), None) for key, names in NAMES.items()}
        if missing := [NAMES[key] for key, name in found.items() if name is None]:
            raise ValueError(
                f"{path.name} has none of the variables {missing}; it has {sorted(map(str, file.variables))}"
            )
        lon, lat = (file[found[key]].to_numpy() for key in ("lon", "lat"))
        fields = [np.squeeze(file[found[key]].to_numpy()) for key in ("u", "v")]
    if lon.ndim != 1 or lat.ndim != 1:
        raise ValueError(
            f"{path.name} has coordinates of shapes {lon.shape}, {lat.shape}; expected one-dimensional ones"
        )
    for name, field in zip(("u", "v"), fields, strict=True):
        if field.shape[-2:] != (len(lat), len(lon)):
            raise ValueError(f"{path.name}: {name} has shape {field.shape}; expected (..., {len(lat)}, {len(lon)})")
    planes = [field[(0,) * (field.ndim - 2)] for field in fields]
    east = (lon + 180) % 360 - 180 - CENTRE["lon"]
    return east, lat - CENTRE["lat"], np.nan_to_num(np.stack(planes, -1))


def drift(x: np.ndarray) -> np.ndarray:
    """The velocity at the nearest node, in degrees a unit of time."""
    east, north, velocity = currents(user_file("gulf_of_mexico.nc", SOURCE))
    i = np.abs(north[:, None] - x[:, 1]).argmin(0)
    j = np.abs(east[:, None] - x[:, 0]).argmin(0)
    return SPEED * velocity[i, j]


def law(p: Release, times: Sequence[float], count: int, seed: int) -> Tensor:
    """Drifters carried along by Euler steps; the only chance is where they are released."""
    generator = torch.Generator().manual_seed(seed)
    x = np.array([p.west, p.south]) + 0.1 * torch.rand(count, 2, generator=generator, dtype=torch.float64).numpy()
    states, now = [], 0.0
    for time in times:
        steps = round((time - now) / STEP)
        for _ in range(steps):
            x = x + drift(x) * (time - now) / steps
        states.append(torch.from_numpy(x))
        now = time
    return torch.stack(states)


def snapshots(p: Release, seed: int) -> SnapshotData:
    paths = law(p, TIMES, RELEASED, seed)
    clouds = [cloud[i * POINTS : (i + 1) * POINTS] for i, cloud in enumerate(paths)]
    return SnapshotData(TIMES, clouds, held_out=(1, 3, 5, 7))


problem = Snapshots(
    name="gulf_of_mexico",
    title="Drifters in the Gulf of Mexico from snapshots",
    equation=r"dX = (A X + c)\,dt + \sigma\,dW",
    states=("longitude", "latitude"),
    params=Release(),
    family=AffineDrift(2),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    law=law,
    published=tuple(
        Published(
            method,
            f"W2 at t={TIMES[i]:g}",
            value,
            "petrovic2025curly",
            "Table 2, the paper's two quoted there",
            reproduced_by="reference_refinement" if method == "SBIRR" else "",
        )
        for method, values in PUBLISHED.items()
        for i, value in zip((1, 3, 5, 7), values, strict=True)
    ),
    budgets={"smoke": Budget(30.0), "short": Budget(120.0), "paper": Budget(600.0)},
    citations=("shen2025multimarginal",),
)
