"""Memory that is used again, instead of going back to the system after every step."""

import ctypes
import sys
from functools import cache

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # numbers of mallopt(3)
_NEVER = 2**31 - 1


@cache
def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, for its next allocations.

    The C library hands large blocks back to the system when they are freed, which fills the next ones with zeros, page
    by page: up to half of a step on small networks. What a process holds is then the most that it ever needed.
    Training and ``physml bench`` call this; scripts that go around them can do so, too.

    Returns:
        Whether the C library is one that can do this (glibc).

    Example:
        >>> keep_freed_memory() in (True, False)
        True
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, _NEVER))
