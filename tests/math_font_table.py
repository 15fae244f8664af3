"""Generates `cardpipe/mathjax/characters.json`; run it when MathJax changes (`python tests/math_font_table.py`).

MathJax's SVG output draws outlines; its HTML output sets the same glyphs in fonts. This asks both for each glyph, and
keeps it where the font's own outline and advance are those of the SVG. What is left out stays an outline: combining
marks, which a browser would move, and characters for private use, which nobody could search for.
"""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import product
from typing import TYPE_CHECKING, Any

import quickjs
from fontTools.pens.areaPen import AreaPen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from fontTools.ttLib import TTFont

from cardpipe.mathjax.fonts import CHARACTERS, FACES, font_path, mathjax_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = (
    "loader.js core.js adaptors/liteDOM.js input/tex-full.js output/svg.js output/svg/fonts/tex.js output/chtml.js "
    "output/chtml/fonts/tex.js"
)
_PRELUDE = (
    "var window = globalThis, self = globalThis, global = globalThis; MathJax = {loader: {load: []}, startup: {}};"
)
_LIST = """(function () {
  const svg = new MathJax._.output.svg.fonts.tex_ts.TeXFont();
  const chtml = new MathJax._.output.chtml.fonts.tex_ts.TeXFont();
  const found = [];
  for (const variant of Object.keys(svg.variant)) {
    for (const code in svg.variant[variant].chars) {
      const [, , width, drawn] = svg.getChar(variant, Number(code));
      const set = (chtml.getChar(variant, Number(code)) || [])[3];
      if (drawn && drawn.p && set) {
        const letter = set.f !== undefined ? set.f : chtml.variant[variant].letter;
        found.push([variant, Number(code), drawn.p, width, letter || "N", set.c || ""]);
      }
    }
  }
  return JSON.stringify(found);
})()"""
_ESCAPED = re.compile(r"\\(?:([0-9A-Fa-f]{1,6}) ?|(.))")
_OTHER_SHAPES = frozenset(
    [
        *product(FACES, "\u25ca\u221d"),
        *product("A", "\u229a\u229b\u229d"),
        *product("B", "\u0398\u25ef"),
        ("N", "\u2296"),
        ("SS", "O"),
        ("SSB", "4"),
        ("C", "8"),
    ]
)
"""Glyphs whose outlines are farther apart than half a dot of 600 an inch, in ten points: a lozenge and a sign of
proportion in any font, and some round ones."""
_NEAR = 3
"""Units, of which an em has a thousand, by which an outline may differ: fonts have curves of another kind."""


class _Face:
    def __init__(self, letter: str) -> None:
        self._font = TTFont(font_path(letter))
        self._glyphs: Any = self._font.getGlyphSet()
        self._names = self._font.getBestCmap()

    def has(self, character: str, outline: str, width: float) -> bool:
        name = self._names.get(ord(character))
        if name is None or abs(self._glyphs[name].width - width * 1000) > 1:
            return False
        drawn = RecordingPen()
        parse_path(f"M{outline}Z", drawn)
        (box, area), (other, other_area) = _shape(drawn.replay), _shape(self._glyphs[name].draw)
        around = 2 * (box[2] - box[0] + box[3] - box[1])
        return (
            max(abs(a - b) for a, b in zip(box, other, strict=True)) <= _NEAR
            and abs(area - other_area) <= _NEAR * around
        )


def _shape(draw: Any) -> tuple[tuple[float, ...], float]:
    bounds, area = BoundsPen(None), AreaPen(None)
    draw(bounds)
    draw(area)
    return bounds.bounds or (0, 0, 0, 0), abs(area.value)


def glyphs() -> Iterator[tuple[str, int, str, str]]:
    """Each outline once: its variant and code in MathJax, the letter of its font and the character there."""
    context = quickjs.Context()
    context.set_max_stack_size(8 * 1024 * 1024)
    context.eval(_PRELUDE)
    for name in _FILES.split():
        context.eval(mathjax_folder().joinpath(name).read_text(encoding="utf-8"))
    faces = {letter: _Face(letter) for letter in FACES}
    seen: set[str] = set()
    for variant, code, outline, width, letter, content in json.loads(context.eval(_LIST)):
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], content) or chr(code)
        good = (
            len(text) == 1
            and unicodedata.category(text) not in {"Mn", "Co", "Cn", "Cc", "Cf"}
            and (letter, text) not in _OTHER_SHAPES
        )
        if outline not in seen and good and letter in faces and faces[letter].has(text, outline, width):
            seen.add(outline)
            yield variant, code, letter, text


def table() -> dict[str, dict[str, list[list[int]]]]:
    """By variant and font, runs of codes: the first, the last, and what is added to one to get the character."""
    made: dict[str, dict[str, list[list[int]]]] = {}
    for variant, code, letter, text in sorted(glyphs()):
        runs = made.setdefault(variant, {}).setdefault(letter, [])
        shift = ord(text) - code
        if runs and runs[-1][1] == code - 1 and runs[-1][2] == shift:
            runs[-1][1] = code
        else:
            runs.append([code, code, shift])
    return made


def text() -> str:
    """The file."""
    return json.dumps(table(), separators=(",", ":"), sort_keys=True).replace('},"', '},\n"') + "\n"


if __name__ == "__main__":
    CHARACTERS.write_text(text(), encoding="utf-8", newline="\n")
