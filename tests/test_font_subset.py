"""Fonts with some of their characters: what stays in them, and how they set a text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import uharfbuzz as hb
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from cardpipe.mathjax.font_tables import font_file
from cardpipe.mathjax.fonts import font_bytes
from cardpipe.writers.page.font_subset import subset_font
from cardpipe.writers.pdf.composing.fonts import FONTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cardpipe.writers.pdf.composing.fonts import Font

_TEXT = [font for font in FONTS if font.file.startswith("Source")]
_LATIN = range(0x20, 0x7F)
_PAIRS = ("AV", "To", "Wa.", "fi", "office", "r,", "(f)")


def _subset(data: bytes, points: Iterable[int] = _LATIN) -> bytes:
    return font_file(subset_font(data, points, features=("kern", "liga"), names=(0, 13, 14)), "woff2")


def _unpacked(data: bytes) -> bytes:
    out = io.BytesIO()
    with TTFont(io.BytesIO(data)) as font:
        font.flavor = None
        font.save(out)
    return out.getvalue()


def _outlines(font: TTFont) -> dict[str, tuple[object, int]]:
    glyphs, characters = font.getGlyphSet(), font.getBestCmap()
    found: dict[str, tuple[object, int]] = {}
    for point, name in characters.items():
        pen = DecomposingRecordingPen(glyphs)
        glyphs[name].draw(pen)
        found[chr(point)] = pen.value, glyphs[name].width
    return found


def _advances(data: bytes, text: str) -> list[tuple[int, int]]:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(hb.Font(hb.Face(data)), buffer, {"kern": True, "liga": True})
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    return [(info.cluster, position.x_advance) for info, position in zip(infos, positions, strict=True)]


@pytest.mark.parametrize("font", _TEXT, ids=lambda font: font.file)
def test_a_subset_draws_and_kerns_as_the_font_does(font: Font) -> None:
    made = _subset(font.data)
    with TTFont(io.BytesIO(font.data)) as whole, TTFont(io.BytesIO(made)) as part:
        expected, found = _outlines(whole), _outlines(part)
    assert found == {character: expected[character] for character in map(chr, _LATIN)}
    unpacked = _unpacked(made)
    assert [_advances(unpacked, pair) for pair in _PAIRS] == [_advances(font.data, pair) for pair in _PAIRS]


@pytest.mark.parametrize("letter", ["N", "I", "YN"])
def test_a_font_of_formulas_keeps_its_outlines_in_either_format(letter: str) -> None:
    data = font_bytes(letter)
    made = font_file(subset_font(data, [ord("x"), ord("y")], notdef_outline=True), "woff2")
    with TTFont(io.BytesIO(data)) as whole, TTFont(io.BytesIO(made)) as part:
        expected, found = _outlines(whole), _outlines(part)
        assert found == {character: expected[character] for character in ("x", "y")}
        assert not part["name"].names
        assert part.getGlyphOrder()[0] == ".notdef"


def test_a_subset_keeps_licence_and_date_and_is_the_same_each_time() -> None:
    data = _TEXT[0].data
    made = _subset(data)
    assert made == _subset(data)
    with TTFont(io.BytesIO(data)) as whole, TTFont(io.BytesIO(made)) as part:
        assert {name.nameID for name in part["name"].names} == {0, 13, 14}
        assert part["name"].getDebugName(13) == whole["name"].getDebugName(13)
        assert part["head"].modified == whole["head"].modified


def test_characters_that_a_font_lacks_are_left_out() -> None:
    with TTFont(io.BytesIO(_subset(_TEXT[0].data, [ord("a"), 0x4E00]))) as made:
        assert set(made.getBestCmap()) == {ord("a")}
