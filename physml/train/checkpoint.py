"""Checkpoints: written atomically, read without pickle."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from physml.numerics.files import atomic_write

NAME = "checkpoint.pt"


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write a state of tensors, numbers, strings, lists and dicts; a crash leaves the old file or the new one."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    atomic_write(folder / NAME, buffer.getvalue())


def load_checkpoint(folder: Path) -> dict[str, Any]:
    """Read the checkpoint of a run folder.

    Raises:
        FileNotFoundError: the folder has none.
        ValueError: it is damaged.
    """
    path = folder / NAME
    if not path.exists():
        raise FileNotFoundError(f"{folder} has no {NAME}; expected the folder of a run that was started with --output")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} is damaged; start the run again in a new folder") from error
