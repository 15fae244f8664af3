"""The icons of a site and the picture that shows it in previews of links, drawn here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from cardpipe.writers.api import recalled
from cardpipe.writers.pdf.composing.fonts import FONTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from cardpipe.writers.api import Memory

_BLUE, _LIGHT, _PAPER, _LINE = "#1f4e79", "#9db7cf", "#ffffff", "#d8d8d6"
_FINER: Final = 4
"""Pixels are drawn so many times finer and then averaged."""
_TITLE: Final = "SourceSerifPro-Semibold.ttf"
PREVIEW_SIZE: Final = (1200, 630)


def icon(size: int, margin: float, memory: Memory | None) -> bytes:
    """Return the icon as PNG of a size in pixels; `margin` is the share of it on each side that is left empty."""
    return recalled(memory, ("icon of the site", f"{size} {margin}"), lambda: _icon(size, margin))


def preview(name: str, memory: Memory | None) -> bytes:
    """Return a picture with the deck's name as PNG; without it if the font lacks one of its characters."""
    return recalled(memory, ("preview of the site", name), lambda: _preview(name))


def _icon(size: int, margin: float) -> bytes:
    from PIL import Image

    whole = Image.new("RGB", (size * _FINER, size * _FINER), _BLUE)
    room = size * _FINER * (1 - 2 * margin)
    _draw_cards(whole, size * _FINER * margin, size * _FINER * margin, room)
    return _png(whole.resize((size, size), Image.Resampling.BOX))


def _preview(name: str) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    width, height = PREVIEW_SIZE
    finer = 2
    whole = Image.new("RGB", (width * finer, height * finer), "#f3f3f1")
    draw = ImageDraw.Draw(whole)
    draw.rectangle((0, 0, width * finer, 24 * finer), fill=_BLUE)
    data = next(font.data for font in FONTS if font.file == _TITLE)
    lines: list[str] = []
    size = 0
    if _has_all(data, name):
        for size in (84, 72, 60, 50, 42, 34):
            font = ImageFont.truetype(io.BytesIO(data), size * finer)
            lines = _wrapped(name, font.getlength, (width - 440) * finer)
            if len(lines) * size * 1.25 <= height - 160:
                break
        else:
            lines = []
    side = 300 * finer
    left = (width - 380) * finer if lines else (width * finer - side) / 2
    _draw_cards(whole, left, (height * finer - side) / 2, side)
    if lines:
        step = size * 1.25 * finer
        top = (height * finer - len(lines) * step) / 2
        for number, text in enumerate(lines):
            draw.text((70 * finer, top + number * step), text, fill="#222222", font=font)
    return _png(whole.resize(PREVIEW_SIZE, Image.Resampling.BOX))


def _draw_cards(picture: Image, left: float, top: float, side: float) -> None:
    """Draw two cards, one behind the other, into a square."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)

    def box(x: float, y: float, width: float, height: float, colour: str, outline: str = "") -> None:
        place = (left + x * side, top + y * side, left + (x + width) * side, top + (y + height) * side)
        border = max(1, round(side * 0.012)) if outline else 0
        draw.rounded_rectangle(place, radius=0.05 * side, fill=colour, outline=outline or None, width=border)

    box(0.22, 0.14, 0.62, 0.48, _LIGHT)
    box(0.12, 0.28, 0.66, 0.52, _PAPER, _LINE)
    for y, width, colour in ((0.40, 0.44, _BLUE), (0.52, 0.50, _LIGHT), (0.62, 0.36, _LIGHT)):
        box(0.2, y, width, 0.045, colour)


def _has_all(data: bytes, text: str) -> bool:
    from fontTools.ttLib import TTFont

    with TTFont(io.BytesIO(data), lazy=True) as font:
        known = font.getBestCmap()
    return all(ord(character) in known for character in text)


def _wrapped(text: str, width_of: Callable[[str], float], room: float) -> list[str]:
    """Return the lines of a text; far too many if one of its words is wider than the room."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines if all(width_of(line) <= room for line in lines) else lines * 99


def _png(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()
