"""The beginning of a card on paper: kept whole, or the part of it that must be kept together."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Through(enum.IntEnum):
    """The last part of a card that must be kept together with its title."""

    TITLE = 0
    QUESTION = 1
    ANSWER = 2


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a card that may be broken."""

    through: Through
    height: float
    """The space that its beginning needs on a page, in millimetres."""
