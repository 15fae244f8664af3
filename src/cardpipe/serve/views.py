"""The views of a card: as its formats show it, and as it is written."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.render.equations import Equations
from cardpipe.writers.anki.reviewer import Reviewer
from cardpipe.writers.api import MathForm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.build.one_card import CardBuilder
    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import Card
    from cardpipe.serve.documents import Documents

VIEWS: Final = ("anki", "sheet", "site", "html", "markdown", "csv", "source")
"""The views in the order of their tabs."""
IN_BACKGROUND: Final = {"sheet": "pdf", "site": "site"}
"""The views that another process builds, and their formats."""
PHONE: Final = 390
"""The width of a phone in CSS pixels."""


class Frame(NamedTuple):
    """A document in a frame."""

    slot: str
    """What it shows, the same for every state of the card."""
    address: str
    width: int = 0
    """In CSS pixels; 0 for all the room there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A card in one view."""

    frames: Sequence[Frame] = ()
    pictures: Sequence[str] = ()
    """Addresses."""
    file: str = ""
    """The address of the whole file, if there is one to open."""
    text: str = ""
    """Plain text to show as it is."""
    rows: Sequence[tuple[str, str]] = ()
    """Columns of a table and their values."""
    cards: Mapping[int, str] = field(default_factory=dict)
    """The cards that Anki makes of the note: the name of the face by number, empty in built-in kinds."""
    number: int = 1
    missing_figures: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """How the view for Anki is shown."""

    number: int = 1
    phone: bool = False
    night: bool = False


class CardViews:
    """Makes the views that need no other process; an instance belongs to one thread."""

    def __init__(self, builder: CardBuilder, cache: Cache, documents: Documents) -> None:
        self._builder = builder
        self._documents = documents
        self._equations = Equations(MathForm.SVG, cache)

    def anki(self, card: Card, titles: Mapping[str, str], look: Look) -> View:
        """Return both sides as Anki's reviewer shows them."""
        rendered = self._builder.rendered(card, titles, "anki")
        reviewer = Reviewer(rendered.deck, self._equations.inline)
        cards = reviewer.cards
        number = look.number if look.number in cards else next(iter(cards), 1)
        frames = []
        if cards:
            sides = reviewer.card(number)
            assets = {name: rendered.deck.assets[name].data for name in rendered.deck.cards[0].assets}
            for side, text in (("front", sides.front), ("back", sides.back)):
                page = reviewer.document(text, number, night=look.night, phone=look.phone)
                key = self._documents.add({"card.html": page.encode("utf-8", "replace"), **assets})
                frames.append(Frame(side, f"/view/{key}/card.html", PHONE if look.phone else 0))
        return View(frames=frames, cards=cards, number=number, missing_figures=rendered.missing_figures)

    def html(self, card: Card, titles: Mapping[str, str]) -> View:
        """Return the page of the format `html` with this card."""
        built = self._builder.built(card, titles, "html")
        key = self._documents.add({"index.html": built.artefacts[0].data})
        return View(frames=[Frame("html", f"/view/{key}/")], missing_figures=built.missing_figures)

    def markdown(self, card: Card, titles: Mapping[str, str]) -> View:
        """Return the card's page of the format `markdown`."""
        built = self._builder.built(card, titles, "markdown")
        page = next(one.data for one in built.artefacts if one.path.endswith(f"/cards/{card.id.text}.md"))
        return View(text=page.decode("utf-8", "replace"), missing_figures=built.missing_figures)

    def csv(self, card: Card, titles: Mapping[str, str]) -> View:
        """Return the card's row of the format `csv`, in the deck's dialect."""
        built = self._builder.built(card, titles, "csv")
        return View(rows=_row(built.artefacts[0].data), missing_figures=built.missing_figures)

    def sheet(self, files: Mapping[str, bytes]) -> View:
        """Return the pages of the PDF, which another process has built."""
        key = self._documents.add(files)
        pictures = [f"/view/{key}/{name}" for name in sorted(files) if name.endswith(".png")]
        return View(pictures=pictures, file=f"/view/{key}/card.pdf")

    def site(self, files: Mapping[str, bytes], card_id: str) -> View:
        """Return the card's page of the site, which another process has built."""
        below = {path.partition("/")[2]: data for path, data in files.items()}
        key = self._documents.add({path: data for path, data in below.items() if not path.endswith((".js", ".json"))})
        return View(frames=[Frame("site", f"/view/{key}/card/{card_id}/")])

    def close(self) -> None:
        """Stop background work."""
        self._equations.close()


# A text of a card may be longer than the 128 KiB that the module allows a value.
csv.field_size_limit(2**31 - 1)


def _row(table: bytes) -> Sequence[tuple[str, str]]:
    """Return the columns and values of a table's first row; Anki's tables begin with directives."""
    lines = table.decode("utf-8-sig", "replace")
    _, _, rest = lines.partition("#columns:") if lines.startswith("#") else ("", "", lines)
    head, *rows = csv.reader(io.StringIO(rest, newline=""))
    return list(zip(head, rows[0], strict=False)) if rows else []
