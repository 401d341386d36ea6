"""Arctic sea ice by satellite, month by month, from a file that a user downloads.

Concentrations of the northern hemisphere on a grid of 25 km. The state is the leading principal components of the
months that are fitted, in units of concentration times the root of the number of cells; the last six years are held
out. Cells that lack a value in some month, or that never have ice, are left out.

The file is `arctic_sea_ice.nc`, monthly means of the Global Sea Ice Concentration Climate Data Record (OSI-450-a, OSI
SAF), joined in time: a netCDF file with `ice_conc` over (`time`, `yc`, `xc`) in percent, with a `time` that xarray
decodes to dates. Months must follow one another; where the record has none, fill it or cut it.

`sea_ice_synthetic` is a problem of the same kind without a file. The paper has a kernel and six delays of the fields
themselves, which :class:`physml.koopman.KernelEDMD` takes.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from physml.numerics.user_files import user_file
from physml.problem import Budget, DynamicalSystem, FlowData, HeldOut, Params, parameter

FILE = "arctic_sea_ice.nc"
SOURCE = "OSI SAF, the Global Sea Ice Concentration Climate Data Record (OSI-450-a), monthly means of the north"
COMPONENTS = 40
SEASON = 12  # months


@dataclass(frozen=True)
class RecordParams(Params):
    later: float = parameter(72.0, low=13.0, meaning="months that are held out")


@cache
def concentrations(path: Path) -> np.ndarray:
    """Of the cells that are measured in all months and have ice in some, (months, cells), from 0 to 1."""
    with xr.open_dataset(path) as file:
        if "ice_conc" not in file.variables or "time" not in file["ice_conc"].dims:
            raise ValueError(
                f"{path.name} has the variables {sorted(map(str, file.variables))}; expected ice_conc over time, yc, xc"
            )
        field = file["ice_conc"].transpose("time", ...)
        year, month = field["time"].dt.year.to_numpy(), field["time"].dt.month.to_numpy()
        values = field.to_numpy().reshape(len(year), -1) / 100
    gaps = np.flatnonzero(np.diff(12 * year + month) != 1)
    if len(gaps):
        at = gaps[0]
        raise ValueError(
            f"{path.name}: {year[at + 1]}-{month[at + 1]:02} follows {year[at]}-{month[at]:02}; expected each month "
            "once and in order: fill what the record lacks, or cut it there"
        )
    measured = np.isfinite(values).all(0)
    return values[:, measured & (np.nan_to_num(values).max(0) > 0)]


def components(p: RecordParams) -> Tensor:
    """Coordinates of all months along the principal components of those that are fitted, (months, COMPONENTS)."""
    record = concentrations(user_file(FILE, SOURCE))
    fitted = len(record) - int(p.later)
    if fitted <= COMPONENTS or record.shape[1] < COMPONENTS:
        raise ValueError(
            f"{FILE} has {len(record)} months of {record.shape[1]} cells, {int(p.later)} of them held out; expected "
            f"more than {COMPONENTS} months and as many cells: give a longer record"
        )
    directions = np.linalg.svd(record[:fitted], full_matrices=False)[2][:COMPONENTS]
    return torch.from_numpy(record @ directions.T)


def samples(p: RecordParams, seed: int) -> FlowData:
    return FlowData(components(p)[None, : -int(p.later)])


def held_out(p: RecordParams, seed: int) -> Tensor:
    return components(p)[-int(p.later) :]


problem = DynamicalSystem(
    name="arctic_sea_ice",
    title="Arctic sea ice",
    equation=r"u_{t+1} = F(u_t)",
    states=tuple(f"c{i}" for i in range(COMPONENTS)),
    params=RecordParams(),
    samples=samples,
    tolerance=0.1,
    held_out=HeldOut(held_out, leads=12, season=SEASON),
    budgets={"smoke": Budget(60.0), "short": Budget(120.0), "paper": Budget(300.0)},
    citations=("colbrook2024another", "colbrook2026adversarial"),
)
