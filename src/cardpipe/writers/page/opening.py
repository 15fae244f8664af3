"""How a card begins on paper: kept whole, or as the part of it that must stand together before a page may end."""

from __future__ import annotations

import enum
import html
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A card as an element of its own, from its parts as HTML."""

    title: str
    question: str = ""
    answer: str = ""
    back: str = ""
    kind: str = ""
    """More classes."""
    attributes: str = ""
    marks: float = 0.0
    """How far below its upper edge the marks reach that hang beside it, in millimetres."""

    def element(self, opening: Opening | None) -> str:
        """The element; without an opening the style sheets keep it whole.

        What hangs in the margin takes no room: without a least height it would run into the next card.
        """
        least = f' style="min-height: {self.marks:.1f}mm"' if self.marks else ""
        through = Through.ANSWER if opening is None else opening.through
        kept, rest = self.title, ""
        for part, text in ((Through.QUESTION, self.question), (Through.ANSWER, self.answer)):
            if part <= through:
                kept += text
            else:
                rest += text
        long, held = ("", "") if opening is None else (" long", hold(max(opening.height, self.marks)))
        kind = f"card{long}{' ' if self.kind else ''}{self.kind}"
        return (
            f'<article class="{kind}"{self.attributes}{least}>\n{held}<div class="keep">\n{kept}</div>\n'
            f'{rest}<div class="back">\n{self.back}</div>\n</article>\n'
        )


def hold(height: float) -> str:
    """An element that takes no room, and lets what follows begin a page where so many millimetres would leave this one.

    An engine that breaks no page inside an element when told so may break after a heading whatever it is told.
    """
    return f'<div class="hold" style="height: {height:.1f}mm; margin-bottom: -{height:.1f}mm"></div>'


def edge(name: str, kind: str = "edge") -> str:
    """An anchor `KIND-NAME` to measure a document by; any but an `edge` lets margins meet as if it were not there."""
    anchor = f"{kind}-{html.escape(name)}"
    style = "" if kind == "edge" else ' style="position: absolute; width: 1px"'
    # Only what is linked to becomes a destination, so the anchor links to itself.
    return f'<a class="edge" id="{anchor}" href="#{anchor}"{style}></a>'
