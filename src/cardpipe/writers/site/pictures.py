"""The pictures that show a site and its cards in previews of links, drawn here."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.writers.api import recalled
from cardpipe.writers.pdf.composing.fonts import FONTS
from cardpipe.writers.site.content_names import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

    from cardpipe.writers.api import Memory

_BLUE, _LIGHT, _PAPER, _LINE = "#1f4e79", "#9db7cf", "#ffffff", "#d8d8d6"
_TITLE: Final = "SourceSerifPro-Semibold.ttf"
_TEXT: Final = "SourceSerifPro-Regular.ttf"
PREVIEW_SIZE: Final = (1200, 630)
CARD_PICTURES: Final = "pictures/"
"""The folder of the pictures of cards that are drawn for previews of links."""
_SHADES: Final = 14
"""Shades between paper and ink; with paper and blue, a pixel has 4 bits."""


@dataclass(frozen=True, slots=True)
class CardPicture:
    """A picture of a card's title and question, which is not drawn yet."""

    card_id: str
    texts: tuple[str, str, str]
    """The title, the question or nothing, and the name of the deck."""

    @property
    def path(self) -> str:
        """Return its path, which has a digest of its texts."""
        return f"{CARD_PICTURES}{self.card_id}-{digest_of(text.encode() for text in self.texts)[:12]}.png"

    def draw(self) -> bytes:
        """Return it as PNG."""
        return _card_picture(*self.texts)


def card_picture(card_id: str, title: str, question: str, name: str) -> CardPicture | None:
    """Return the picture of a card; None if the font lacks a character of its title.

    It has the question if that has no formula and no such character, and likewise the deck's name.
    """
    if not _can_draw(title):
        return None
    shown = question if "$" not in question and _can_draw(question) else ""
    return CardPicture(card_id, (title, shown, name if _can_draw(name) else ""))


def preview(name: str, memory: Memory | None) -> bytes:
    """Return a picture with the deck's name as PNG; without it if the font lacks one of its characters."""
    return recalled(memory, ("preview of the site", name), lambda: _preview(name))


def _preview(name: str) -> bytes:
    from PIL import Image, ImageDraw

    width, height = PREVIEW_SIZE
    finer = 2
    whole = Image.new("RGB", (width * finer, height * finer), "#f3f3f1")
    draw = ImageDraw.Draw(whole)
    draw.rectangle((0, 0, width * finer, 24 * finer), fill=_BLUE)
    lines: list[str] = []
    size = 0
    if _can_draw(name):
        for size in (84, 72, 60, 50, 42, 34):
            font = _font(_TITLE, size * finer)
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


def _card_picture(title: str, question: str, name: str) -> bytes:
    from PIL import Image, ImageDraw

    width, height = PREVIEW_SIZE
    left, bottom = 70, height - 110
    ink = Image.new("L", PREVIEW_SIZE, 0)
    draw = ImageDraw.Draw(ink)
    top = 80
    for text, file, size, most, shade, gap in ((title, _TITLE, 64, 3, 255, 24), (question, _TEXT, 38, 5, 255, 0)):
        font = _font(file, size)
        step = round(size * 1.3)
        for one in _cut(text, font, width - 2 * left, min(most, (bottom - top) // step)):
            draw.text((left, top), one, fill=shade, font=font)
            top += step
        top += gap
    for one in _cut(name, _font(_TEXT, 30), width - 2 * left, 1):
        draw.text((left, height - 84), one, fill=150, font=_font(_TEXT, 30))
    shades = ink.point([value * _SHADES // 255 for value in range(256)])
    ImageDraw.Draw(shades).rectangle((0, 0, width, 24), fill=_SHADES + 1)
    whole = Image.frombytes("P", PREVIEW_SIZE, shades.tobytes())
    paper, dark = (0xF3, 0xF3, 0xF1), (0x22, 0x22, 0x22)
    mixed = [
        round(p + (d - p) * shade / _SHADES) for shade in range(_SHADES + 1) for p, d in zip(paper, dark, strict=True)
    ]
    whole.putpalette([*mixed, *bytes.fromhex(_BLUE.removeprefix("#"))])
    out = io.BytesIO()
    whole.save(out, "PNG", bits=4, compress_level=6)
    return out.getvalue()


def _cut(text: str, font: FreeTypeFont, room: float, most: int) -> list[str]:
    """Return the first lines of a text; an ellipsis stands for the rest."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= room:
            lines[-1] = joined
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1:] = [f"{lines[-1]} …"] if lines else []
            break
    return [_shortened(one, font, room) for one in lines]


def _shortened(text: str, font: FreeTypeFont, room: float) -> str:
    """Return a line that fits."""
    if font.getlength(text) <= room:
        return text
    text = text.removesuffix("…").rstrip()
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


@functools.cache
def _font(file: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(io.BytesIO(_data(file)), size)


def _data(file: str) -> bytes:
    return next(font.data for font in FONTS if font.file == file)


@functools.cache
def _known(file: str) -> frozenset[int]:
    """Return the characters that a font has."""
    from fontTools.ttLib import TTFont

    with TTFont(io.BytesIO(_data(file)), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _can_draw(text: str) -> bool:
    return all(ord(character) in _known(_TITLE) or character.isspace() for character in text)


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
