"""DeepXDE, imported when it is used, and its global settings confined to the blocks that need them."""

import importlib
import importlib.util
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import numpy as np
import torch

CPU = torch.device("cpu")
PRECISIONS = {torch.float32: 32, torch.float64: 64}


def require_deepxde() -> None:
    """Say how to install DeepXDE where it is missing.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    if "deepxde" not in sys.modules and importlib.util.find_spec("deepxde") is None:
        raise ModuleNotFoundError('DeepXDE is not installed; install it with: pip install "physml[deepxde]"')


def load_deepxde() -> Any:
    """The module ``deepxde`` on PyTorch; torch's default device and dtype stay what they were.

    Raises:
        ModuleNotFoundError: it is not installed.
        ValueError: DeepXDE is set to another backend.
    """
    require_deepxde()
    loaded = sys.modules.get("deepxde")
    backend = loaded.backend.backend_name if loaded else os.environ.setdefault("DDE_BACKEND", "pytorch")
    if backend != "pytorch":
        raise ValueError(
            f"DeepXDE is set to the backend {backend!r}, and physml needs 'pytorch'; "
            f"start Python with DDE_BACKEND=pytorch"
        )
    with _torch_defaults(), redirect_stderr(io.StringIO()):
        return importlib.import_module("deepxde")


@contextmanager
def session(dtype: torch.dtype, device: torch.device = CPU) -> Iterator[Any]:
    """DeepXDE with a precision and a device; afterwards it and torch are as they were.

    Args:
        dtype: float32 or float64.
        device: of networks and points.

    Raises:
        ValueError: another dtype.
    """
    if dtype not in PRECISIONS:
        raise ValueError(f"DeepXDE was asked for {dtype}; it computes PDEs in torch.float32 or torch.float64")
    dde = load_deepxde()
    before = dde.config.real.precision
    with _torch_defaults():
        torch.set_default_dtype(dtype)
        _set_default_device(device)
        dde.config.real.__init__(PRECISIONS[dtype])
        try:
            yield dde
        finally:
            dde.config.real.__init__(before)


@contextmanager
def seeded(seed: int, device: torch.device = CPU) -> Iterator[None]:
    """Global random numbers of torch and NumPy from a seed; afterwards they go on as if nothing had been drawn."""
    numpy_state = np.random.get_state()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy_state)


def silent() -> Any:
    """DeepXDE prints what it does; inside the block it does not."""
    return redirect_stdout(io.StringIO())


@contextmanager
def _torch_defaults() -> Iterator[None]:
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        _set_default_device(device)


def _set_default_device(device: torch.device) -> None:
    if torch.get_default_device() != device:
        torch.set_default_device(None if device == CPU else device)
