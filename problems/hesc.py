"""Human embryonic stem cells on their way to endoderm, from a file that a user downloads.

Single-cell sequencing at 0, 12, 24, 36 and 72 hours (those of 96 hours are left out, as in the paper); those of 12 and
36 hours are held out. The state is the first five principal components of the logarithms of the counts, each divided by
its deviation. The unit of time is a day.

The file is `GSE75748_sc_time_course_ec.csv.gz`, a supplementary file of the GEO series GSE75748 (Chu et al. 2016): a
row for each gene, a column for each cell, named after the hour as in `H9.12h_001`.

The published numbers are quoted from later authors. The components here are our own reduction, on another scale than
theirs perhaps, so that only methods run on the same components can be compared with certainty. The paper's code also
takes its snapshots as equally spaced when it looks up where to compare.
"""

import gzip
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from physml.dynamics import GradientField
from physml.numerics.user_files import user_file
from physml.problem import Budget, Params, Published, SnapshotData, Snapshots, parameter

FILE = "GSE75748_sc_time_course_ec.csv.gz"
SOURCE = "the supplementary files of the GEO series GSE75748"
HOURS, DIMENSION = (0, 12, 24, 36, 72), 5

PUBLISHED = {"SBIRR": (1.08, 1.33), "MSBM": (1.09, 1.30), "DMSB": (1.10, 1.51), "TrajectoryNet": (1.30, 1.93)}


@dataclass(frozen=True)
class StemCells(Params):
    volatility: float = parameter(0.05, low=1e-3, unit="1 / sqrt(day)", meaning="sigma of the reference")


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Counts (cells, genes) and hours (cells) of the file."""
    with gzip.open(path, "rt") as file:
        names = file.readline().strip().split(",")[1:]
    hours = [re.search(r"[._](\d+)h", name) for name in names]
    if not all(hours):
        wrong = [name for name, hour in zip(names, hours, strict=True) if not hour]
        raise ValueError(f"{path.name}: the columns {wrong[:3]} do not tell an hour, as H9.12h_001 does")
    counts = np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, len(names) + 1), quotechar='"', ndmin=2)
    return counts.T, np.array([int(hour.group(1)) for hour in hours if hour])


@cache
def cells(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Standardised components (cells, 5) and hours (cells), of the hours that are used."""
    counts, hours = read(path)
    kept = np.isin(hours, HOURS)
    if missing := set(HOURS) - set(hours.tolist()):
        raise ValueError(f"{path.name} has no cells of the hours {sorted(missing)}; it has {np.unique(hours).tolist()}")
    logs = np.log1p(counts[kept])
    u, s, _ = np.linalg.svd(logs - logs.mean(0), full_matrices=False)
    components = u[:, :DIMENSION] * s[:DIMENSION]
    return components / components.std(0), hours[kept]


def snapshots(p: StemCells, seed: int) -> SnapshotData:
    components, hours = cells(user_file(FILE, SOURCE))
    return SnapshotData([hour / 24 for hour in HOURS], [components[hours == hour] for hour in HOURS], held_out=(1, 3))


problem = Snapshots(
    name="hesc",
    title="Human embryonic stem cells from snapshots",
    equation=r"dX = -\nabla V(X)\,dt + \sigma\,dW",
    states=tuple(f"component {i}" for i in range(1, DIMENSION + 1)),
    params=StemCells(),
    family=GradientField(DIMENSION, degree=3),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    published=tuple(
        Published(method, f"W2 at t={t:g}", value, "park2025multimarginal", "Table 1, SBIRR quoted there")
        for method, values in PUBLISHED.items()
        for t, value in zip((0.5, 1.5), values, strict=True)
    ),
    budgets={"smoke": Budget(60.0), "short": Budget(120.0), "paper": Budget(600.0)},
    citations=("shen2025multimarginal", "chu2016single"),
)
