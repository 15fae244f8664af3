"""The deck as one HTML document: title and facts, contents, cards in groups, index of tags.

The HTML writer fills it for the screen and the PDF writer for paper; they differ in how an asset is addressed, in
style, in the self-test switch, and in the page numbers that only paper has. Its HTML is in `writers/templates/page/`.
"""

from __future__ import annotations

import copy
import enum
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.languages import direction
from cardpipe.writers.page.breaking import LONG, ROOM
from cardpipe.writers.page.grouping import group_cards, out_of_order, used_tags
from cardpipe.writers.page.parts import CardParts
from cardpipe.writers.templating import finished, pieces, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self

    from markupsafe import Markup

    from cardpipe.model.deck import Edition
    from cardpipe.writers.api import RenderedCard, RenderedDeck
    from cardpipe.writers.page.grouping import Group, TagUse
    from cardpipe.writers.page.opening import Opening

_TEMPLATE: Final = "page/document.html"
CONTENTS_ANCHOR = "contents"
TAGS_ANCHOR = "tags"
IDS_ANCHOR = "ids"
_MARKS_TOP = 9.0
"""Millimetres from the top of a card to its marks on paper, as the style sheet has it."""
_ONE_PAGE = 34
"""Cards whose contents fit on a page in one column; those of more stand in two."""
_WIDE = 0.83
"""Share of the text's width on A4 that has room for two columns of contents."""
_BRIEF = 15
"""Groups whose contents stand below the deck's facts, on the same page."""
_MANY_TAGS = 40
"""More tags are counted, not listed, among the deck's facts; on paper each has one line in the index."""


class Contents(enum.Enum):
    """What a table of contents lists."""

    FULL = "full"
    """Groups and cards."""
    GROUPS = "groups"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSetting:
    """How one document is set."""

    group: str
    """By what cards are grouped: a value of `GROUP_OPTION`."""
    address: Callable[[str], str]
    """What to write as the `src` of an asset; raises RenderError for an unknown name."""
    style: str
    head: Markup | str = ""
    """More elements for the head."""
    interactive: bool = False
    """With the skip link and the self-test switch."""
    paper: bool = False
    """For a medium with pages."""
    width: float = 1.0
    """Width of the text as a share of that on A4, where the medium has pages."""
    marks: float = 0.0
    """Width of the margin in millimetres that tags hang in; 0 where they stand above the text."""
    code: float = 0.0
    """Width of the text in letters of code, where the medium has pages."""
    edges: bool = False
    """With anchors to measure the cards by: `edge-ID` above each card, `asked-ID` below its question, `answered-ID`
    below its answer, and `edge-end` below the last card. That above a group's first card is above the group's heading.
    """
    side_by_side: int = 1
    """How many pages of the document stand side by side on one that has a number."""
    contents: Contents = Contents.FULL
    """What the table of contents lists."""
    openings: Mapping[str, Opening] = field(default_factory=dict)
    """By ID, how cards begin that may go on on another page; all others are kept whole."""


