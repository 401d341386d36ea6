"""EDMD by pykoopman and by physml on the same data and functions; what each returns is in the names.

pykoopman pins old versions of numpy, scipy, scikit-learn and torch. ``python environment.py`` installs it without them
beside current ones, and runs this file there. Its fit has no residuals; physml's has, and they are in its time.
"""

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pykoopman  # pyright: ignore[reportMissingImports]
from pykoopman import observables, regression  # pyright: ignore[reportMissingImports]
from scipy.integrate import solve_ivp
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer

from physml.bench import Benchmark, Comparison
from physml.cli.bench import bench
from physml.interop.pykoopman import Observables, koopman_residuals, to_pykoopman
from physml.koopman import EDMD, DelayDictionary, RBFDictionary, ResDMD

TRAINING, FRESH = 10_000, 2_000
CENTERS, WIDTH = 100, 1.0
DELAYS = 20
MODES = 20
SPURIOUS = 0.2  # a larger residual is no eigenvalue of the system

Fit = Callable[[], Any]


def pairs(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """States of the plane and where a twist takes them."""
    x = np.random.default_rng(seed).normal(size=(count, 2))
    angle = 0.3 + 0.2 * (x**2).sum(1)
    cos, sin = np.cos(angle), np.sin(angle)
    return x, np.stack([cos * x[:, 0] - sin * x[:, 1], sin * x[:, 0] + cos * x[:, 1]], 1)


def lorenz(count: int) -> np.ndarray:
    """A trajectory of the Lorenz system with steps of 0.05, without its first 1000."""

    def field(_: float, s: np.ndarray) -> list[float]:
        return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]

    times = 0.05 * np.arange(count + 1000)
    path = solve_ivp(field, times[[0, -1]], [1.0, 1.0, 20.0], "DOP853", times, rtol=1e-10, atol=1e-10)
    return path.y.T[1000:]


def with_errors(fits: Mapping[str, Fit], states: np.ndarray, truth: np.ndarray) -> dict[str, Fit]:
    """The fits, named after their one-step errors on data that they have not seen."""

    def error(fit: Fit) -> float:
        predicted = np.real(fit().predict(states))
        return float(np.linalg.norm(predicted - truth) / np.linalg.norm(truth))

    return {f"{name}: one-step error {error(fit):.2e}": fit for name, fit in fits.items()}


def radial() -> Mapping[str, Fit]:
    """The coordinates and Gaussians around the same centres."""
    (x, y), fresh = pairs(TRAINING, 0), pairs(FRESH, 1)
    centers = x[:CENTERS]
    length = np.linalg.norm(x - x.mean(0), axis=1).mean()
    gaussians = RBFDictionary(CENTERS, "gaussian", centers, 1 / (WIDTH * length), include_constant=False)
    ours = FeatureUnion([("state", FunctionTransformer()), ("gaussians", gaussians)])
    theirs = observables.RadialBasisFunction("gauss", CENTERS, centers.T, WIDTH)
    return with_errors(
        {
            "physml": lambda: EDMD(ours).fit(x, y),
            "pykoopman": lambda: pykoopman.Koopman(theirs, regression.EDMD()).fit(x, y),
            "pykoopman with physml's EDMD": lambda: pykoopman.Koopman(theirs, to_pykoopman(EDMD())).fit(x, y),
        },
        *fresh,
    )


def delays() -> Mapping[str, Fit]:
    """The last samples of all three coordinates."""
    path = lorenz(TRAINING + FRESH)
    x, fresh = path[:TRAINING], path[TRAINING:]
    theirs = observables.TimeDelay(1, DELAYS - 1)
    return with_errors(
        {
            "physml": lambda: EDMD(DelayDictionary(DELAYS)).fit(x),
            "pykoopman": lambda: pykoopman.Koopman(theirs, regression.EDMD()).fit(x),
            "pykoopman with physml's EDMD": lambda: pykoopman.Koopman(theirs, to_pykoopman(EDMD())).fit(x),
        },
        fresh[:-1],
        fresh[DELAYS:],
    )


def wave(part: Callable[[np.ndarray], np.ndarray], k: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: part(2 * np.pi * k * x)


def spurious() -> Mapping[str, Fit]:
    """The doubling map in Fourier modes; the names tell how many eigenvalues have residuals of no eigenvalue."""
    x = np.arange(1000)[:, None] / 1000
    y = 2 * x % 1
    custom = observables.CustomObservables(
        [wave(part, k) for k in range(MODES + 1) for part in (np.cos, np.sin)[: k + 1]]
    )
    residual_dmd = ResDMD(Observables(custom), SPURIOUS)
    model = pykoopman.Koopman(custom, regression.EDMD()).fit(x, y)
    found = {
        "physml, ResDMD": residual_dmd.fit(x, y).residuals_,
        "physml, EDMD": EDMD(Observables(custom)).fit(x, y).residuals_,
        "pykoopman": koopman_residuals(model, x, y),
    }
    fits = [
        lambda: residual_dmd.fit(x, y),
        lambda: EDMD(Observables(custom)).fit(x, y),
        lambda: pykoopman.Koopman(custom, regression.EDMD()).fit(x, y),
    ]
    names = [f"{name}: {(res > SPURIOUS).sum()} of {len(res)} spurious" for name, res in found.items()]
    return dict(zip(names, fits, strict=True))


benchmark = Benchmark(
    "Koopman operators beside pykoopman",
    (
        Comparison(f"EDMD, {TRAINING} samples, {CENTERS} Gaussians", radial, rounds=9),
        Comparison(f"EDMD, {TRAINING} samples of the Lorenz system, {DELAYS} delays", delays, rounds=9),
        Comparison(f"Doubling map, {2 * MODES + 1} Fourier modes and the state", spurious, rounds=9),
    ),
    packages=("pykoopman", "pydmd", "scikit-learn"),
)

if __name__ == "__main__":
    warnings.filterwarnings("ignore")  # of pykoopman's use of its dependencies, thousands
    bench("pykoopman", benchmark, Path(sys.argv[1]))
