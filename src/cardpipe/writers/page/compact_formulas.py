"""Formulas in few bytes, for a page with many: coordinates in two hundredths of an em, and glyphs in common elements.

What one sees is what `typeset.js` wrote. Places are rounded by at most a four-hundredth of an em, which is less than
half a dot of 600 an inch in text of up to 24 points.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.mathjax.fonts import SIZES, TEXT, UNKNOWN, advances

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

UNITS: Final = 200
"""Units of an em."""
_SCALE: Final = UNITS / 1000
LETTERS_FIRST: Final = ("I", "N")
"""The fonts with the most glyphs: of the letters, the slanted ones need no class."""
_FLOWING: Final = 4
"""A run with more glyphs than this whose places are not given is an element of its own, so that they need not be."""
_TOLERANCE: Final = 1.0
"""Thousandths of an em by which a glyph may be off where the glyph before it ends."""
_ATTRIBUTE: Final = re.compile(r' ([a-z-]+)="([^"]*)"')
_GROUP: Final = re.compile(r"<(/?)g\b[^>]*>")
_BAR: Final = re.compile(r'<rect((?: [a-z]+="[^"]*")*)/>')
_FONT_SIZE: Final = re.compile(r"font-size:([\d.]+)px")
_BARE: Final = re.compile(r"[^\s\"'=<>`]+")


class _Glyph(NamedTuple):
    """A character with where it begins and ends, in thousandths of an em."""

    character: str
    start: float
    end: float


class CompactFormulas:
    """Writes formulas, knowing the characters of each font in the whole page.

    Text without a class is in the first of `fonts` that has a character, so that letters and signs of different fonts
    can stand in one element.
    """

    def __init__(self, characters: Mapping[str, Set[str]]) -> None:
        first = [letter for letter in LETTERS_FIRST if letter in characters]
        self.fonts = (*first, *sorted(characters.keys() - {*first, *UNKNOWN}))
        self._plain: dict[str, Set[str]] = {}
        taken: set[str] = set()
        for letter in self.fonts:
            self._plain[letter] = characters[letter] - taken
            taken |= characters[letter]

    @functools.cached_property
    def key(self) -> str:
        """Everything that determines how a formula is written, for cache keys."""
        return repr([(letter, "".join(sorted(plain))) for letter, plain in self._plain.items()])

    def written(self, shapes: str) -> str:
        """The shapes of a formula, without the root of their SVG."""
        parts: list[str] = []
        runs: dict[tuple[str, ...], list[_Glyph]] = {}
        for part in _elements(shapes):
            text, bar = TEXT.fullmatch(part), _BAR.fullmatch(part)
            if text is not None and text["face"] not in UNKNOWN and "style=" not in text["more"]:
                self._add(text, runs)
                continue
            # What follows a shape with a colour may lie on it.
            if bar is None or "fill=" in part:
                parts += _texts(runs)
            if text is not None:
                parts.append(_alone(text))
            else:
                parts.append(_bar(bar[1]) if bar is not None else f"<g transform=scale({_SCALE:g})>{part}</g>")
        return "".join([*parts, *_texts(runs)])

    def _add(self, match: re.Match[str], runs: dict[tuple[str, ...], list[_Glyph]]) -> None:
        """Put a run's glyphs behind those of the same kind."""
        face, text = match["face"], html.unescape(match["text"])
        known = dict(_ATTRIBUTE.findall(match["more"]))
        places = [float(place) for place in known.get("x", "0").split()]
        size = SIZES.get(match["size"] or "", 1000) / 1000
        classes = " ".join(filter(None, ("" if set(text) <= self._plain.get(face, set()) else face, match["size"])))
        apart = str(len(runs)) if len(text) - len(places) > _FLOWING else ""
        run = runs.setdefault((classes, known.get("y", "0"), known.get("fill", ""), apart), [])
        widths = advances(face)
        for index, character in enumerate(text):
            start = places[index] if index < len(places) else run[-1].end
            run.append(_Glyph(character, start, start + widths[character] * size))


def scaled(thousandths: float) -> int:
    """Thousandths of an em in units."""
    return round(thousandths * _SCALE)


def attribute(name: str, value: str) -> str:
    """An attribute of HTML; empty without a value."""
    quote = "" if _BARE.fullmatch(value) else '"'
    return value and f" {name}={quote}{value}{quote}"


def _elements(shapes: str) -> Iterator[str]:
    """The elements of a formula one by one, each with all that is in it."""
    position = 0
    while position < len(shapes):
        end = shapes.find("</text>", position) + 7 if shapes.startswith("<text", position) else 0
        if shapes.startswith("<rect", position):
            end = shapes.index(">", position) + 1
        if not end:
            depth = 0
            for match in _GROUP.finditer(shapes, position):
                depth += -1 if match[1] else 1
                if not depth:
                    end = match.end()
                    break
        yield shapes[position : end or len(shapes)]
        position = end or len(shapes)


def _texts(runs: dict[tuple[str, ...], list[_Glyph]]) -> Iterator[str]:
    """The elements of the runs, which are then forgotten."""
    for (classes, y, fill, _), run in runs.items():
        given = len(run)
        while given > 1 and abs(run[given - 1].start - run[given - 2].end) <= _TOLERANCE:
            given -= 1
        places = ",".join(str(scaled(glyph.start)) for glyph in run[:given])
        yield _text(classes, places, y, fill, "", "".join(glyph.character for glyph in run))
    runs.clear()


def _alone(match: re.Match[str]) -> str:
    """A run in a size or a font of its own."""
    known = dict(_ATTRIBUTE.findall(match["more"]))
    places = ",".join(str(scaled(float(place))) for place in known.get("x", "0").split())
    style = _FONT_SIZE.sub(lambda size: f"font-size:{float(size[1]) * _SCALE:g}px", known.get("style", ""))
    classes = " ".join(filter(None, (match["face"], match["size"])))
    return _text(classes, places, known.get("y", "0"), known.get("fill", ""), style, html.unescape(match["text"]))


def _text(classes: str, places: str, y: str, fill: str, style: str, text: str) -> str:
    values = {
        "class": classes,
        "x": "" if places == "0" else places,
        "y": "" if not (units := scaled(float(y))) else str(units),
        "fill": fill,
        "style": style,
    }
    attributes = "".join(attribute(name, value) for name, value in values.items())
    return f"<text{attributes}>{html.escape(text, quote=False)}</text>"


def _bar(attributes: str) -> str:
    known = {
        name: value if name == "fill" else f"{round(float(value) * _SCALE, 1):g}"
        for name, value in _ATTRIBUTE.findall(attributes)
    }
    return f"<rect{''.join(attribute(name, value) for name, value in known.items())} />"
