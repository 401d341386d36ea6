"""From a refined bridge to data and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

from physml.bridge.distances import distances, floors, interpolated, paired_error
from physml.bridge.law import PathLaw, Trajectories
from physml.bridge.solution import BridgeSolution
from physml.result import Findings

if TYPE_CHECKING:
    from physml.bridge.process import RefinementProcess

_DRAWN = 200  # trajectories that are kept


def collect(process: RefinementProcess, law: PathLaw) -> Findings:
    """Trajectories, snapshots, parameters over the iterations, and distances to held-out snapshots."""
    problem, data = process.problem, process.data
    count = sum(len(cloud) for cloud in process.training.samples)
    generator = torch.Generator().manual_seed(process.seed)
    trajectories = law.sample_trajectories(max(count, _DRAWN), generator)
    chosen = _first(trajectories, count)
    clouds = interpolated(chosen, data.validation, process.seed)
    found = distances(clouds, data.validation)
    if data.paired and data.validation:
        individuals = torch.cdist(chosen.states[0], data.samples[0]).argmin(1)
        found["paired rms"] = paired_error(clouds, individuals, data.validation)
    least = floors(problem, data.validation, count)
    for (time, _), floor in zip(data.validation, least, strict=False):
        found[f"floor at t={time:g}"] = floor
    if least:
        ratios = [found[f"W2 at t={time:g}"] / floor for (time, _), floor in zip(data.validation, least, strict=True)]
        found["W2 over floor"] = max(ratios)
    found |= {name: value for name, value in law.progress.items() if np.isfinite(value)}
    found |= _parameter_error(process, law)
    solution = BridgeSolution(law, problem.states, process.seed)
    return Findings(_dataset(process, law, trajectories), found, solution.weights(), solution)


def _first(trajectories: Trajectories, count: int) -> Trajectories:
    return Trajectories(trajectories.times, trajectories.states[:, :count], trajectories.rate)


def _parameter_error(process: RefinementProcess, law: PathLaw) -> dict[str, float]:
    """The relative error of each parameter whose truth is known, absolute where that is zero, and the largest."""
    problem, theta = process.problem, law.reference.theta
    if problem.truth is None or theta is None:
        return {}
    named, truth = problem.family.named(theta), problem.truth(problem.params)
    errors = {f"error of {name}": abs(named[name] - value) / (abs(value) or 1.0) for name, value in truth.items()}
    return {"parameter error": max(errors.values()), **errors}


def _dataset(process: RefinementProcess, law: PathLaw, trajectories: Trajectories) -> xr.Dataset:
    problem, data, family = process.problem, process.data, process.problem.family
    states = list(problem.states)
    clouds = {
        "trajectories": (("time", "trajectory", "component"), trajectories.states[:, :_DRAWN].cpu().numpy()),
        "observed": (("point", "component"), torch.cat(data.samples).cpu().numpy()),
        "observed_time": ("point", np.repeat(data.times, [len(cloud) for cloud in data.samples])),
        "observed_held_out": (
            "point",
            np.repeat([i in data.held_out for i in range(len(data.times))], [len(cloud) for cloud in data.samples]),
        ),
    }
    coords = {"time": trajectories.times.cpu().numpy(), "component": states}
    dataset = xr.Dataset(clouds, coords)
    dataset["V"] = ("iteration", np.array(process.values))
    if process.thetas:
        history = torch.stack([family.natural(theta) for theta in process.thetas]).cpu().numpy()
        dataset["parameters"] = (("fit", "parameter"), history)
        dataset = dataset.assign_coords(parameter=list(family.parameters))
        if problem.truth is not None:
            truth = problem.truth(problem.params)
            dataset["true_parameters"] = ("parameter", np.array([truth.get(n, np.nan) for n in family.parameters]))
    return dataset
