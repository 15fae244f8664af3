"""A field of a note as what it shows, which can be compared, and as Markdown, which can be written."""

from __future__ import annotations

import html as html_module
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.importing.cards import LONGEST_FIELD
from cardpipe.importing.cleaning import dropped
from cardpipe.importing.markdown import Converter
from cardpipe.importing.shown import shown
from cardpipe.render.media import CONTENT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.importing.shown import Line

_NAMED: Final = re.compile(r'<(?:img|audio)\b[^<>]*? src="([^"]+)"|\[sound:([^\[\]<>\n]+)\]')
_ADDRESS: Final = "the remote picture "
ShownWord = tuple[object, ...]
"""A word with its marks, a picture, a formula, or the beginning of a line."""


class FieldForms(NamedTuple):
    """A field in the forms that are compared and written."""

    words: tuple[ShownWord, ...]
    """What it shows."""
    markdown: str | None
    """None if it is too deeply nested to be converted."""
    left_out: tuple[str, ...]
    """What it has that is never taken over, in words."""


class FieldReader:
    """Reads fields of notes; belongs to one thread."""

    def __init__(self) -> None:
        self._media = _ShippedMedia()
        self._converter = Converter(self._media, lambda _tex, _display: False)

    def forget(self) -> None:
        """Know no media any more."""
        self._media.stems.clear()

    def know(self, fields: Iterable[str]) -> None:
        """Know the media of shipped fields too; unknown ones are left out of the fields that are read from now on."""
        for text in fields:
            for match in _NAMED.finditer(text):
                self._media.stems.add(_stem(html_module.unescape(match[1] or match[2])))

    def read(self, source: str, *, clozes: bool) -> FieldForms | None:
        """Read a field; None if it is too large to be compared."""
        if len(source) > LONGEST_FIELD:
            return None
        forms = self._converter.forms(source, clozes=clozes)
        if forms is None:
            return None
        left_out = ["a picture or sound that is not of the deck"] if forms.dropped else []
        left_out += [what for what in dropped(source) if not what.startswith(_ADDRESS)]
        return FieldForms(tuple(_words(shown(forms.atoms, clozes=clozes))), forms.markdown, tuple(left_out))


class _ShippedMedia:
    """The media that a deck shipped, by the part of their names that does not depend on their content."""

    def __init__(self) -> None:
        self.stems: set[str] = set()

    def name_of(self, name: str) -> str | None:
        """Return the stem of a shipped file; None for any other."""
        stem = _stem(name)
        return stem if stem in self.stems else None


def _stem(name: str) -> str:
    """Return the part of an asset's name that is the same in all releases."""
    match = CONTENT_NAME.fullmatch(name)
    return match["stem"] if match is not None else name


def _words(lines: Iterable[Line]) -> Iterator[ShownWord]:
    """Yield words in one sequence; items and rows have no numbers, so that a new one changes no other."""
    former: tuple[str, ...] = ()
    for line in lines:
        yield ("line", *(_container(name, former[depth : depth + 1]) for depth, name in enumerate(line.containers)))
        former = line.containers
        for number, word in enumerate(line.words):
            if word != ("space",):
                yield (word, line.words[number + 1 : number + 2] == (("space",),))


def _container(name: str, former: tuple[str, ...]) -> tuple[str, bool]:
    """Return a container; of an item or a row, whether it is another one than that of the line before."""
    kind, _, _ = name.partition(" ")
    return (kind, former != (name,)) if kind in {"item", "row"} else (name, False)