def stylesheet(name: str) -> str:
    """One of the style sheets beside this module: `common`, `screen` or `print`."""
    return resources.files(__package__).joinpath(f"{name}.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Slice:
    """Some cards of a group that follow each other; the group's heading stands above its first card."""

    group: Group
    start: int
    stop: int

    @property
    def cards(self) -> Sequence[RenderedCard]:
        """The cards."""
        return self.group.cards[self.start : self.stop]


def document(deck: RenderedDeck, setting: PageSetting) -> Iterator[str]:
    """The whole HTML document in pieces, of which one holds a card at most."""
    return DeckDocument(deck, setting).in_pieces()


def edition_title(edition: Edition) -> str:
    """What an edition is called."""
    return edition.title.text if edition.title is not None else edition.name.text


class DeckDocument:
    """A deck as one HTML document, or as several: what comes before the cards, slices of the cards, the index."""

    def __init__(self, deck: RenderedDeck, setting: PageSetting) -> None:
        self.deck = deck
        self.setting = setting
        self.groups = group_cards(deck, setting.group)
        self.tags = used_tags(deck)
        self.many_tags = len(self.tags) > _MANY_TAGS
        helps = self.many_tags and setting.paper
        self.indexed = [tag for tag in self.tags if not helps or 1 < len(tag.cards) < len(deck.cards)]
        """The tags of the index: of many on paper, those that lead to several cards and not to all."""
        # A screen has a search for that.
        self.ids = out_of_order(self.groups, setting.group) if setting.paper else ()
        self.numbers: Mapping[str, str] = {}
        """Page numbers by anchor."""
        self.parts = CardParts(
            address=setting.address,
            present=frozenset(card.id for card in deck.cards),
            page=direction(deck.settings.language.text),
            room=ROOM * setting.width if setting.paper else None,
            code=setting.code,
            margin=setting.marks,
            marks_top=_MARKS_TOP,
        )
        self.anchors = None if setting.paper else {tag.name: tag.anchor for tag in self.indexed}
        """What tags lead to; on paper, where not every tag is in the index, nothing."""
        # Two columns of short lines need room side by side.
        self.is_wide = setting.paper and setting.side_by_side == 1 and setting.width >= _WIDE
        self.in_pairs = self.is_wide and setting.contents is Contents.FULL and len(deck.cards) > _ONE_PAGE
        self.lists_groups = setting.contents is Contents.GROUPS
        self.is_brief = self.lists_groups and len(self.groups) <= _BRIEF
        self.has_contents = bool(self.groups) and setting.contents is not Contents.NONE

    def numbered(self, numbers: Mapping[str, str]) -> Self:
        """The same with page numbers by anchor."""
        made = copy.copy(self)
        wide = self.setting.side_by_side
        made.numbers = {name: str((int(number) - 1) // wide + 1) for name, number in numbers.items()}
        return made

    def whole(self) -> str:
        """The whole HTML document."""
        return "".join(self.in_pieces())

    def in_pieces(self) -> Iterator[str]:
        """The whole HTML document, one piece after another: all at once takes several times its size."""
        every = [Slice(group, 0, len(group.cards)) for group in self.groups]
        values = self._values(title=True, listed=every, slices=every, tags=self.indexed, ids=self.ids)
        return pieces(_TEMPLATE, **values)

    def front(self, slices: Sequence[Slice], *, first: bool, last: bool) -> str:
        """The document with the contents of some of the cards, below title and facts where it is the first."""
        return self._page(title=first, listed=slices, first=first, last=last)

    def cards(self, slices: Sequence[Slice]) -> str:
        """The document with some of the cards."""
        return self._page(slices=slices)

    def back(self, tags: Sequence[TagUse], *, first: bool, last: bool) -> str:
        """The document with the index of some of the tags, above that of the IDs where it is the last."""
        return self._page(tags=tags, first=first, ids=self.ids if last else ())

    @property
    def has_back(self) -> bool:
        """Whether there is an index."""
        return bool(self.indexed or self.ids)

    @property
    def edition(self) -> str:
        """What the deck's edition is called; empty without one."""
        edition = self.deck.settings.edition
        return "" if edition is None else edition_title(edition)

    def first_cards(self, tag: TagUse) -> Mapping[str, str]:
        """The pages of a tag's cards, each with the anchor of its first card."""
        first: dict[str, str] = {}
        for card in tag.cards:
            anchor = f"card-{card.id}"
            first.setdefault(self.numbers.get(anchor, ""), anchor)
        return first

    def _page(self, **content: Any) -> str:
        return render(_TEMPLATE, **self._values(**content))

    def _values(
        self,
        *,
        title: bool = False,
        listed: Sequence[Slice] | None = None,
        slices: Sequence[Slice] | None = None,
        tags: Sequence[TagUse] = (),
        ids: Sequence[RenderedCard] = (),
        first: bool = True,
        last: bool = True,
    ) -> Mapping[str, object]:
        """What the template prints."""
        return {
            "page": self,
            "deck": self.deck,
            "about": self.deck.settings,
            "parts": self.parts,
            "setting": self.setting,
            "edges": self.setting.edges,
            "style": self._style(),
            "longest": int(LONG * self.setting.width),
            "title": title,
            "listed": listed,
            "slices": slices,
            "tags": tags,
            "ids": ids,
            "first": first,
            "last": last,
        }

    def _style(self) -> Markup:
        night = self.deck.code_style_dark if self.setting.interactive else ""
        dark = f"@media screen and (prefers-color-scheme: dark) {{\n{night}}}\n" if night else ""
        return finished(f"{self.deck.math_style}{self.deck.code_style}{dark}{self.setting.style}")
