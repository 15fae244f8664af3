"""Code in Markdown, between more backticks than it contains."""

from __future__ import annotations

import re


def fence_of(text: str, least: int = 3) -> str:
    """Return at least so many backticks that no part of the text ends code between them."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def code_span(text: str) -> str:
    """Return a text of one line as a code span."""
    fence = fence_of(text, 1)
    inner = f" {text} " if "`" in text else text
    return f"{fence}{inner}{fence}"
