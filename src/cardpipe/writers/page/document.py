"""The deck as one HTML document: title and facts, contents, cards in groups, index of tags.

The HTML writer uses it for the screen and the PDF writer for paper. They differ in addresses of assets, style, the
self-test switch, and page numbers. The HTML is in `writers/templates/page/`.
"""

from __future__ import annotations

import copy
import enum
import functools
import itertools
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from cardpipe.writers.api import as_text, recalled
from cardpipe.writers.page.breaking import LONG, ROOM, breakable
from cardpipe.writers.page.grouping import group_cards, out_of_order, used_tags
from cardpipe.writers.page.math_fonts import PagePart
from cardpipe.writers.page.parts import CardParts
from cardpipe.writers.templating import finished, pieces, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self

    from markupsafe import Markup

    from cardpipe.model.deck import Edition
    from cardpipe.writers.api import Memory, RenderedCard, RenderedDeck
    from cardpipe.writers.page.grouping import Group, TagUse
    from cardpipe.writers.page.opening import Opening

_TEMPLATE: Final = "page/document.html"
CONTENTS_ANCHOR = "contents"
TAGS_ANCHOR = "tags"
IDS_ANCHOR = "ids"
_MARKS_TOP = 9.0
"""Millimetres from the top of a card to its labels on paper, as in the style sheet."""
_ONE_PAGE = 34
"""The maximum number of cards in contents of one column; more are in two."""
_WIDE = 0.83
"""The minimum width of the text relative to A4 for two columns of contents."""
_BRIEF = 15
"""The maximum number of groups for contents on the same page as the deck's facts."""
_BATCH: Final = 20
"""Cards for the screen that are cached together."""
_MANY_TAGS = 40
"""More tags are only counted in the deck's facts; on paper, each then takes one line in the index."""


class Contents(enum.Enum):
    """The entries of a table of contents."""

    FULL = "full"
    """Groups and cards."""
    GROUPS = "groups"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSetting:
    """The settings of a document."""

    group: str
    """The grouping of cards: a value of `GROUP_OPTION`."""
    address: Callable[[str], str]
    """Returns the `src` of an asset; raises RenderError for an unknown name."""
    style: str
    head: Markup | str = ""
    """More elements for the head."""
    interactive: bool = False
    """Whether it has the skip link and the self-test switch."""
    memory: Memory | None = None
    """Has the HTML of cards for the screen from earlier exports."""
    paper: bool = False
    """Whether the medium has pages."""
    width: float = 1.0
    """Width of the text relative to that on A4, if the medium has pages."""
    marks: float = 0.0
    """Width of the margin in millimetres that contains tags; 0 if they are above the text."""
    code: float = 0.0
    """Width of the text in letters of code, if the medium has pages."""
    edges: bool = False
    """With anchors to measure the cards by: `edge-ID` above each card, `asked-ID` below its question, `answered-ID`
    below its answer, and `edge-end` below the last card. That above a group's first card is above the group's heading.
    """
    side_by_side: int = 1
    """The number of pages of the document per numbered page."""
    contents: Contents = Contents.FULL
    """The entries of the table of contents."""
    openings: Mapping[str, Opening] = field(default_factory=dict)
    """By ID, how cards begin that may be broken; all others are kept whole."""


