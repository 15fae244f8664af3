"""A field of a note as what it shows, which can be compared, and as Markdown, which can be written."""

from __future__ import annotations

import html as html_module
import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from cardpipe.importing.cards import LONGEST_FIELD
from cardpipe.importing.cleaning import dropped
from cardpipe.importing.markdown import Converter
from cardpipe.importing.shown import shown
from cardpipe.render.media import CONTENT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.importing.shown import Line

_NAMED: Final = re.compile(
    r"""<(?:img|audio)\b[^<>]*?\ssrc=(?:"([^"]+)"|'([^']+)'|([^\s"'<>]+))|\[sound:([^\[\]<>\n]+)\]"""
)
_ADDRESS: Final = "the remote picture "
_SOUND: Final = 4
"""The group of `_NAMED` for sounds in Anki's notation."""
_CONTINUED: Final = re.compile(
    r"</table\s*>((?:\s|&nbsp;|<br\s*/?>|</?(?:div|p)\b[^<>]*>)*)<table\b[^<>]*>((?:(?!</?table\b|<th\b).)*)</table\s*>",
    re.IGNORECASE | re.DOTALL,
)
"""A table and one without a head below it, with what is between them and its rows."""
_ROW: Final = re.compile(r"<tr\b", re.IGNORECASE)
_LONGEST_ROW: Final = 5_000
"""Maximum characters of the row above that is looked at."""
_CELL: Final = re.compile(r"<t[dh]\b", re.IGNORECASE)
_FOREIGN: Final = "a picture or sound that is not of the deck"
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
            self._media.stems.update(_stem(name) for _, name in _named(text))

    def read_learners(self, source: str, shipped: str, *, clozes: bool) -> FieldForms | None:
        """Read a learner's field like `read`, with the pictures and sounds of the shipped one under their own names.

        A deck that was imported ships media under other names than learners have. A file that a learner put in place
        of a shipped one counts as the shipped one, so that no picture is removed from the source, and is left out.
        """
        self._media.others, is_replaced = self._pairs(source, shipped)
        found = self.read(source, clozes=clozes)
        self._media.others = {}
        if found is None or not is_replaced or _FOREIGN in found.left_out:
            return found
        return found._replace(left_out=(_FOREIGN, *found.left_out))

    def _pairs(self, source: str, shipped: str) -> tuple[dict[str, str], bool]:
        """Return shipped stems by unknown names in a learner's field, and whether some were paired by order only."""
        theirs, ours = list(_named(source)), list(_named(shipped))
        present = {_stem(name) for _, name in theirs}
        missing = [(kind, _stem(name)) for kind, name in ours if _stem(name) not in present]
        unknown = [(kind, name) for kind, name in theirs if self._media.name_of(name) is None]
        pairs: dict[str, str] = {}
        for kind, name in unknown:
            same = next((one for one in missing if one[0] == kind and _plain(one[1]) == _plain(name)), None)
            if same is not None and name not in pairs:
                pairs[name] = same[1]
                missing.remove(same)
        is_replaced = False
        for kind, name in unknown:
            other = next((one for one in missing if one[0] == kind), None)
            if other is not None and name not in pairs:
                pairs[name] = other[1]
                missing.remove(other)
                is_replaced = True
        return pairs, is_replaced

    def read(self, source: str, *, clozes: bool) -> FieldForms | None:
        """Read a field; None if it is too large to be compared."""
        if len(source) > LONGEST_FIELD:
            return None
        forms = self._converter.forms(_with_joined_tables(source), clozes=clozes)
        if forms is None:
            return None
        left_out = [_FOREIGN] if forms.dropped else []
        left_out += [what for what in dropped(source) if not what.startswith(_ADDRESS)]
        return FieldForms(tuple(_words(shown(forms.atoms, clozes=clozes))), forms.markdown, tuple(left_out))


class _ShippedMedia:
    """The media that a deck shipped, by the part of their names that does not depend on their content."""

    def __init__(self) -> None:
        self.stems: set[str] = set()
        self.others: dict[str, str] = {}
        """Stems of shipped files by the names that a learner's field has for them."""

    def name_of(self, name: str) -> str | None:
        """Return the stem of a shipped file; None for any other."""
        stem = _stem(name)
        return stem if stem in self.stems else self.others.get(unquote(name))


def _with_joined_tables(source: str) -> str:
    """Return a field in which a table without a head continues the one above it, if it has as many columns.

    In Anki's editor, a row that is copied and inserted below its table is a table of its own.
    """

    def joined(match: re.Match[str]) -> str:
        above = _ROW.split(source[max(0, match.start() - _LONGEST_ROW) : match.start()])
        below = _ROW.split(match[2], 2)
        is_continued = min(len(above), len(below)) > 1 and _width(above[-1]) == _width(below[1])
        return f"{match[2]}</table>{match[1]}" if is_continued else match[0]

    while (found := _CONTINUED.sub(joined, source)) != source:
        source = found
    return source


def _width(row: str) -> int:
    return len(_CELL.findall(row))


def _named(source: str) -> Iterator[tuple[str, str]]:
    """Yield the media that a field names, each with `picture` or `sound`."""
    for match in _NAMED.finditer(source):
        kind = "sound" if match.lastindex == _SOUND or match[0].startswith("<audio") else "picture"
        yield kind, unquote(html_module.unescape(match[match.lastindex or 0]))


def _plain(name: str) -> str:
    """Return a name without what an import changes: its extension, and characters that are not portable."""
    stem = unicodedata.normalize("NFC", PurePosixPath(name).stem).casefold()
    return re.sub(r"[^\w.]+|_", "-", stem).strip("-")


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
