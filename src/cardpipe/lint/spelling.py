"""Spelling checks by pyspellchecker (MIT), an optional dependency."""

from __future__ import annotations

import functools
import gzip
import json
import pkgutil
import re
import unicodedata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from cardpipe.cache.installed import version_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spellchecker import SpellChecker

    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import DeckSettings

LANGUAGES: Final = frozenset(["ar", "de", "en", "es", "eu", "fa", "fr", "it", "lv", "nl", "pt", "ru"])
"""The languages that the library supports."""

_BRITISH: Final = (
    (re.compile(r"is(?=(?:e|ed|es|er|ers|ing|able|ation|ations)$)"), "iz"),
    (re.compile(r"ys(?=(?:e|ed|es|er|ers|ing)$)"), "yz"),
    (re.compile(r"our(?=$|s$|ed$|ing$|hood|able|ful|less|ite|ites)"), "or"),
    (re.compile(r"tre(?=s?$)"), "ter"),
    (re.compile(r"tr(?=(?:ed|ing)$)"), "ter"),
    (re.compile(r"ll(?=(?:ed|er|ers|ing)$)"), "l"),
    (re.compile(r"ogue(?=s?$)"), "og"),
    (re.compile(r"ence(?=s?$)"), "ense"),
)
"""British endings and their American forms; the library knows American English only."""
_PREFIXES: Final = ("multi", "hyper", "over", "under", "non", "pre", "post", "sub", "super", "inter", "un", "re")

_LONGEST: Final = 40
"""The maximum length of a word with a suggestion: the library tries every letter at every position."""


class Speller(Protocol):
    """A spelling checker for one language."""

    correct: set[str]
    """Words without findings: most words occur many times."""

    def is_known(self, word: str) -> bool:
        """Return whether a word, in lower case, is spelt correctly."""

    def likely(self, word: str) -> str | None:
        """Return the likely spelling of an unknown word, if there is one."""


def is_installed() -> bool:
    """Return whether the library is installed (extra `spelling`)."""
    return find_spec("spellchecker") is not None


def speller_of(settings: DeckSettings, cache: Cache) -> Speller | None:
    """Return the spelling checker of a deck; None if the deck does not enable it, or its language is not supported."""
    language = settings.language.text.lower().partition("-")[0]
    if settings.lint is None or not settings.lint.spelling or language not in LANGUAGES or not is_installed():
        return None
    own = [word.text for word in settings.words]
    own += [
        part for tag in settings.tags for part in re.findall(r"[^\W\d_]+", f"{tag.name.text} {tag.description.text}")
    ]
    return _Speller(language, own, cache)


@functools.cache
def _library(language: str) -> SpellChecker:
    from spellchecker import SpellChecker

    return SpellChecker(language=language, distance=1)


def forget_dictionaries() -> None:
    """Release the dictionaries with the frequencies of words, which take 40 MB each; only suggestions need them."""
    _library.cache_clear()


@functools.lru_cache(maxsize=1)
def _listed(language: str) -> bytes:
    """Return the words that the library knows in a language, sorted, each with a line feed after it, in UTF-8."""
    # Read without the library, which takes three times as long for what only suggestions need.
    packed = pkgutil.get_data("spellchecker", f"resources/{language}.json.gz") or b""
    listed = json.loads(gzip.decompress(packed).decode().lower())
    # The library does not know numbers, even if they are in its dictionary; no number begins with a letter.
    found = [word for word in listed if word[:1].isalpha()]
    if len(found) < len(listed):
        found += _library(language).known(listed.keys() - set(found))
    # Characters have the order of their UTF-8.
    return "".join(f"{word}\n" for word in sorted(found)).encode()


def _contains(lines: bytes, word: str) -> bool:
    """Return whether a word is one of the sorted lines."""
    wanted = word.encode("utf-8", "surrogatepass") + b"\n"
    start, end = 0, len(lines)
    while start < end:
        first = max(start, lines.rfind(b"\n", start, (start + end) // 2) + 1)
        after = lines.index(b"\n", first) + 1
        line = lines[first:after]
        if line == wanted:
            return True
        start, end = (after, end) if line < wanted else (start, first)
    return False


class _Speller:
    def __init__(self, language: str, own: Iterable[str], cache: Cache) -> None:
        self._language = language
        self._cache = cache
        self._own = {word.lower() for word in own}
        self._known: dict[str, bool] = {}
        self.correct: set[str] = set()

    def is_known(self, word: str) -> bool:
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._is_known(word)
        return known

    def likely(self, word: str) -> str | None:
        if len(word) > _LONGEST:
            return None
        library = _library(self._language)
        found: str | None = library.correction(word)
        if found is None or found == word:
            return None
        # Among equally frequent words the library takes the first of a set, which differs from run to run.
        return min(other for other in library.candidates(word) or (found,) if library[other] == library[found])

    def _is_known(self, word: str) -> bool:
        if any(form in self._own for form in _singulars(word)) or self._is_in_library(word):
            return True
        if self._language != "en":
            return False
        forms = [*_singulars(word), *(american.sub(us, word) for american, us in _BRITISH if american.search(word))]
        forms += [form.removeprefix(prefix) for prefix in _PREFIXES for form in forms if form.startswith(prefix)]
        return word in _PREFIXES or any(form in self._own or self._is_in_library(form) for form in forms)

    def _is_in_library(self, word: str) -> bool:
        return _contains(self._lines, word)

    @functools.cached_property
    def _lines(self) -> bytes:
        """The words of the library: it takes ten times as long, and as much memory, to load its dictionary."""
        version = f"{version_of('pyspellchecker')} {unicodedata.unidata_version}"
        key = self._cache.key("dictionary", version, self._language)
        lines = self._cache.get(key)
        if lines is None:
            lines = _listed(self._language)
            self._cache.put(key, lines)
        return lines


def _singulars(word: str) -> list[str]:
    return [word, *([word[:-1]] if word.endswith("s") else []), *([word[:-2]] if word.endswith("es") else [])]
