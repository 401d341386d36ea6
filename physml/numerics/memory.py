"""Memory that is used again, instead of going back to the system after every step."""

import ctypes
import sys
from functools import cache

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3)
_HUGE_PAGES = 14  # of madvise(2)
_NEVER = 2**31 - 1
_PAGE, _RESERVED = 2**12, 2**30


@cache
def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, for its next allocations, in large pages.

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
    library = ctypes.CDLL(None)
    if not (hasattr(library, "mallopt") and library.mallopt(_MMAP_MAX, 0) and library.mallopt(_TRIM_THRESHOLD, _NEVER)):
        return False
    _use_huge_pages(library)
    return True


def _use_huge_pages(library: ctypes.CDLL) -> None:
    """Of the first GiB: it is taken, marked, and freed untouched, so that it takes no memory yet."""
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    block = library.malloc(_RESERVED)
    if block:
        library.madvise(block + -block % _PAGE, _RESERVED - _PAGE, _HUGE_PAGES)
        library.free(block)
