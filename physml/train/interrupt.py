"""Ctrl-C that finishes the step it is in."""

import signal
import threading
from types import FrameType
from typing import Any


class StopRequest:
    """While entered, the first Ctrl-C sets ``requested``; the second one interrupts as usual.

    Outside the main thread signals cannot be caught, and Ctrl-C interrupts as usual.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous: Any = None

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        self._restore()

    def _restore(self) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            self._previous = None

    def __exit__(self, *details: object) -> None:
        self._restore()
