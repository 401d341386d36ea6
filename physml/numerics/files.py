"""Files that a crash leaves either as they were or as they should be."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old content or the new one, never a part."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    atomic_create(path, write)


def atomic_create(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make a temporary file beside ``path``, then put it in place at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
