"""The history of a run: one JSON object a logged step."""

import json
from pathlib import Path
from typing import Any

from physml.numerics.files import atomic_write
from physml.train.step import Step

NAME = "history.jsonl"


class History:
    """Logged steps, in memory and appended to ``history.jsonl``.

    Args:
        folder: of the run; None keeps them in memory only.
    """

    def __init__(self, folder: Path | None) -> None:
        self.path = folder / NAME if folder else None
        self.rows: list[dict[str, Any]] = []
        self._file = None

    def truncate(self, count: int) -> None:
        """Keep the first ``count`` steps of the file and append after them."""
        if self.path is None:
            return
        lines = self.path.read_text().splitlines()[:count] if self.path.exists() else []
        self.rows = [json.loads(line) for line in lines]
        atomic_write(self.path, "".join(line + "\n" for line in lines).encode())
        self._file = self.path.open("a", buffering=1)

    def append(self, number: int, seconds: float, step: Step) -> None:
        row = {
            "step": number,
            "stage": step.stage,
            "seconds": round(seconds, 3),
            "losses": dict(step.losses),
            "values": dict(step.values),
        }
        self.rows.append(row)
        if self._file:
            self._file.write(json.dumps(row) + "\n")

    def close(self) -> None:
        if self._file:
            self._file.close()
