"""Time stamps that labelled arrays bring along: a Koopman operator is that of one step, so all steps must be equal."""

from typing import Any

import numpy as np
import xarray as xr

_NAMES = ("time", "t")
_ROUNDING = 1e-3  # of a step; stamps are often rounded


def time_stamps(X: Any) -> np.ndarray | None:
    """The stamps of the samples, if X has any.

    They are the coordinate of an xarray.DataArray (samples, coordinates) or (trajectories, samples, coordinates) along
    its samples, if this is called time or t; or the index of a pandas.DataFrame, if it has dates or is so called.

    Example:
        >>> time_stamps(xr.DataArray(np.zeros((2, 1)), {"time": [0.0, 0.5]}, ("time", "x")))
        array([0. , 0.5])
    """
    if isinstance(X, xr.DataArray):
        name = X.dims[-2] if X.ndim > 1 else None
        stamps = X[name].values if name in _NAMES and name in X.coords else None
    elif hasattr(X, "columns") and hasattr(X, "index"):
        index = X.index.tz_convert(None) if getattr(X.index, "tz", None) is not None else X.index
        stamps = index.to_numpy()
        stamps = stamps if stamps.dtype.kind in "mM" or index.name in _NAMES else None
    else:
        return None
    return stamps if stamps is not None and stamps.dtype.kind in "mMfiu" else None


def check_trajectory_times(X: Any) -> None:
    """Refuse trajectories whose consecutive samples are not equally far apart.

    Raises:
        ValueError: with the first row after which the step differs from the first one.
    """
    first = None
    for name, part in [(f"X[{i}]", x) for i, x in enumerate(X)] if isinstance(X, list | tuple) else [("X", X)]:
        stamps = time_stamps(part)
        if stamps is not None and len(stamps) > 1:
            steps = np.diff(stamps)
            first = steps[0] if first is None else first
            _check(steps, first, f"the step after row {{}} of {name}")


def check_pair_times(X: Any, Y: Any) -> None:
    """Refuse pairs whose successors are not equally late.

    Raises:
        ValueError: with the first row whose time from X to Y differs from that of row 0.
    """
    before, after = time_stamps(X), time_stamps(Y)
    if before is not None and after is not None and len(before) == len(after) > 0:
        steps = after - before
        _check(steps, steps[0], "the time from X to Y in row {}")


def _check(steps: np.ndarray, first: Any, what: str) -> None:
    ratios = (steps / first).astype(float) if first else np.zeros(len(steps))
    unequal = np.flatnonzero(~(np.abs(ratios - 1) <= _ROUNDING))
    if len(unequal):
        row = int(unequal[0])
        raise ValueError(
            f"{what.format(row)} is {ratios[row]:.4g} times the first one; one Koopman operator belongs to one step: "
            "interpolate to equal steps, pass a list of trajectories that ends at gaps, or plain arrays if the time "
            "stamps do not matter"
        )
