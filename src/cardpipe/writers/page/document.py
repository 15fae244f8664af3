"""The deck as one HTML document: title and facts, contents, cards in groups, index of tags.

The HTML writer fills it for the screen and the PDF writer for paper; they differ in how an asset is addressed, in
style, in the self-test switch, and in the page numbers that only paper has.
"""

from __future__ import annotations

import copy
import enum
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING

from cardpipe.model.languages import direction
from cardpipe.text.escaping import PlainText, html_text
from cardpipe.writers.page.breaking import LONG, ROOM, breakable
from cardpipe.writers.page.fragment import keep_end
from cardpipe.writers.page.grouping import group_cards, out_of_order, used_tags
from cardpipe.writers.page.opening import Article, edge, hold
from cardpipe.writers.page.parts import CardParts, marks_height

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from cardpipe.model.deck import Edition
    from cardpipe.writers.api import RenderedCard, RenderedDeck
    from cardpipe.writers.page.grouping import Group, TagUse
    from cardpipe.writers.page.opening import Opening

CONTENTS_ANCHOR = "contents"
TAGS_ANCHOR = "tags"
IDS_ANCHOR = "ids"
_MARKS_TOP = 9.0
"""Millimetres from the top of a card to its marks on paper, as the style sheet has it."""
_ONE_PAGE = 34
"""Cards whose contents fit on a page in one column; those of more stand in two."""
_WIDE = 0.83
"""Share of the text's width on A4 that has room for two columns of contents."""
_PAIR = 8
"""Lines of a pair of columns: what a page has no room for leaves a gap of no more at its foot."""
_PAIR_HEIGHT, _LINES_HEIGHT = 52.0, 16.0
"""Millimetres of a heading with the pair of columns, or the two lines, that stand below it."""
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
    head: str = ""
    """More elements for the head, as HTML."""
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


def document(deck: RenderedDeck, setting: PageSetting) -> str:
    """The whole HTML document."""
    return DeckDocument(deck, setting).whole()


def edition_title(edition: Edition) -> str:
    """What an edition is called."""
    return edition.title.text if edition.title is not None else edition.name.text


