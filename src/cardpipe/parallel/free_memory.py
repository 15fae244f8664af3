"""Returning of freed memory to the system."""

from __future__ import annotations

import contextlib
import ctypes


def return_free_memory() -> None:
    """Return the memory that C libraries have freed to the system.

    glibc does so by itself only for what lies at the end of its heap.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another library, another system
        ctypes.CDLL(None).malloc_trim(0)
