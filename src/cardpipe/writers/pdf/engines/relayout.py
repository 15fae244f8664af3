"""Repeated layout of a document, with corrections that depend on the resulting pages.

Long paragraphs get marks, and stand otherwise once the places of the marks are known: see `last_lines`. What is
changed moves what follows, so that it takes rounds until nothing is left to change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.engines.last_lines import Paragraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.engine import Page

MARK: Final = "second-look-"
"""How the names of the marks begin."""
_ARTICLE: Final = re.compile("(?=<article )")
_PARAGRAPH: Final = re.compile(r'(<p class="parted">.*?</p>)', re.DOTALL)
_MAY_BE_PARTED: Final = '<article class="card long'
"""How cards begin that may be parted."""
_ROUNDS: Final = 16
"""Each settles at least one more paragraph at the end of a page, mostly those of several pages; two are the rule."""
_MOST: Final = 2_500_000
"""Characters that are laid out in all rounds together: 16 rounds of a document of 50 long pages, two of any."""


class Relayout:
    """A document in which paragraphs change until nothing on its pages asks for it."""

    def __init__(self, document: str) -> None:
        self._parts: list[str] = []
        """What stands before each paragraph, and behind the last one."""
        self._paragraphs: list[Paragraph] = []
        text = ""
        for article in _ARTICLE.split(document):
            first, *others = _PARAGRAPH.split(article) if article.startswith(_MAY_BE_PARTED) else [article]
            text += first
            for paragraph, after in zip(others[::2], others[1::2], strict=True):
                self._paragraphs.append(Paragraph(f"{MARK}{len(self._paragraphs)}", paragraph))
                self._parts.append(text)
                text = after
        self._parts.append(text)
        self._settled = 0
        """How many paragraphs stand where they will stand, since nothing before them changes."""

    @property
    def rounds(self) -> range:
        """Those in which the document is to be laid out at most."""
        length = sum(map(len, self._parts)) + sum(len(str(paragraph)) for paragraph in self._paragraphs)
        return range(max(2, min(_ROUNDS, _MOST // max(1, length))) if self._paragraphs else 0)

    def document(self) -> str:
        """Return the document for the next layout."""
        made = [part for both in zip(self._parts, map(str, self._paragraphs), strict=False) for part in both]
        return "".join([*made, self._parts[-1]])

    def settled(self, places: Mapping[str, Place], page: Page) -> bool:
        """Whether all is well where the marks stand; if not, the document is another now."""
        changed = [number for number, paragraph in enumerate(self._paragraphs) if paragraph.look(places, page)]
        self._settled = min(changed, default=len(self._paragraphs))
        return not changed

    def give_up(self) -> None:
        """Leave what has not settled as it was written: a change in a wrong place would be worse than none."""
        for paragraph in self._paragraphs[self._settled :]:
            paragraph.leave()