def plural(count: int, word: str) -> str:
    """A count with its word: `1 card`, `10 cards`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _text(value: object) -> str:
    return html_text(value if isinstance(value, PlainText) else str(value))


class DeckDocument:
    """A deck as one HTML document, or as several: what comes before the cards, slices of the cards, the index."""

    def __init__(self, deck: RenderedDeck, setting: PageSetting) -> None:
        self.deck = deck
        self.setting = setting
        self.groups = group_cards(deck, setting.group)
        self.tags = used_tags(deck)
        self._many_tags = len(self.tags) > _MANY_TAGS
        helps = self._many_tags and setting.paper
        self.indexed = [tag for tag in self.tags if not helps or 1 < len(tag.cards) < len(deck.cards)]
        """The tags of the index: of many on paper, those that lead to several cards and not to all."""
        # A screen has a search for that.
        self.ids = out_of_order(self.groups, setting.group) if setting.paper else ()
        self._numbers: Mapping[str, str] = {}
        room = ROOM * setting.width if setting.paper else None
        present = frozenset(card.id for card in deck.cards)
        page = direction(deck.deck.language.text)
        self.parts = CardParts(address=setting.address, present=present, page=page, room=room, code=setting.code)
        self._anchors = None if setting.paper else {tag.name: tag.anchor for tag in self.indexed}
        """What tags lead to; on paper, where not every tag is in the index, nothing."""

    def numbered(self, numbers: Mapping[str, str]) -> Self:
        """The same with page numbers by anchor."""
        made = copy.copy(self)
        wide = self.setting.side_by_side
        made._numbers = {name: str((int(number) - 1) // wide + 1) for name, number in numbers.items()}
        return made

    def whole(self) -> str:
        """The whole HTML document."""
        every = [Slice(group, 0, len(group.cards)) for group in self.groups]
        front = f"{self._title()}{self._contents(every)}"
        return self._page(f"{front}{self._cards(every)}{self._tag_index(self.indexed)}{self._id_index()}")

    def front(self, slices: Sequence[Slice], *, first: bool, last: bool) -> str:
        """The document with the contents of some of the cards, below title and facts where it is the first."""
        return self._page(f"{self._title() if first else ''}{self._contents(slices, first=first, last=last)}")

    def cards(self, slices: Sequence[Slice]) -> str:
        """The document with some of the cards."""
        return self._page(self._cards(slices))

    def back(self, tags: Sequence[TagUse], *, first: bool, last: bool) -> str:
        """The document with the index of some of the tags, above that of the IDs where it is the last."""
        return self._page(f"{self._tag_index(tags, first=first)}{self._id_index() if last else ''}")

    @property
    def has_back(self) -> bool:
        """Whether there is an index."""
        return bool(self.indexed or self.ids)

    def _cards(self, slices: Sequence[Slice]) -> str:
        cards = "".join(map(self._group, slices)) or NO_CARDS
        return f'<main id="cards">\n{cards}{self._edge("end")}</main>\n'

    def _page(self, body: str) -> str:
        setting = self.setting
        # The self-test switch stands before everything that it governs, so that CSS alone can obey it.
        controls = _SKIP_LINK + (_SELF_TEST if self.deck.cards else "") if setting.interactive else ""
        if setting.paper:
            body = breakable(body, int(LONG * setting.width))
        language = self.deck.deck.language.text
        root = f'<html lang="{_text(language)}" dir="{direction(language)}">'
        return (
            f'<!DOCTYPE html>\n{root}\n<head>\n<meta charset="utf-8">\n'
            f"{setting.head}<title>{_text(self.deck.deck.name)}</title>\n"
            # What the renderer asks for comes first, so that the page can say otherwise for paper.
            f"<style>\n{self._rendered_style()}{setting.style}</style>\n</head>\n<body>\n{controls}{body}</body>\n</html>\n"
        )

    def _rendered_style(self) -> str:
        night = self.deck.code_style_dark if self.setting.interactive else ""
        dark = f"@media screen and (prefers-color-scheme: dark) {{\n{night}}}\n" if night else ""
        return f"{self.deck.math_style}{self.deck.code_style}{dark}"

    def _title(self) -> str:
        deck = self.deck.deck
        facts = [("Cards", _text(len(self.deck.cards)))]
        if deck.edition is not None:
            facts.insert(0, ("Edition", self.parts.name(edition_title(deck.edition))))
        if deck.authors:
            names = ", ".join(self.parts.name(author.text) for author in deck.authors)
            facts.append(("Authors" if len(deck.authors) > 1 else "Author", names))
        if deck.licence is not None:
            facts.append(("Licence", self.parts.name(deck.licence.text)))
        facts.append(("Language", _text(deck.language)))
        if deck.homepage is not None:
            address = deck.web_address
            link = f'<a href="{_text(address)}">{_text(address)}</a>' if address is not None else _text(deck.homepage)
            facts.append(("Home page", link))
        if self._many_tags:
            index = f' <a href="#{TAGS_ANCHOR}">Cards by tag</a>' if self.indexed else ""
            facts.append(("Tags", f"{len(self.tags)}{index}"))
        elif self.tags:
            facts.append(("Tags", "".join(map(self._tag_fact, self.tags))))
        rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in facts)
        return (
            f'<header class="title">\n<h1>{self.parts.name(deck.name.text)}</h1>\n'
            f'<div class="description">{self.parts.fragment(self.deck.description, heading=2)}</div>\n'
            f'<dl class="facts">\n{rows}</dl>\n</header>\n'
        )

    def _tag_fact(self, tag: TagUse) -> str:
        name = f"<b>{self.parts.name(tag.name)}</b>"
        if self._anchors is not None:
            name = f'<a href="#{_text(tag.anchor)}">{name}</a>'
        words = f" {self.parts.name(tag.description)}" if tag.description else ""
        count = plural(len(tag.cards), "card")
        return f'<div>{name}{words} <span class="count">{self.parts.name(count)}</span></div>'

    def _contents(self, slices: Sequence[Slice], *, first: bool = True, last: bool = True) -> str:
        if not self.groups or self.setting.contents is Contents.NONE:
            return ""
        parts = [self._listed(part) for part in slices]
        if last and self.indexed:
            parts.append(f'<li class="part">{self._entry(TAGS_ANCHOR, "", "Cards by tag")}</li>\n')
        if last and self.ids:
            parts.append(f'<li class="part">{self._entry(IDS_ANCHOR, "", "Cards by ID")}</li>\n')
        heading = self._heading(CONTENTS_ANCHOR, "Contents") if first else ""
        label = f' aria-labelledby="{CONTENTS_ANCHOR}"' if first else ""
        kind = " compact" if self._in_pairs else ""
        kind += " brief" if self.setting.contents is Contents.GROUPS and len(self.groups) <= _BRIEF else ""
        return f'<nav class="contents{kind}"{label}>\n{heading}<ol>\n{"".join(parts)}</ol>\n</nav>\n'

    def _listed(self, part: Slice) -> str:
        group = part.group
        if self.setting.contents is Contents.GROUPS:
            title = self._entry(group.anchor, "", group.title, plural(len(group.cards), "card"))
            return f'<li class="part">{title}</li>\n' if part.start == 0 else ""
        entries = [f"<li>{self._entry(f'card-{card.id}', card.id, card.title)}</li>\n" for card in part.cards]
        title = self._entry(group.anchor, "", group.title) if part.start == 0 else ""
        lists = f"<ol>\n{''.join(entries)}</ol>"
        if self._in_pairs:
            lists = in_pairs(entries)
        held = hold(_PAIR_HEIGHT if self._in_pairs else _LINES_HEIGHT) if title and self.setting.paper else ""
        return f'<li class="part">{held}{title}\n{lists}</li>\n'

    @property
    def _wide(self) -> bool:
        """Whether two columns of short lines have room side by side."""
        return self.setting.paper and self.setting.side_by_side == 1 and self.setting.width >= _WIDE

    @property
    def _in_pairs(self) -> bool:
        return self._wide and self.setting.contents is Contents.FULL and len(self.deck.cards) > _ONE_PAGE

    def _heading(self, anchor: str, title: str) -> str:
        return f'<h2 id="{anchor}">{_text(title)}{self._place(anchor)}</h2>\n'

    def _entry(self, anchor: str, label: str, title: PlainText | str, count: str = "") -> str:
        number = ""
        if self.setting.paper:
            page = self._numbers.get(anchor, "")
            number = f'<span class="dots"></span><span class="page">{_text(page)}</span>'
        parts = [f'<span class="id">{_text(label)}</span>'] if label else []
        parts += [f'<span class="name">{self.parts.name(title)}</span>'] if title else []
        parts += [f'<span class="count">{self.parts.name(count)}</span>'] if count else []
        return f'<a href="#{_text(anchor)}">{" ".join(parts)}{number}</a>'

    def _group(self, part: Slice) -> str:
        group = part.group
        first, *others = ((self._edge(card.id), self._card(card)) for card in part.cards)
        cards = "".join([first[1], *(f"{edge}{card}" for edge, card in others)])
        if part.start:
            return f'<section class="group" aria-labelledby="{group.anchor}">\n{first[0]}{cards}</section>\n'
        title = self.parts.name(group.title)
        if group.label not in {"", group.title}:
            title = f'<span class="label">{self.parts.name(group.label)}</span> {title}'
        return (
            f'<section class="group" aria-labelledby="{group.anchor}">\n{first[0]}'
            f'<h2 id="{group.anchor}">{title}{self._place(group.anchor)}</h2>\n{cards}</section>\n'
        )

    def _card(self, card: RenderedCard) -> str:
        anchor = f"card-{_text(card.id)}"
        title = (
            f'<h3 id="{anchor}"><span class="id">{_text(card.id)}</span> '
            f'<span class="name">{self.parts.name(card.title)}</span>{self._place(anchor)}</h3>\n'
            f"{self.parts.marks(card, self.setting.marks, self._anchors)}"
        )
        question = f'<div class="question">{self.parts.fragment(card.question)}</div>\n'
        answer = f'<div class="answer">{self.parts.fragment(card.answer)}</div>\n' if card.answer else ""
        tail = f"{self.parts.references(card)}{self.parts.related(card)}"
        if self.setting.paper:
            article = Article(
                title=title,
                question=f"{question}{self._edge(card.id, 'asked')}",
                answer=f"{answer}{self._edge(card.id, 'answered')}",
                back=keep_end(self._details(card), tail),
                attributes=f' aria-labelledby="{anchor}"',
                marks=marks_height(card, _MARKS_TOP, self.setting.marks),
            )
            return article.element(self.setting.openings.get(card.id))
        back = f"{answer}{self._details(card)}{tail}{self._report(card)}"
        body = f'{title}{question}{self._reveal(card)}<div class="back">\n{back}</div>\n'
        return f'<article class="card" aria-labelledby="{anchor}">\n{body}</article>\n'

    def _report(self, card: RenderedCard) -> str:
        address = self.deck.deck.report_address(card.id)
        if address is None:
            return ""
        return f'<p class="report"><a href="{_text(address)}" rel="noopener noreferrer">Report an error</a></p>\n'

    def _reveal(self, card: RenderedCard) -> str:
        if not self.setting.interactive:
            return ""
        return (
            f'<input type="checkbox" class="reveal" id="reveal-{_text(card.id)}">'
            f'<label class="reveal" for="reveal-{_text(card.id)}">'
            f'Show the answer<span class="hidden"> to {_text(card.id)}</span></label>\n'
        )

    def _place(self, anchor: str) -> str:
        # On paper a heading that nothing in its document links to would have no destination, so it links to itself.
        return f'<a class="edge" href="#{anchor}"></a>' if self.setting.paper else ""

    def _edge(self, name: str, kind: str = "edge") -> str:
        return edge(name, kind) if self.setting.edges else ""

    def _details(self, card: RenderedCard) -> str:
        details = self.parts.details(card)
        if not details.strip() or self.setting.paper:
            return details
        return f'<div class="details">{details}</div>\n'

    def _tag_index(self, tags: Sequence[TagUse], *, first: bool = True) -> str:
        if not tags:
            return ""
        heading = self._heading(TAGS_ANCHOR, "Cards by tag") if first else ""
        label = f' aria-labelledby="{TAGS_ANCHOR}"' if first else ""
        if not self._many_tags or not self.setting.paper:
            index = "".join(map(self._tag, tags))
        else:
            lines = [self._tag_line(tag) for tag in tags]
            index = in_pairs(lines) if self._wide else f"<ol>\n{''.join(lines)}</ol>\n"
        kind = " compact" if self._many_tags else ""
        return f'<section class="tags{kind}"{label}>\n{heading}{index}</section>\n'

    def _tag(self, tag: TagUse) -> str:
        cards = "".join(f"<li>{self._entry(f'card-{card.id}', card.id, card.title)}</li>\n" for card in tag.cards)
        name = self.parts.name(tag.name)
        label = f'<span class="label">{name}</span> {self.parts.name(tag.description)}' if tag.description else name
        anchor = "" if self._anchors is None else f' id="{_text(tag.anchor)}"'
        held = hold(_LINES_HEIGHT) if self.setting.paper else ""
        return f"{held}<h3{anchor}>{label}</h3>\n<ol>\n{cards}</ol>\n"

    def _tag_line(self, tag: TagUse) -> str:
        """A tag with the pages of its cards; each page leads to its first card."""
        first_cards: dict[str, str] = {}
        for card in tag.cards:
            anchor = f"card-{card.id}"
            first_cards.setdefault(self._numbers.get(anchor, ""), anchor)
        pages = ", ".join(
            f'<a href="#{_text(anchor)}"><span class="page">{_text(page)}</span></a>'
            for page, anchor in first_cards.items()
        )
        words = f" {self.parts.name(tag.description)}" if tag.description else ""
        return f'<li><b>{self.parts.name(tag.name)}</b>{words} <span class="pages">{pages}</span></li>\n'

    def _id_index(self) -> str:
        if not self.ids:
            return ""
        cards = "".join(f"<li>{self._entry(f'card-{card.id}', card.id, '')}</li>\n" for card in self.ids)
        return (
            f'<section class="tags ids" aria-labelledby="{IDS_ANCHOR}">\n{self._heading(IDS_ANCHOR, "Cards by ID")}'
            f"<ol>\n{cards}</ol>\n</section>\n"
        )


def in_pairs(lines: Sequence[str]) -> str:
    """Items as lists in two columns, a few lines high each, which are read one after the other.

    An engine may break real columns over all pages before it begins the second one.
    """
    pairs = []
    for start in range(0, len(lines), 2 * _PAIR):
        part = lines[start : start + 2 * _PAIR]
        middle = -(-len(part) // 2)
        columns = "".join(f"<ol>\n{''.join(half)}</ol>\n" for half in (part[:middle], part[middle:]))
        pairs.append(f'<div class="pair">{columns}</div>\n')
    return "".join(pairs)


_SKIP_LINK = '<a class="skip" href="#cards">Skip to the cards</a>\n'
_SELF_TEST = (
    '<input type="checkbox" id="self-test">\n'
    '<label class="self-test" for="self-test">Test yourself: hide the answers</label>\n'
)
NO_CARDS = '<p class="none">This export holds no cards.</p>\n'
