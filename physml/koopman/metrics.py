"""Distances of spectra and of spectral measures, and where a curve of residuals bends."""

import math
from typing import Any

import numpy as np
import torch

from physml.koopman.arrays import as_tensor


def hausdorff(a: Any, b: Any) -> float:
    """The Hausdorff distance of two finite sets of complex numbers.

    Raises:
        ValueError: one of them is empty.

    Example:
        >>> hausdorff([1.0], [1.0, -1.0])
        2.0
    """
    x, y = (as_tensor(values, name).flatten().to(torch.complex128) for values, name in ((a, "a"), (b, "b")))
    if not len(x) or not len(y):
        raise ValueError(f"sets of {len(x)} and {len(y)} points; the distance from an empty set is not defined")
    distances = (x[:, None] - y).abs()
    return float(torch.maximum(distances.amin(1).max(), distances.amin(0).max()))


def wasserstein1_circle(angles: Any, weights: Any, other_angles: Any, other_weights: Any) -> float:
    r"""The distance :math:`W_1` of two discrete measures of equal mass on the circle, along its arcs.

    It is :math:`\min_c \int |F - G - c|\, d\theta` with the cumulated weights F and G; c is their weighted median.

    Raises:
        ValueError: masses that differ by more than 1e-6 of them, or lengths that do not match.

    Example:
        >>> round(wasserstein1_circle([3.0], [1.0], [-3.0], [1.0]), 6)  # across pi
        0.283185
    """
    parts = [
        as_tensor(values, name).cpu().numpy().ravel().astype(float)
        for values, name in zip((angles, weights, other_angles, other_weights), ("angles", "weights") * 2, strict=True)
    ]
    mass, other_mass = parts[1].sum(), parts[3].sum()
    if len(parts[0]) != len(parts[1]) or len(parts[2]) != len(parts[3]):
        raise ValueError(
            f"angles and weights have lengths {[len(p) for p in parts]}; expected one weight for each angle"
        )
    if abs(mass - other_mass) > 1e-6 * max(mass, other_mass):
        raise ValueError(f"the masses are {mass:.6g} and {other_mass:.6g}; scale the measures to equal masses")
    theta = np.mod(np.concatenate([parts[0], parts[2]]), 2 * math.pi)
    order = np.argsort(theta, kind="stable")
    theta = theta[order]
    difference = np.cumsum(np.concatenate([parts[1], -parts[3]])[order])
    lengths = np.diff(theta, append=theta[0] + 2 * math.pi)
    by_height = np.argsort(difference)
    middle = by_height[np.searchsorted(np.cumsum(lengths[by_height]), math.pi)]
    return float(np.sum(lengths * np.abs(difference - difference[middle])))


def knee_point(values: Any) -> int:
    """Where a sorted curve bends: the breakpoint of two least-squares lines with the least sum of absolute deviations.

    Both lines hold the breakpoint.

    Raises:
        ValueError: fewer than three values.

    Example:
        >>> knee_point([0.0, 0.1, 0.2, 0.3, 1.3, 2.3, 3.3])
        3
    """
    curve = as_tensor(values, "values").cpu().numpy().ravel().astype(float)
    if len(curve) < 3:
        raise ValueError(f"{len(curve)} values have no knee; expected at least 3")
    index = np.arange(len(curve))

    def deviation(part: slice) -> float:
        line = np.polynomial.Polynomial.fit(index[part], curve[part], 1)
        return float(np.abs(line(index[part]) - curve[part]).sum())

    costs = [deviation(slice(0, i + 1)) + deviation(slice(i, None)) for i in range(1, len(curve) - 1)]
    return 1 + int(np.argmin(costs))
