"""The settings of an imported deck, `deck.yaml`."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from cardpipe.importing.card_text import in_flow, mapping, one_line, text_entry
from cardpipe.importing.shipped.types import front_of, text_of
from cardpipe.model.deck import CARD_PLACE
from cardpipe.source import bounds
from cardpipe.source.note_type_fields import is_voice
from cardpipe.source.slugs import is_slug, slug_of
from cardpipe.text.addresses import is_safe
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.importing.api import ImportedDeck
    from cardpipe.importing.survey import Survey

_LONGEST_DESCRIPTION: Final = 2_000


def deck_yaml(found: Survey, language: str, decks: Sequence[ImportedDeck]) -> str:
    """Return the settings of the new deck; note types are among them once they have faces."""
    facts = found.deck.facts
    slug = text_of(facts, "slug", bounds.NAME)
    lines = [
        "# yaml-language-server: $schema=deck.schema.json",
        "# Made by `cardpipe import`; import-report.md says what it could not take over.",
        "",
        "# The uid tells Anki which cards belong to this deck. Never change it.",
        f"uid: {one_line(found.uid)}",
        f"slug: {slug if slug and is_slug(slug) else slug_of(found.name)}",
        f"name: {one_line(found.name)}",
        "# The language of the cards, such as en; rules on wording apply to a known language.",
        f"language: {language}",
        f"authors: {in_flow(_texts(facts, 'authors') or ['Unknown'])}",
        *_lines_of(facts, "licence"),
        *(_lines_of(facts, "description") or text_entry("description", _description(found, decks), "")),
        *_addresses(facts),
        "tags: open",
        *mapping("subdecks", found.subdecks),
        *([] if found.deck.form.is_default else [f"ids: {one_line(found.deck.template)}"]),
        *_front(found),
        *_spoken(facts),
        *_note_types(found),
        "formats:",
        *(f"  {name}:" for name in ("anki", "csv", "html", "pdf", "markdown", "site")),
    ]
    return "\n".join(lines) + "\n"


def _texts(facts: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts of what a package says; empty for anything else."""
    value = facts.get(key)
    if not isinstance(value, list) or len(value) > bounds.AUTHORS:
        return []
    return [text for text in value if isinstance(text, str) and 0 < len(text) <= bounds.LINE]


def _lines_of(facts: Mapping[str, Any], key: str) -> list[str]:
    text = text_of(facts, key)
    return text_entry(key, text.rstrip("\n"), "") if text.strip() else []


def _addresses(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of a deck that are safe to open."""
    for key in ("homepage", "report"):
        address = text_of(facts, key, bounds.ADDRESS)
        if is_safe(address.replace(CARD_PLACE, "ML0044")):
            yield from text_entry(key, address, "")


def _front(found: Survey) -> list[str]:
    """Return what cards show above their questions: what they showed before the import."""
    shipped = [one for one in found.shipped.values() if one.kind is not None or one.facts]
    if len(shipped) < len(found.plans):
        return ["# Cards show above their questions what they showed before the import: nothing.", "front: []"]
    fronts = [front_of(one) for one in shipped]
    return [] if None in fronts or not fronts else [f"front: {in_flow(fronts[0] or [])}"]


def _spoken(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the voices with which Anki reads parts of cards aloud."""
    voices = facts.get("tts")
    known = {
        part: voice
        for part in ("question", "answer")
        if isinstance(voices, dict) and (voice := text_of(voices, part, 10)) and is_voice(voice)
    }
    if known:
        yield from mapping("tts", known)


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
