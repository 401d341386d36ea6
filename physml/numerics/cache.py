"""Datasets that are made once: kept in a folder under a hash of the source that makes them."""

import hashlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import xarray as xr

from physml.numerics.files import atomic_create


def cache_folder() -> Path:
    """``$PHYSML_CACHE``, else ``physml`` in the user's cache folder."""
    if "PHYSML_CACHE" in os.environ:
        return Path(os.environ["PHYSML_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "physml"


def source_hash(function: Callable[..., Any], *arguments: str) -> str:
    """A hash of a function's file, of this package's numerics, and of its arguments.

    Empty, which means "do not keep", for functions whose result a file cannot determine: closures, notebook cells.
    """
    if not isinstance(function, FunctionType) or function.__closure__:
        return ""
    path = Path(function.__code__.co_filename)
    if not path.is_file():
        return ""
    digest = hashlib.sha256()
    for file in (path, *sorted(Path(__file__).parent.glob("*.py"))):
        digest.update(file.read_bytes())
    name = f"{function.__qualname__}:{function.__code__.co_firstlineno}"
    for text in (name, *arguments):
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()[:32]


def cached_dataset(key: str, make: Callable[[], xr.Dataset]) -> xr.Dataset:
    """The dataset kept under a key; made and kept if there is none, or none that can be read."""
    if not key:
        return make()
    path = cache_folder() / f"{key}.nc"
    if path.exists():
        try:
            return xr.load_dataset(path, engine="h5netcdf")
        except (OSError, ValueError, KeyError) as error:
            warnings.warn(f"{path} cannot be read ({error}); it is made again", stacklevel=2)
    dataset = make()
    try:
        atomic_create(path, lambda temporary: dataset.to_netcdf(temporary, engine="h5netcdf"))
    except OSError as error:
        warnings.warn(f"the reference is not kept: {error}; set PHYSML_CACHE to a writable folder", stacklevel=2)
    return dataset
