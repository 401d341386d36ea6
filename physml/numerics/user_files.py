"""Data files that a user has to get: where they are looked for, and what is said if they are not there."""

import os
from pathlib import Path

from physml.numerics.cache import cache_folder


def data_folder() -> Path:
    """``$PHYSML_DATA``, else ``data`` in physml's cache folder."""
    return Path(os.environ["PHYSML_DATA"]) if "PHYSML_DATA" in os.environ else cache_folder() / "data"


def user_file(name: str, source: str) -> Path:
    """A data file that is not physml's to pass on.

    Args:
        name: of the file.
        source: where to get it, in words.

    Raises:
        FileNotFoundError: it is not in :func:`data_folder`; with its name, its source, and where to put it.
    """
    folder = data_folder()
    if not (folder / name).is_file():
        shown = Path("~") / folder.relative_to(Path.home()) if folder.is_relative_to(Path.home()) else folder
        raise FileNotFoundError(
            f"the file {name} is not here; get it from {source} and put it into {shown}, or set PHYSML_DATA to the "
            "folder that it is in"
        )
    return folder / name
