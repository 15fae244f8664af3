"""A PDF that is opened once: the places of its anchors are read before it is slimmed."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pikepdf


@functools.lru_cache(maxsize=1)
def opened(data: bytes) -> pikepdf.Pdf:
    """Return the PDF of some bytes, which stays open until another one is opened, or until `forget`.

    Who changes it must forget it.
    """
    import pikepdf

    return pikepdf.open(io.BytesIO(data))


def forget() -> None:
    """Let go of the PDF, so that the same bytes are read again."""
    opened.cache_clear()
