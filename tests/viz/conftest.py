"""Data sets with known fields, references and errors."""

import numpy as np
import pytest
import xarray as xr


def dataset(axes: str) -> xr.Dataset:
    """The product of sines over the axes, an "approximation" that is 1 % too large, and a residual."""
    grid = xr.Dataset(coords={name: np.linspace(0.0, 1.0 + i, 9 + i) for i, name in enumerate(axes)})
    truth = xr.DataArray(1.0)
    for name in axes:
        truth = truth * np.sin(1 + 2 * grid[name])
    return xr.Dataset({"u": 1.01 * truth, "reference": truth, "residual": 0.1 * truth})


@pytest.fixture
def heat() -> xr.Dataset:
    return dataset("tx")


@pytest.fixture(params=["x", "t", "tx", "xy", "txy", "xyz", "txyz"])
def of_any_dimension(request) -> xr.Dataset:
    return dataset(request.param)


@pytest.fixture
def history() -> list[dict]:
    rows = []
    for step in range(1, 9):
        stage = f"window {1 + step // 5}/2, {'Adam' if step % 5 < 3 else 'LevenbergMarquardt'}"
        losses = {"heat": 10.0**-step, "initial": 2.0**-step}
        rows.append({"step": step, "stage": stage, "seconds": 0.1, "losses": losses, "values": {"damping": 1.0}})
    return rows


@pytest.fixture
def causal() -> xr.Dataset:
    """Two windows of twelve remembered steps each, four slices a window."""
    step = np.concatenate([np.arange(12) * 10, 200 + np.arange(12) * 10])
    window = np.repeat([0, 1], 12)
    time = window[:, None] + np.linspace(0.1, 0.9, 4)
    loss = 10.0 ** -(step[:, None] % 200 / 50 + time)
    weights = np.exp(-np.cumsum(loss, axis=1))
    both = ("step", "slice")
    variables = {"slice_time": (both, time), "slice_loss": (both, loss), "causal_weights": (both, weights)}
    variables["slice_rate"] = (both, 1 + loss**2)
    return xr.Dataset(variables, coords={"step": step, "window": ("step", window)})
