"""A document laid out again where a look at its pages shows what the engine cannot be told beforehand.

Some of its elements get marks, and stand otherwise once the places of the marks are known: see `last_lines` and
`smaller_figures`. What is changed moves what follows, so that it takes rounds until nothing is left to change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.engines.last_lines import Paragraph
from cardpipe.writers.pdf.engines.smaller_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.pdf.engine import Page
    from cardpipe.writers.pdf.finish import Place

MARK: Final = "second-look-"
"""How the names of the marks begin."""
_ARTICLE: Final = re.compile("(?=<article )")
_PARAGRAPH: Final = r'<p class="parted">.*?</p>'
_FIGURE: Final = r'<figure class="figure (?:drawn|media)"><img (?:[^<>"]|"[^"]*")*>.*?</figure>'
_LOOKED_AT: Final = (
    ('<article class="card long" ', re.compile(f"({_PARAGRAPH}|{_FIGURE})", re.DOTALL)),
    # Any answer of a quiz may be parted, so that looking at the figures of all would cost more than half of its time.
    ('<article class="card solve"', re.compile(f"({_PARAGRAPH})", re.DOTALL)),
)
"""How cards begin that may be parted, and which of their elements are looked at."""
_ROUNDS: Final = 16
"""Each settles at least one more element at the end of a page, mostly those of several pages; two are the rule."""


class SecondLook:
    """A document in which elements change until nothing on its pages asks for it."""

    def __init__(self, document: str) -> None:
        self._parts: list[str] = []
        """What stands before each element, and behind the last one."""
        self._elements: list[Paragraph | Figure] = []
        text = ""
        for article in _ARTICLE.split(document):
            element_of = next((pattern for start, pattern in _LOOKED_AT if article.startswith(start)), None)
            first, *others = element_of.split(article) if element_of is not None else [article]
            text += first
            for element, after in zip(others[::2], others[1::2], strict=True):
                name = f"{MARK}{len(self._elements)}"
                self._elements.append((Paragraph if element.startswith("<p ") else Figure)(name, element))
                self._parts.append(text)
                text = after
        self._parts.append(text)
        self._settled = 0
        """How many elements stand where they will stand, since nothing before them changes."""

    @property
    def rounds(self) -> range:
        """Those in which the document is to be laid out at most."""
        return range(_ROUNDS if self._elements else 0)

    def document(self) -> str:
        """The document as it is to be laid out now."""
        made = [part for both in zip(self._parts, map(str, self._elements), strict=False) for part in both]
        return "".join([*made, self._parts[-1]])

    def settled(self, places: Mapping[str, Place], page: Page) -> bool:
        """Whether all is well where the marks stand; if not, the document is another now."""
        changed = [number for number, element in enumerate(self._elements) if element.look(places, page)]
        self._settled = min(changed, default=len(self._elements))
        return not changed

    def give_up(self) -> None:
        """Leave what has not settled as it was written: a change in a wrong place would be worse than none."""
        for element in self._elements[self._settled :]:
            element.leave()
