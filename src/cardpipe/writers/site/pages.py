"""The pages of a site."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from cardpipe.errors import RenderError
from cardpipe.model.anki_identity import note_guid
from cardpipe.model.card_ids import ANY_ID
from cardpipe.model.deck import Status
from cardpipe.model.languages import with_gregorian_calendar
from cardpipe.text.escaping import line
from cardpipe.writers.api import as_text, recalled, shown_faces
from cardpipe.writers.page.grouping import group_cards, used_tags
from cardpipe.writers.page.math_fonts import is_formula
from cardpipe.writers.page.parts import CardParts, labels
from cardpipe.writers.page.tag_names import tag_file_names
from cardpipe.writers.site.content_names import digest_of, own_file
from cardpipe.writers.site.paths import CARDS_PER_PAGE, card_path, deck_path, root_from, tag_path
from cardpipe.writers.site.pictures import card_picture
from cardpipe.writers.site.releases import releases
from cardpipe.writers.site.study_words import study_words
from cardpipe.writers.site.texts import beginning, face_texts, plain
from cardpipe.writers.templating import finished, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from markupsafe import Markup

    from cardpipe.writers.api import Memory, RenderedCard, RenderedDeck
    from cardpipe.writers.page.grouping import Group, TagUse
    from cardpipe.writers.page.math_fonts import SharedFormulas
    from cardpipe.writers.site.fonts import Licence
    from cardpipe.writers.site.pictures import CardPicture
    from cardpipe.writers.site.releases import Release

    _Neighbours = tuple[RenderedCard | None, RenderedCard | None]
    """The cards before and after a card."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'self'"
)
"""The policy of each page. Attributes with styles are those of formulas; the sanitiser lets no author write any."""
_DESCRIPTION: Final = 160
"""Characters of a page's description."""
_PICTURED: Final = 300
"""Characters of a text in the picture of a card; it has room for fewer."""
_NEWEST: Final = 12
"""Cards of the last release on the start page."""
_BATCH: Final = 20
"""Entries of a tag that are cached together."""
_CARD_LINK: Final = re.compile(rf'href="#card-({ANY_ID})"')
_RASTER: Final = frozenset({"image/png", "image/jpeg"})
"""Types of pictures that services can show beside a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFiles:
    """The paths of the files that pages share."""

    scripts: Mapping[str, str]
    """By the name of the script."""
    style: str
    study_style: str
    study_data: str
    search_data: str
    icon: str
    touch_icon: str
    preview: str


@dataclass(frozen=True, slots=True)
class TagPage:
    """A page of a tag."""

    path: str
    tag: TagUse
    cards: Sequence[RenderedCard]
    number: int
    count: int
    """The number of pages of the tag."""


class SitePages:
    """Writes the pages of a deck in HTML; `file_names` has the names of assets that have others on the site."""

    def __init__(
        self, deck: RenderedDeck, formulas: SharedFormulas, file_names: Mapping[str, str], memory: Memory | None
    ) -> None:
        self.deck = deck
        self.about = deck.settings
        self.cards = [card for card in deck.cards if card.status is not Status.RETIRED]
        self.retired = [card for card in deck.cards if card.status is Status.RETIRED]
        shown = replace(deck, cards=tuple(self.cards))
        self.groups = group_cards(shown, "deck")
        self.tags = used_tags(shown)
        self.tag_files = tag_file_names(tag.name for tag in self.tags)
        self._tag_addresses = {name: quote(file) for name, file in self.tag_files.items()}
        self.present = frozenset(card.id for card in deck.cards)
        self.titles = {card.id: card.label for card in deck.cards}
        self.releases = releases(self.about.lock)
        self.base = self.about.site.base
        self.policy = finished(POLICY)
        self.used_assets: set[str] = set()
        self._memory = memory
        self._formulas = formulas
        self._file_names = file_names
        self._gettext = self.about.catalogue.gettext
        self._neighbours = [_neighbours_of(group.cards) for group in self.groups]
        self._group_of = {card.id: number for number, group in enumerate(self.groups) for card in group.cards}
        self._tag_neighbours = {tag.name: _neighbours_of(tag.cards) for tag in self.tags}
        self._files: SharedFiles | None = None
        self._parts: dict[str, CardParts] = {}
        # Of a large deck, the texts themselves would take much memory.
        self.inputs = {
            card.id: digest_of([self._card_inputs(card).encode("utf-8", "surrogatepass")]) for card in deck.cards
        }
        """A digest of what determines the entries of each card in lists and in the data, by ID."""

    def use(self, files: SharedFiles) -> None:
        """Set the paths of the files that pages share, which must be known before a page is written."""
        self._files = files

    @property
    def files(self) -> SharedFiles:
        """Return the paths of the files that pages share."""
        if self._files is None:
            raise RenderError("The shared files of the site are not known yet.")
        return self._files

    # --- What the templates ask for ---

    @property
    def has_feed(self) -> bool:
        """Return whether there is a feed: only with an address of the site and a release with a date."""
        return bool(self.base) and any(release.time is not None for release in self.releases)

    def script(self, name: str) -> str:
        """Return the path of a script."""
        return self.files.scripts[name]

    def tag_path(self, name: str, number: int = 1) -> str:
        """Return the path of a tag's page."""
        return tag_path(self._tag_addresses[name], number)

    @staticmethod
    def card_path(card_id: str) -> str:
        """Return the path of a card's page."""
        return card_path(card_id)

    def deck_path(self, group: Group) -> str:
        """Return the path of a subdeck's page."""
        return deck_path(group.label)

    def labels(self, card: RenderedCard) -> list[str]:
        """Return the labels of a card besides its tags."""
        return labels(card, self.about.catalogue)

    # --- The pages ---

    def index(self) -> str:
        """Return the start page."""
        latest = self.releases[0] if self.releases else None
        return self._page(
            "index",
            "",
            line(self.about.name.text),
            plain(self.deck.description),
            groups=self.groups,
            tags=self.tags,
            cards=self.cards,
            releases=self.releases,
            latest=_first(latest) if latest is not None and latest.cards else None,
            more=latest is not None and len(latest.cards) > _NEWEST,
        )

    def card(self, card: RenderedCard) -> str:
        """Return the page of a card; of a retired one, a page that leads to the card that replaces it."""
        title = f"{card.id} {line(card.label)}"
        path = card_path(card.id)
        question = plain(card.question)
        if card.status is Status.RETIRED:
            return self._page("retired", path, title, question, card=card)
        edition = self.about.edition
        return self._page(
            "card",
            path,
            title,
            question,
            card=card,
            faces=shown_faces(card, self.about),
            guid=note_guid(self.about.uid.text, card.id, card.guid),
            neighbours=list(self._rows(card, root_from(path))),
            report=self.about.report_address(card.source_id),
            edit=self.about.site.edit_address(card.path),
            whole=edition.card_address(card.id) if edition is not None and edition.is_reduced else None,
            linked_data=self._linked_data(card, question),
            picture=self._picture(card),
        )

    def _card_inputs(self, card: RenderedCard) -> str:
        """Return everything that determines the entries of a card in lists, and in the data, as text."""
        captions = (each.caption for each in card.figures)
        texts = (card.question, card.answer, card.details, *card.references, *captions, *face_texts(card))
        linked = {found for text in texts if "#card-" in text for found in _CARD_LINK.findall(text)}
        related = [other.id for other in card.related]
        return f"{card.digest or as_text(card)} {card.path} {related} {sorted(linked & self.present)}"

    def page_inputs(self, card: RenderedCard) -> str:
        """Return what determines the page of a card besides its `inputs`: titles of other cards, as text."""
        if card.status is Status.RETIRED:
            return as_text(card)
        rows = [
            (*row[:2], *(other and (other.id, other.label.characters) for other in row[2:]))
            for row in self._rows(card, "")
        ]
        return f"{as_text(card)} {rows}"

    @property
    def shell_inputs(self) -> str:
        """Return what determines the pages of cards and tags besides their cards, as text."""
        about, files, edition = self.about, self.files, self.about.edition
        texts = (about.uid, about.name, about.language, about.licence, about.report, about.site.edit_url)
        return repr(
            (
                POLICY,
                [files.style, files.icon, files.touch_icon, files.preview],
                [files.scripts[name] for name in ("theme.js", "site.js")],
                [found.text if found is not None else None for found in texts],
                [self.base, about.site.robots, about.site.card_pictures, self.has_feed],
                [edition.is_reduced, edition.link.text if edition.link is not None else None] if edition else [],
            )
        )

    def tag_pages(self, tag: TagUse) -> Iterator[TagPage]:
        """Return the pages of a tag, which are not written yet."""
        count = -(-len(tag.cards) // CARDS_PER_PAGE)
        for number in range(1, count + 1):
            cards = tag.cards[(number - 1) * CARDS_PER_PAGE : number * CARDS_PER_PAGE]
            yield TagPage(tag_path(self.tag_files[tag.name], number), tag, cards, number, count)

    def tag(self, page: TagPage) -> str:
        """Return a page of a tag."""
        title = self.about.catalogue.labelling % {"label": self._gettext("Tag"), "value": line(page.tag.name)}
        named = title if page.number == 1 else f"{title} ({page.number})"
        about = line(page.tag.description) or named
        return self._page(
            "tag", page.path, named, about, tag=page.tag, cards=page.cards, pages=page.count, number=page.number
        )

    def entries(
        self, cards: Sequence[RenderedCard], root: str, written: Callable[[RenderedCard], Markup]
    ) -> Iterator[Markup]:
        """Yield the entries of cards on the page of a tag, from the memory or as `written` returns each of them."""
        for start in range(0, len(cards), _BATCH):
            batch = cards[start : start + _BATCH]
            key = ("entries of a tag", self.about.language.text, root, *(self.inputs[card.id] for card in batch))
            yield finished(recalled(self._memory, key, partial(_joined, written, batch)).decode())

    @staticmethod
    def subdeck_inputs(group: Group) -> str:
        """Return what determines the content of the page of a subdeck, as text."""
        return repr((group.label, group.title, [(card.id, card.title.characters) for card in group.cards]))

    def subdeck(self, group: Group) -> str:
        """Return the page of a subdeck."""
        title = line(group.title)
        return self._page("deck", deck_path(group.label), title, title, group=group)

    def search(self) -> str:
        """Return the search page."""
        return self._page("search", "search/", self._gettext("Search"), self._gettext("Search"), groups=self.groups)

    def study(self) -> str:
        """Return the frame of the study page."""
        title = self._gettext("Study")
        translated = study_words(self.about.language.text)
        language = with_gregorian_calendar(self.about.language.text)
        return self._page(
            "study", "study/", title, title, study_words=finished(script_json(translated)), script_language=language
        )

    def release_list(self) -> str:
        """Return the page of releases."""
        title = self._gettext("Releases")
        return self._page("releases", "releases/", title, title, releases=self.releases)

    def missing(self) -> str:
        """Return the page for addresses without one, whose links are absolute if the site's address is known."""
        title = self._gettext("Page not found")
        # A host shows it at any depth.
        root = path_of(self.base) if self.base else "./"
        style = own_file("missing.css")
        return self._page(
            "missing",
            "404.html",
            title,
            self._gettext("There is no page at this address, or it is not available offline."),
            root=root,
            style=finished(style),
            policy=finished(policy_with(style)),
        )

    def licences(self, found: Sequence[Licence]) -> str:
        """Return the page with the licences."""
        title = self._gettext("Licences")
        return self._page("licences", "licences/", title, title, licences=found)

    def feed(self) -> str:
        """Return the Atom feed of the releases; only with an address of the site and a release."""
        dated = [release for release in self.releases if release.time is not None]
        return render(
            "site/releases.atom",
            self.about.language.text,
            about=self.about,
            base=self.base,
            updated=dated[0].moment,
            releases=dated,
        )

    # --- Parts ---

    def _page(
        self, template: str, path: str, title: str, description: str, *, root: str | None = None, **values: Any
    ) -> str:
        root = root_from(path) if root is None else root
        values = {"picture": "", "policy": self.policy, **values}
        page = render(
            f"site/{template}.html",
            self.about.language.text,
            site=self,
            deck=self.deck,
            about=self.about,
            parts=self._parts_from(root),
            path=path,
            root=root,
            title=title,
            description=beginning(description, _DESCRIPTION),
            **values,
        )
        return self._formulas.page(page)

    def _parts_from(self, root: str) -> CardParts:
        """Return the parts of cards for pages from which `root` leads to the start page."""
        if root not in self._parts:
            self._parts[root] = CardParts(
                address=lambda name: self._address(name, root),
                present=self.present,
                language=self.about.language.text,
                room=None,
                card_address=lambda card_id: f"{root}{card_path(card_id)}",
            )
        return self._parts[root]

    def _address(self, name: str, root: str) -> str:
        if name not in self.deck.assets:
            raise RenderError(f"A text refers to the asset “{name}”, which was not rendered.")
        if is_formula(name):
            return name  # it becomes a part of the text
        self.used_assets.add(name)
        return f"{root}assets/{quote(self._file_names.get(name, name))}"

    def _rows(self, card: RenderedCard, root: str) -> Iterator[tuple[str, str, *_Neighbours]]:
        """Return the rows of links to neighbours: in the subdeck, and in each tag."""
        number = self._group_of[card.id]
        group = self.groups[number]
        yield (group.title, f"{root}{self.deck_path(group)}", *self._neighbours[number][card.id])
        for tag in dict.fromkeys(card.tags):
            yield (tag, f"{root}{self.tag_path(tag)}", *self._tag_neighbours[tag][card.id])

    def drawn_picture(self, card: RenderedCard) -> CardPicture | None:
        """Return the picture that is drawn for previews of links to a card; None if there is to be none."""
        if not (self.base and self.about.site.card_pictures) or self._raster(card) is not None:
            return None
        texts = (line(card.title), plain(card.question), line(self.about.name.text))
        return card_picture(card.id, *(beginning(text, _PICTURED) for text in texts))

    def _raster(self, card: RenderedCard) -> str | None:
        """Return the card's first picture that services can show."""
        names = (*(figure.asset for figure in card.figures), *card.assets)
        return next((name for name in names if self.deck.assets[name].media_type in _RASTER), None)

    def _linked_data(self, card: RenderedCard, question: str) -> Markup | None:
        """Return the card for search engines, as schema.org's Quiz with one flashcard; None without an answer."""
        if not card.answer:
            return None
        content = {
            "@context": "https://schema.org",
            "@type": "Quiz",
            "name": line(card.label),
            "about": {"@type": "Thing", "name": line(self.about.name.text)},
            "inLanguage": self.about.language.text,
            "hasPart": [
                {
                    "@type": "Question",
                    "eduQuestionType": "Flashcard",
                    "text": question,
                    "acceptedAnswer": {"@type": "Answer", "text": plain(card.answer)},
                }
            ],
        }
        return finished(script_json(content))

    def _picture(self, card: RenderedCard) -> str:
        """Return the path of the picture that previews of links to a card show; empty if it has none of its own."""
        name = self._raster(card)
        if name is not None:
            return self._address(name, "")
        return drawn.path if (drawn := self.drawn_picture(card)) is not None else ""


def policy_with(style: str) -> str:
    """Return the policy of a page with this style sheet in it."""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return POLICY.replace("style-src 'self'", f"style-src 'self' 'sha256-{digest}'", 1)


def path_of(base: str) -> str:
    """Return the path of an address, which begins and ends with one slash: two would begin the name of a host."""
    path = urlsplit(base).path.strip("/")
    return f"/{path}/" if path else "/"


def script_json(content: Any) -> str:
    """Return JSON for a data block in HTML: no character in it can end the element or begin another."""
    made = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return made.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _neighbours_of(cards: Sequence[RenderedCard]) -> dict[str, _Neighbours]:
    """Return the cards before and after each card, by ID."""
    around = [None, *cards, None]
    return {card.id: (around[number], around[number + 2]) for number, card in enumerate(cards)}


def _joined(written: Callable[[RenderedCard], Markup], cards: Sequence[RenderedCard]) -> bytes:
    return "".join(map(written, cards)).encode()


def _first(release: Release) -> Release:
    """Return a release with its first cards, for the start page."""
    return replace(release, cards=release.cards[:_NEWEST], removed=())
