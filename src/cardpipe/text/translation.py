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
    parts = language.split("-")
    names = ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return gettext.translation(DOMAIN, LOCALE, names, fallback=True)
