"""Numbers of things in messages."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number with a noun that has a regular plural: “1 row”, “2 rows”."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
