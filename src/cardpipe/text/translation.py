"""The words around a card (“Answer”, “Tags”) in the deck's language, from the catalogues of gettext in `locale/`.

docs/howto/translate-the-interface.md says how a catalogue is changed or added.
"""

from __future__ import annotations

import functools
import gettext
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

LOCALE: Final = Path(__file__).parent.parent / "locale"
DOMAIN: Final = "cardpipe"
ENGLISH: Final = "en"

_ALIASES: Final = {"cmn": "zh", "iw": "he", "pes": "fa", "prs": "fa", "yue": "zh"}
"""Languages that are written like another one, or are other tags for it (CLDR, supplemental/languageMatching)."""
_TAG_OF_LANGUAGE: Final = re.compile(r"-[a-z0-9]-")
"""What ends the language, script and region of a tag in small letters: an extension or private use (RFC 5646, 2.1)."""
_TRADITIONAL: Final = frozenset(["hk", "mo", "tw"])
"""Regions in which Chinese is written in traditional characters (CLDR, likely subtags)."""
_SCRIPTS: Final = {
    "ar": ("arab",),
    "fa": ("arab", "aran"),
    "he": ("hebr",),
    "hi": ("deva",),
    "ja": ("jpan", "hira", "kana", "hrkt"),
    "ko": ("kore", "hang"),
    "ru": ("cyrl",),
    "uk": ("cyrl",),
    "zh": ("hans", "hant"),
}
"""The scripts of catalogues that are not in Latin letters, with those that a tag may name instead."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a language, and how it writes numbers, dates and lists."""

    language: str
    """The language of the catalogue: English for a language that has none."""
    _catalogue: gettext.NullTranslations

    def gettext(self, message: str) -> str:
        """Return the words for English ones."""
        return self._catalogue.gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return the words for a number of things, by the English ones for one and for several."""
        return self._catalogue.ngettext(one, many, count)

    def number(self, number: int) -> str:
        """Return a number, as in 1.234 for German; in English without separators."""
        if self.language == ENGLISH or abs(number) < 1000:
            return str(number)
        # Its data take some time to load, which English decks need not wait for.
        from babel.numbers import format_decimal

        return format_decimal(number, locale=self._locale, numbering_system="latn")

    def day(self, day: str) -> str:
        """Return a day, given as in 2026-01-31, in the words of the language; in English as it is given."""
        if self.language == ENGLISH or not day:
            return day
        from babel.dates import format_date

        return format_date(date.fromisoformat(day), "long", locale=self._locale)

    @property
    def comma(self) -> str:
        """Return the comma between the items of a list, with its space."""
        # Translators: between the names in a list, with the space that belongs to it.
        return self.gettext(", ")

    @property
    def labelling(self) -> str:
        """Return a label and its value as a format, with the language's colon."""
        # Translators: a label and its value, as in “Cards: 12”. Only the colon and spaces differ.
        return self.gettext("%(label)s: %(value)s")

    @property
    def characters(self) -> frozenset[str]:
        """Return the characters of all words, for subsets of fonts; none for English."""
        return frozenset() if self.language == ENGLISH else _characters(self._locale)

    @property
    def _locale(self) -> str:
        return self.language.replace("-", "_")


@functools.cache
def catalogue(language: str) -> Words:
    """Return the words of a language (a tag of BCP 47, as in pt-BR), else of the wider one; English where it has none.

    A script that the language is not usually written in has no catalogue: `sr-Latn` is not `sr`.
    """
    # Tags are the same in capitals and small letters (RFC 5646, 2.1.1), names of folders need not be.
    folders = {folder.name.lower().replace("_", "-"): folder.name for folder in LOCALE.iterdir()}
    for tag in _wider(language.lower()):
        name = folders.get(tag)
        if name is not None and _compiled(name).is_file():
            return Words(name.replace("_", "-"), gettext.translation(DOMAIN, LOCALE, [name]))
    return Words(ENGLISH, gettext.NullTranslations())


@functools.cache
def _characters(folder: str) -> frozenset[str]:
    """Return the characters of all words in a catalogue."""
    from babel.messages.mofile import read_mo

    with _compiled(folder).open("rb") as file:
        messages = [message.string for message in read_mo(file) if message.id]
    return frozenset("".join(text if isinstance(text, str) else "".join(text or ()) for text in messages))


def _compiled(folder: str) -> Path:
    return LOCALE / folder / "LC_MESSAGES" / f"{DOMAIN}.mo"


def _wider(language: str) -> list[str]:
    """Return a tag in small letters, and the wider ones whose words its readers can read."""
    first, *others = _TAG_OF_LANGUAGE.split(language, maxsplit=1)[0].split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), "")
    if first in {"yue", "zh", "cmn"} and not script:
        script = "hant" if first == "yue" or _TRADITIONAL & set(others) else "hans"
    first = _ALIASES.get(first, first)
    if script and script not in _SCRIPTS.get(first, ("latn",)):
        return []
    region = [part for part in others if part != script]
    with_script = [first, *([script] if script else []), *region]
    tags = ["-".join(with_script[:count]) for count in range(len(with_script), 0, -1)]
    # The name of a catalogue need not have the usual script of its language.
    return [*tags, *("-".join([first, *region[:count]]) for count in range(len(region), 0, -1))]
