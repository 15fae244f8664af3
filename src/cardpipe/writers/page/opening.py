"""How a card begins on paper: kept whole, or as the part of it that must stand together before a page may end."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Through(enum.IntEnum):
    """The last part of a card that must stand together with its title."""

    TITLE = 0
    QUESTION = 1
    ANSWER = 2


@dataclass(frozen=True, slots=True)
class Opening:
    """How a card begins that may go on on another page."""

    through: Through
    height: float
    """Room that its beginning needs on a page, in millimetres."""
