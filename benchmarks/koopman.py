"""Koopman operators: extended DMD against other packages, pseudospectra of 1952 points, spurious eigenvalues.

All fits of a comparison have the same data and the same functions, and lift both states of each pair. Then physml
factorises all columns, or forms products of them, finds the eigenpairs, and the residual of each, which also
pseudospectra come from. deeptime forms two of the three products and finds the eigenvalues: no residuals. PyDMD finds
them by a singular value decomposition. A package that is not installed has a dash: deeptime and PyDMD are not among
the dependencies.
"""

import importlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from physml.bench import Benchmark, Comparison
from physml.koopman import EDMD, FourierDictionary, RBFDictionary, ResDMD, pseudospectrum

SAMPLES, CENTERS = 50_000, 399  # and the constant
SPURIOUS = 0.2  # a larger residual is no eigenvalue of the system


def rotating(count: int) -> tuple[np.ndarray, np.ndarray]:
    """States of the plane and where a twist takes them."""
    x = np.random.default_rng(0).normal(size=(count, 2))
    angle = 0.3 + 0.2 * (x**2).sum(1)
    cos, sin = np.cos(angle), np.sin(angle)
    return x, np.stack([cos * x[:, 0] - sin * x[:, 1], sin * x[:, 0] + cos * x[:, 1]], 1)


def package(name: str) -> Any:
    """A package that may be missing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def fits() -> Mapping[str, Callable[[], Any] | None]:
    x, y = rotating(SAMPLES)
    dictionary = RBFDictionary(CENTERS, centers=x[:CENTERS], scale=0.5)
    lift = dictionary.fit(x).transform
    return {
        "physml, EDMD with residuals": lambda: EDMD(dictionary).fit(x, y),
        "physml, EDMD by products": lambda: EDMD(dictionary, assembly="products").fit(x, y),
        "deeptime": deeptime_fit(lift, x, y),
        "PyDMD": pydmd_fit(lift, x, y),
    }


def deeptime_fit(lift: Callable[[np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray) -> Callable[[], Any] | None:
    module = package("deeptime.decomposition")
    return None if module is None else lambda: module.EDMD(lift).fit((x, y)).fetch_model().eigenvalues


def pydmd_fit(lift: Callable[[np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray) -> Callable[[], Any] | None:
    module = package("pydmd")
    return None if module is None else lambda: module.DMD(svd_rank=-1).fit(lift(x).T, lift(y).T).eigs


def grid() -> torch.Tensor:
    """1952 points of the upper half of a square."""
    axes = torch.linspace(-1.5, 1.5, 61).double(), torch.linspace(0.0, 1.55, 32).double()
    return torch.complex(*torch.meshgrid(*axes, indexing="ij"))


def pseudospectra() -> Mapping[str, Callable[[], Any]]:
    x, y = rotating(10_000)
    compression = EDMD(RBFDictionary(199, centers=x[:199], scale=0.5)).fit(x, y).compression_
    z = grid()
    circle = torch.polar(torch.ones(400).double(), torch.linspace(0, math.pi, 400).double())
    return {
        "1952 points, cholesky": lambda: pseudospectrum(compression, z, "cholesky"),
        "1952 points, svd": lambda: pseudospectrum(compression, z, "svd"),
        "1952 points, sweep": lambda: pseudospectrum(compression, z, "sweep"),
        "400 angles, sweep": lambda: pseudospectrum(compression, circle, "sweep"),
    }


def spurious() -> Mapping[str, Callable[[], Any] | None]:
    """The doubling map in 41 Fourier modes; the names tell how many eigenvalues are spurious by their residuals."""
    x = np.arange(1000)[:, None] / 1000
    y = 2 * x % 1
    dictionary = FourierDictionary(20)
    lift = dictionary.fit(x).transform
    runs = {
        "physml, ResDMD": lambda: ResDMD(dictionary).fit(x, y).eigenvalues_,
        "physml, EDMD": lambda: EDMD(dictionary).fit(x, y).eigenvalues_,
        "deeptime": deeptime_fit(lift, x, y),
        "PyDMD": pydmd_fit(lift, x, y),
    }
    exact = EDMD(dictionary).fit(x, y)
    return {f"{name}{_counted(exact, run)}": run for name, run in runs.items()}


def _counted(exact: EDMD, run: Callable[[], Any] | None) -> str:
    if run is None:
        return ""
    values = np.asarray(run(), dtype=complex)
    far = int((exact.pseudospectrum(values) > SPURIOUS).sum())
    return f": {far} of {len(values)} spurious"


benchmark = Benchmark(
    "Koopman operators",
    (
        Comparison(f"EDMD, {SAMPLES} samples, {CENTERS + 1} functions", fits, rounds=5),
        Comparison("Pseudospectrum, 200 functions", pseudospectra, rounds=3),
        Comparison("Doubling map, 41 functions", spurious, rounds=25),
    ),
    packages=("deeptime", "pydmd"),
)
