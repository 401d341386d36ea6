"""The passport of a number: versions, commit, machine, time."""

import datetime
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = ("physml", "torch", "numpy", "scipy", "xarray")


def provenance(device: torch.device, dtype: torch.dtype, wall_time: float) -> dict[str, Any]:
    """What a later reader needs to know of where a number came from; ``wall_time`` in seconds."""
    return {
        "written": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "wall_time_s": round(wall_time, 1),
        "commit": commit(),
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "precision": str(dtype).removeprefix("torch."),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in _PACKAGES},
    }


def commit() -> str:
    """The commit of the checkout that physml runs from, with ``+changes`` if it is not clean; empty elsewhere."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return ""
    head = _git(root, "rev-parse", "--short=12", "HEAD")
    return head + "+changes" if head and _git(root, "status", "--porcelain", "physml", "problems") else head


def device_name(device: torch.device) -> str:
    """Such as ``cpu: Intel Xeon ..., 2 cores``."""
    if device.type == "cuda":
        return f"cuda: {torch.cuda.get_device_name(device)}"
    return f"{device.type}: {_processor()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0]}, {len(models)} cores" if models else platform.processor() or platform.machine()


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
