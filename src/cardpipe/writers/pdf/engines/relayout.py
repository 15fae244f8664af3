"""Repeated layout of a document, with corrections that depend on the resulting pages.

Long paragraphs get marks, and are changed according to the positions of the marks: see `widows`. Each change moves
the following text, so this is repeated until nothing changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.writers.page.breaking import articles
from cardpipe.writers.pdf.engines.widows import Paragraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.engine import Page

MARK: Final = "second-look-"
"""The prefix of the names of marks."""
_PARAGRAPH: Final = re.compile(r'(<p class="parted">.*?</p>)', re.DOTALL)
_MAY_BE_PARTED: Final = '<article class="card long'
"""The beginning of cards that may be broken."""
_ROUNDS: Final = 16
"""Each round settles at least one paragraph, usually those of several pages; two rounds are usual."""
_MOST: Final = 2_500_000
"""The maximum number of characters laid out in all rounds: 16 rounds of a document of 50 long pages, two of any."""


class Relayout:
    """A document whose paragraphs are changed until its page breaks need no correction."""

    def __init__(self, document: str) -> None:
        self._parts: list[str] = []
        """The text before each paragraph, and after the last one."""
        self._paragraphs: list[Paragraph] = []
        text = ""
        for article in articles(document):
            first, *others = _PARAGRAPH.split(article) if article.startswith(_MAY_BE_PARTED) else [article]
            text += first
            for paragraph, after in zip(others[::2], others[1::2], strict=True):
                self._paragraphs.append(Paragraph(f"{MARK}{len(self._paragraphs)}", paragraph))
                self._parts.append(text)
                text = after
        self._parts.append(text)
        self._settled = 0
        """The number of paragraphs that are final, since nothing before them changes."""

    @property
    def rounds(self) -> range:
        """Return the maximum number of layouts of the document."""
        length = sum(map(len, self._parts)) + sum(len(str(paragraph)) for paragraph in self._paragraphs)
        return range(max(2, min(_ROUNDS, _MOST // max(1, length))) if self._paragraphs else 0)

    def document(self) -> str:
        """Return the document for the next layout."""
        made = [part for both in zip(self._parts, map(str, self._paragraphs), strict=False) for part in both]
        return "".join([*made, self._parts[-1]])

    def settled(self, places: Mapping[str, Place], page: Page) -> bool:
        """Return whether the positions of the marks need no correction; otherwise the document has changed."""
        changed = [number for number, paragraph in enumerate(self._paragraphs) if paragraph.update(places, page)]
        self._settled = min(changed, default=len(self._paragraphs))
        return not changed

    def give_up(self) -> None:
        """Restore unsettled paragraphs: a correction in the wrong place would be worse than none."""
        for paragraph in self._paragraphs[self._settled :]:
            paragraph.restore()
