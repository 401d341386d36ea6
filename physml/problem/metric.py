"""Metrics: how far a solution is from a reference, over the reference's whole grid."""

from __future__ import annotations

import numpy as np
import xarray as xr


def relative_l2(solution: xr.DataArray, reference: xr.DataArray) -> float:
    r"""Relative L2 error :math:`\|u - r\|_F / \|r\|_F` over the whole reference grid, the initial time included.

    Raises:
        ValueError: the two arrays have other axes.
    """
    if set(solution.dims) != set(reference.dims):
        raise ValueError(f"solution has axes {solution.dims}, the reference {reference.dims}")
    for axis in reference.dims:
        if not np.array_equal(solution[axis], reference[axis]):
            raise ValueError(
                f"solution and reference are given at other values of {axis!r}; predict on the reference's grid"
            )
    difference = solution.transpose(*reference.dims).to_numpy() - reference.to_numpy()
    return float(np.linalg.norm(difference) / np.linalg.norm(reference.to_numpy()))


def relative_l2_over(axis: str, solution: xr.DataArray, reference: xr.DataArray) -> xr.DataArray:
    """Relative L2 error at each value of ``axis`` (``"t"``: the error against time), shape (n_axis,)."""
    others = [dim for dim in reference.dims if dim != axis]
    square = ((solution - reference) ** 2).sum(others) / (reference**2).sum(others)
    return square**0.5