def stylesheet(name: str) -> str:
    """Return a style sheet in this package: `common`, `texts`, `screen` or `print`."""
    return resources.files(__package__).joinpath(f"{name}.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive cards of a group; the group's heading is above its first card."""

    group: Group
    start: int
    stop: int

    @property
    def cards(self) -> Sequence[RenderedCard]:
        """The cards."""
        return self.group.cards[self.start : self.stop]


def document(deck: RenderedDeck, setting: PageSetting) -> Iterator[str | PagePart]:
    """Return the whole HTML document in pieces, of which one holds a few cards at most."""
    return DeckDocument(deck, setting).in_pieces()


def edition_title(edition: Edition) -> str:
    """Return the title of an edition."""
    return edition.title.text if edition.title is not None else edition.name.text


class DeckDocument:
    """A deck as one HTML document, or as several: front matter, slices of the cards, index."""

    def __init__(self, deck: RenderedDeck, setting: PageSetting) -> None:
        self.deck = deck
        self.setting = setting
        self.groups = group_cards(deck, setting.group)
        self.tags = used_tags(deck)
        self.many_tags = len(self.tags) > _MANY_TAGS
        helps = self.many_tags and setting.paper
        self.indexed = [tag for tag in self.tags if not helps or 1 < len(tag.cards) < len(deck.cards)]
        """The tags of the index: if there are many, on paper only those of several but not all cards."""
        # On a screen one can search.
        self.ids = out_of_order(self.groups, setting.group) if setting.paper else ()
        self._batches: dict[str, PagePart] = {}
        """Batches of cards for the screen, by the marks that stand for them."""
        self._marks = itertools.count(1)
        self._once: dict[tuple[str, str], Markup] = {}
        """Parts of cards on paper that were made for one of two documents, by kind and ID."""
        self.numbers: Mapping[str, str] = {}
        """Page numbers by anchor."""
        self.parts = CardParts(
            address=setting.address,
            present=frozenset(card.id for card in deck.cards),
            language=deck.settings.language.text,
            room=ROOM * setting.width if setting.paper else None,
            code=setting.code,
            margin=setting.marks,
            marks_top=_MARKS_TOP,
        )
        self.anchors = None if setting.paper else {tag.name: tag.anchor for tag in self.indexed}
        """The targets of tags; none on paper if the index does not contain every tag."""
        # Two columns of short lines need enough width.
        self.is_wide = setting.paper and setting.side_by_side == 1 and setting.width >= _WIDE
        self.in_pairs = self.is_wide and setting.contents is Contents.FULL and len(deck.cards) > _ONE_PAGE
        self.lists_groups = setting.contents is Contents.GROUPS
        self.is_brief = self.lists_groups and len(self.groups) <= _BRIEF
        self.longest = int(LONG * setting.width)
        """Characters that always fit on a line."""
        self.has_contents = bool(self.groups) and setting.contents is not Contents.NONE

    def changed(self, **settings: Any) -> Self:
        """Return the same with other values of `edges`, `openings` or `style`; it shares the parts of cards."""
        made = copy.copy(self)
        made.setting = replace(self.setting, **settings)
        return made

    def numbered(self, numbers: Mapping[str, str]) -> Self:
        """Return the same with page numbers by anchor."""
        made = copy.copy(self)
        wide = self.setting.side_by_side
        made.numbers = {name: str((int(number) - 1) // wide + 1) for name, number in numbers.items()}
        return made

    def whole(self) -> str:
        """Return the whole HTML document."""
        return "".join(map(str, self.in_pieces()))

    def in_pieces(self) -> Iterator[str | PagePart]:
        """The whole HTML document, one piece after another: all at once takes several times its size."""
        every = [Slice(group, 0, len(group.cards)) for group in self.groups]
        values = self._values(title=True, listed=every, slices=every, tags=self.indexed, ids=self.ids)
        for piece in pieces(_TEMPLATE, self.deck.settings.language.text, **values):
            yield self._batches.pop(piece, piece)

    def front(self, slices: Sequence[Slice], *, first: bool, last: bool) -> str:
        """Return the document with the contents of some of the cards; the first one has title and facts above them."""
        return self._page(title=first, listed=slices, first=first, last=last)

    def cards(self, slices: Sequence[Slice]) -> str:
        """Return the document with some of the cards."""
        return self._page(slices=slices)

    def back(self, tags: Sequence[TagUse], *, first: bool, last: bool) -> str:
        """Return the document with the index of some of the tags; the last one has the index of IDs below."""
        return self._page(tags=tags, first=first, ids=self.ids if last else ())

    def on_screen(self, cards: Sequence[RenderedCard], written: Callable[[RenderedCard], Markup]) -> Iterator[Markup]:
        """Yield a mark for each batch of cards for the screen, whose HTML is as `written` returns it for each card.

        `in_pieces` replaces it: what a template prints is text, but the HTML of most cards is not needed. No author's
        text contains a comment.
        """
        for start in range(0, len(cards), _BATCH):
            batch = cards[start : start + _BATCH]
            mark = f"<!-- cards {next(self._marks)} -->"
            key = (self._surroundings, *map(as_text, batch), *self._assets_of(batch))
            self._batches[mark] = PagePart(key, functools.partial(_joined, written, batch))
            yield finished(mark)

    def listed(self, kind: str, written: Callable[..., Markup], *arguments: object) -> Markup:
        """Return what `written` returns for lists of all cards; for the screen from the memory, if it has it."""
        if self.setting.paper:
            return written(*arguments)
        groups = [(group.anchor, group.label, group.title, [card.id for card in group.cards]) for group in self.groups]
        tags = [(tag.anchor, tag.name, tag.description, [card.id for card in tag.cards]) for tag in self.indexed]
        titles = [(card.id, card.title.characters) for card in self.deck.cards]
        key = (kind, repr((self._surroundings, self.many_tags, groups, tags, titles)))
        return finished(recalled(self.setting.memory, key, lambda: written(*arguments).encode()).decode())

    def once(self, kind: str, written: Callable[[RenderedCard], Markup], card: RenderedCard) -> Markup:
        """Return what `written` returns for a card on paper, with line breaks in long words.

        It is kept until the second document with the card has it too.

        A card is in two documents: one by which it is measured, and one that is printed.
        """
        key = (kind, card.id)
        if key in self._once:
            return self._once.pop(key)
        made = self._once[key] = finished(breakable(str(written(card)), self.longest))
        return made

    @functools.cached_property
    def _surroundings(self) -> str:
        """Everything outside a card that determines its HTML for the screen, except assets."""
        report = self.deck.settings.report_address("ID")
        present = sorted(card.id for card in self.deck.cards)
        language = self.deck.settings.language.text
        return repr((language, self.parts.page, self.setting.interactive, self.anchors, report, present))

    def _assets_of(self, cards: Sequence[RenderedCard]) -> Iterator[str]:
        for name in sorted({name for card in cards for name in card.assets}):
            asset = self.deck.assets.get(name)
            yield f"{name} {asset.digest} {asset.media_type} {asset.opaque}" if asset is not None else name

    @property
    def has_back(self) -> bool:
        """Return whether there is an index."""
        return bool(self.indexed or self.ids)

    @property
    def edition(self) -> str:
        """Return the title of the deck's edition; empty without one."""
        edition = self.deck.settings.edition
        return "" if edition is None else edition_title(edition)

    def first_cards(self, tag: TagUse) -> Mapping[str, str]:
        """Return the pages of a tag's cards, each with the anchor of its first card."""
        first: dict[str, str] = {}
        for card in tag.cards:
            anchor = f"card-{card.id}"
            first.setdefault(self.numbers.get(anchor, ""), anchor)
        return first

    def _page(self, **content: Any) -> str:
        return render(_TEMPLATE, self.deck.settings.language.text, **self._values(**content))

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
        return finished(f"{self.deck.math_style}{self.deck.code_style}{self.deck.note_style}{dark}{self.setting.style}")


def _joined(written: Callable[[RenderedCard], Markup], cards: Sequence[RenderedCard]) -> str:
    return "".join(map(written, cards))
