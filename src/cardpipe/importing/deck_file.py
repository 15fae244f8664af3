"""The settings of an imported deck, `deck.yaml`."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

from cardpipe.importing.card_text import mapping, one_line
from cardpipe.source.slugs import slug_of
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.importing.api import ImportedDeck
    from cardpipe.importing.survey import Survey

_LONGEST_DESCRIPTION: Final = 2_000


def deck_yaml(found: Survey, language: str, decks: Sequence[ImportedDeck]) -> str:
    """Return the settings of the new deck; note types are among them once they have faces."""
    lines = [
        "# yaml-language-server: $schema=deck.schema.json",
        "# Made by `cardpipe import`; import-report.md says what it could not take over.",
        "",
        "# The uid tells Anki which cards belong to this deck. Never change it.",
        f"uid: {found.uid}",
        f"slug: {slug_of(found.name)}",
        f"name: {one_line(found.name)}",
        "# The language of the cards, such as en; rules on wording apply to a known language.",
        f"language: {language}",
        "authors: [Unknown]",
        f"description: {one_line(_description(found, decks))}",
        "tags: open",
        "# Cards show above their questions what they showed before the import: nothing.",
        "front: []",
        *mapping("subdecks", found.subdecks),
        *_note_types(found),
        "formats:",
        *(f"  {name}:" for name in ("anki", "csv", "html", "pdf", "markdown", "site")),
    ]
    return "\n".join(lines) + "\n"


def _note_types(found: Survey) -> Iterator[str]:
    declared = [own for own in found.own.values() if own.faces]
    if declared:
        yield "note_types:"
    for own in declared:
        yield from own.declaration()


def _words(html: str) -> str:
    """Return the words of HTML as Markdown."""
    from cardpipe.importing.elements import escaped, with_starts_escaped

    plain = re.sub(r"<(script|style)\b.*?(</\1\s*>|\Z)", "", html, flags=re.DOTALL | re.IGNORECASE)
    plain = re.sub(r"</?(?:br|div|p|li|h[1-6]|tr|td)\b[^<>]*>", " ", plain, flags=re.IGNORECASE)
    words = " ".join(unescape(re.sub(r"<[^<>]*>", "", plain)).split())
    return with_starts_escaped(escaped(shortened(words, _LONGEST_DESCRIPTION)))


def _description(found: Survey, decks: Sequence[ImportedDeck]) -> str:
    texts = (_words(deck.description) for deck in decks)
    return next((text for text in texts if text), f"{found.name}, imported.")
