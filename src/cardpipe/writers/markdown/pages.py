"""The pages of the folder: an index, a page for each card and tag, and assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from cardpipe.errors import RenderError
from cardpipe.model.card_ids import file_name
from cardpipe.model.deck import Status
from cardpipe.text.escaping import markdown_text
from cardpipe.writers.api import Artefact, shown_faces, sized_picture
from cardpipe.writers.markdown.guard import guarded
from cardpipe.writers.markdown.rewriting import rewrite
from cardpipe.writers.page.document import edition_title
from cardpipe.writers.page.grouping import group_cards, used_tags
from cardpipe.writers.page.parts import card_count, difficulty_label, kind_label
from cardpipe.writers.page.tag_names import tag_file_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cardpipe.writers.api import RenderedCard, RenderedDeck, RenderedFigure
    from cardpipe.writers.page.grouping import Group, TagUse

FOLDER: Final = "markdown"


def folder(deck: RenderedDeck, group: str, progress: Callable[[int, int], None]) -> tuple[Artefact, ...]:
    """Return all files of the folder, the index first; raises RenderError if a text refers to a missing asset."""
    pages = _Pages(deck, group)
    files = {"README.md": pages.index()}
    for number, card in enumerate(deck.cards):
        progress(number, len(deck.cards))
        files[f"cards/{file_name(card.id)}.md"] = pages.card(card)
    for tag in pages.tags:
        files[f"tags/{pages.tag_files[tag.name]}.md"] = pages.tag(tag)
    progress(len(deck.cards), len(deck.cards))
    root = f"{FOLDER}{deck.settings.suffix}"
    written = [Artefact(f"{root}/{path}", text.encode()) for path, text in files.items()]
    pictures = [Artefact(f"{root}/assets/{name}", deck.assets[name].data) for name in sorted(pages.used_assets)]
    return (*written, *pictures)


class _Pages:
    def __init__(self, deck: RenderedDeck, group: str) -> None:
        self.deck = deck
        self.gettext = deck.settings.catalogue.gettext
        self.groups = group_cards(deck, group)
        self.tags = used_tags(deck)
        self.tag_files = tag_file_names(tag.name for tag in self.tags)
        self.present = frozenset(card.id for card in deck.cards)
        self.order = [card for group in self.groups for card in group.cards]
        self.positions = {card.id: position for position, card in enumerate(self.order)}
        self.used_assets: set[str] = set()

    def index(self) -> str:
        """Return the page that a code host shows for the folder."""
        source = self.deck.settings
        gettext = self.gettext
        facts = [(gettext("Cards"), source.catalogue.number(len(self.deck.cards)))]
        if source.edition is not None:
            facts.insert(0, (gettext("Edition"), markdown_text(edition_title(source.edition))))
        if source.authors:
            word = source.catalogue.ngettext("Author", "Authors", len(source.authors))
            facts.append((word, markdown_text(source.catalogue.comma.join(author.text for author in source.authors))))
        if source.licence is not None:
            facts.append((gettext("Licence"), markdown_text(source.licence.text)))
        facts.append((gettext("Language"), markdown_text(source.language.text)))
        if source.homepage is not None:
            address = source.web_address
            shown = f"<{address}>" if address is not None else markdown_text(source.homepage.text)
            facts.append((gettext("Home page"), shown))
        parts = [
            f"# {markdown_text(source.name.text)}",
            self._text(self.deck.description, up=""),
            _bullets(self._labelled(word, fact) for word, fact in facts),
            *(part for group in self.groups for part in self._group(group)),
        ]
        if self.tags:
            words = self.deck.settings.catalogue
            uses = [
                f"{self._tag_link(tag.name, up='')}"
                f"{f': {markdown_text(tag.description)}' if tag.description else ''}"
                f" ({card_count(len(tag.cards), words)})"
                for tag in self.tags
            ]
            parts += ["## " + gettext("Tags"), _bullets(uses)]
        return _page(parts)

    def card(self, card: RenderedCard) -> str:
        """Return a card's page, with a collapsed answer; of a note type's faces, with an answer for each."""
        head = [f"# {markdown_text(card.title or card.id)}", self._marks(card)]
        further = [self._text(card.details), *map(self._figure, card.figures)]
        if card.references:
            further += ["**" + self.gettext("References") + "**", _bullets(map(self._text, card.references))]
        rest = []
        if card.related:
            related = []
            for other in card.related:
                words = f"{markdown_text(other.id)} {markdown_text(other.title)}"
                related.append(f"[{words}]({file_name(other.id)}.md)" if other.included else words)
            rest += ["**" + self.gettext("Related") + "**", _bullets(related)]
        rest.append(self._neighbours(card))
        shown: list[str | _Collapsed] = []
        for face in shown_faces(card, self.deck.settings):
            name = f"## {markdown_text(face.name)}" if len(card.faces) > 1 else ""
            shown += [name, self._text(face.front), self._collapsed([self._text(face.back)])]
        if not shown:
            shown = [self._text(card.question), self._collapsed([self._text(card.answer), *further])]
            further = []
        return _page([*head, *shown, *further, *rest])

    def _collapsed(self, parts: Sequence[str]) -> _Collapsed:
        return _Collapsed(self.gettext("Answer"), parts)

    def tag(self, tag: TagUse) -> str:
        """Return the page that lists the cards of a tag."""
        cards = [f"[{card.id} {markdown_text(card.label)}](../cards/{file_name(card.id)}.md)" for card in tag.cards]
        parts = [
            f"# {markdown_text(tag.name)}",
            markdown_text(tag.description),
            _bullets(cards),
            f"[{markdown_text(self.deck.settings.name.text)}](../README.md)",
        ]
        return _page(parts)

    def _labelled(self, word: str, fact: str) -> str:
        """Return a fact after its bold label."""
        # The colon is bold too. After it comes a space in any language: Markdown reads the stars as bold only with one.
        label = self.deck.settings.catalogue.labelling % {"label": word, "value": ""}
        return f"**{label.rstrip()}** {fact}"

    def _group(self, group: Group) -> Sequence[str]:
        # Translators: headings of the columns of a table.
        names = (self.gettext("ID"), self.gettext("Card"), self.gettext("Tags"))
        rows = [f"| {' | '.join(names)} |", "| --- | --- | --- |"]
        for card in group.cards:
            tags = self.deck.settings.catalogue.comma.join(self._tag_link(tag, up="") for tag in card.tags)
            rows.append(f"| {card.id} | [{markdown_text(card.label)}](cards/{file_name(card.id)}.md) | {tags} |")
        return f"## {markdown_text(group.title)}", "\n".join(rows)

    def _marks(self, card: RenderedCard) -> str:
        marks = [f"`{card.id}`", *(self._tag_link(tag) for tag in card.tags)]
        words = self.deck.settings.catalogue
        if kind := kind_label(card.kind, words):
            marks.append(kind)
        if card.difficulty is not None:
            marks.append(difficulty_label(card.difficulty, words))
        if card.status is Status.DRAFT:
            marks.append("**" + self.gettext("draft") + "**")
        return " · ".join(marks)

    def _figure(self, figure: RenderedFigure) -> str:
        caption = f"<br><em>{self._text(figure.caption)}</em>" if figure.caption else ""
        address = self._asset(figure.asset)
        if figure.shown_width:
            return f"{sized_picture(address, figure.alt, figure.shown_width)}{caption}"
        return f"![{markdown_text(figure.alt)}]({address}){caption}"

    def _neighbours(self, card: RenderedCard) -> str:
        """Return the navigation links: previous card, index, next card."""
        order, position = self.order, self.positions[card.id]
        links = [f"[{markdown_text(self.deck.settings.name.text)}](../README.md)"]
        report = self.deck.settings.report_address(card.source_id)
        if position:
            before = order[position - 1]
            links.insert(0, f"← [{markdown_text(before.label)}]({file_name(before.id)}.md)")
        if position + 1 < len(order):
            after = order[position + 1]
            links.append(f"[{markdown_text(after.label)}]({file_name(after.id)}.md) →")
        if report is not None:
            links.append("[" + self.gettext("Report an error") + f"](<{report}>)")
        return "---\n\n" + " · ".join(links)

    def _tag_link(self, tag: str, up: str = "../") -> str:
        return f"[{markdown_text(tag)}]({up}tags/{self.tag_files[tag]}.md)"

    def _text(self, text: str, up: str = "../") -> str:
        def card(card_id: str) -> str | None:
            # From the index a card is one folder down, from another card beside it.
            place = f"{file_name(card_id)}.md" if up else f"cards/{file_name(card_id)}.md"
            return place if card_id in self.present else None

        return rewrite(text, asset=lambda name: self._asset(name, up), card=card)

    def _asset(self, name: str, up: str = "../") -> str:
        if name not in self.deck.assets:
            raise RenderError(f"A text refers to the asset “{name}”, which was not rendered.")
        self.used_assets.add(name)
        return f"{up}assets/{quote(name)}"


class _Collapsed(NamedTuple):
    """Parts of a page that are shown on request."""

    summary: str
    parts: Sequence[str]


def _page(parts: Iterable[str | _Collapsed]) -> str:
    """Return a page with its parts; all of them are guarded here."""
    made: list[str] = []
    for part in parts:
        if isinstance(part, str):
            made += _guarded([part])
        elif inner := _guarded(part.parts):
            # Blank lines around the content, or a code host reads it as HTML and not as Markdown.
            made += [f"<details>\n<summary><b>{part.summary}</b></summary>", *inner, "</details>"]
    return "\n\n".join(made) + "\n"


def _guarded(parts: Iterable[str]) -> list[str]:
    return [guarded(part) for part in parts if part.strip()]


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}".replace("\n", "\n  ") for item in items)
