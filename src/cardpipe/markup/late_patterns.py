"""Regular expressions that few texts need and that take milliseconds to compile: large sets of characters."""

from __future__ import annotations

import functools
import re


@functools.cache
def compiled(expression: str) -> re.Pattern[str]:
    """Compile an expression at its first use; flags are a part of it, as in `(?s:.)`."""
    return re.compile(expression)
