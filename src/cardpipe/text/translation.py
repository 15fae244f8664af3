"""The words around a card (“Answer”, “Tags”) in the deck's language, from the catalogues of gettext in `locale/`.

CONTRIBUTING.md says how a catalogue is changed.
"""

from __future__ import annotations

import functools
import gettext
from pathlib import Path
from typing import Final

LOCALE: Final = Path(__file__).parent.parent / "locale"
DOMAIN: Final = "cardpipe"


@functools.cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language (a tag of BCP 47, as in pt-BR), else of the wider one; English where there is none.

    Its method `gettext` gives the words for English ones, `ngettext` for a number of things.
    """
    # Tags are the same in capitals and small letters (RFC 5646, 2.1.1), names of folders need not be.
    folders = {folder.name.lower(): folder.name for folder in LOCALE.iterdir()}
    parts = language.lower().split("-")
    names = ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return gettext.translation(DOMAIN, LOCALE, [folders.get(name, name) for name in names], fallback=True)
