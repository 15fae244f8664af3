"""Formulas as inline SVG whose glyphs are text in web fonts of the page (`MathForm.FONTS`)."""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING, Final

from cardpipe.mathjax.fonts import FACES, OTHERS, TEXT, UNKNOWN, family, font_bytes, size_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PICTURE: Final = re.compile(
    r'<img class="(?P<kind>math (?:inline|display))" src="(?P<address>[^"]*)" alt="(?P<tex>[^"]*)"'
    r'(?P<hidden> aria-hidden="true")?(?:\s(?!style=)[a-z-]+="[^"]*")*\sstyle="(?P<style>[^"]*)">'
)
"""A formula as `render` writes it for pictures."""
ROOT: Final = re.compile(
    r'<svg xmlns="[^"]*" width="(?P<width>[\d.]+)em" height="(?P<height>[\d.]+)em" viewBox="(?P<box>[-\d ]+)"'
)
"""The beginning of the SVG of a formula."""


def family_rules(letters: Iterable[str] = (*FACES, *OTHERS), unknown: Mapping[str, str] = UNKNOWN) -> str:
    """Return the CSS rules for the fonts of glyphs; `unknown` are the families for glyphs that no font has."""
    found = {letter: f'"{family(letter)}"' for letter in letters if letter not in unknown} | dict(unknown)
    return "".join(f".math .{letter}{{font-family:{name}}}" for letter, name in found.items())


def with_fonts(svg: bytes) -> bytes:
    """Return the SVG of a formula with embedded fonts, for programs that show it as a picture."""
    text = svg.decode()
    letters = tuple(letter for letter in sorted(characters_by_font(text)) if letter not in UNKNOWN)
    faces = "".join(font_face(letter, font_bytes(letter), "otf") for letter in letters)
    head = f'class="math"><style>{faces}{family_rules(letters)}{size_rules()}</style>'
    return re.sub(r"(<svg [^>]*)>", lambda root: f"{root[1]} {head}", text, count=1).encode()


def font_face(letter: str, data: bytes, kind: str) -> str:
    """Return the CSS rule for a font of formulas, with its embedded bytes."""
    source = f"data:font/{kind};base64,{base64.b64encode(data).decode()}"
    return f'@font-face{{font-family:"{family(letter)}";src:url({source})}}'


def characters_by_font(svg: str) -> dict[str, set[str]]:
    """Return the characters of each font that the formulas in a page use."""
    found: dict[str, set[str]] = {}
    for match in TEXT.finditer(svg):
        found.setdefault(match["face"], set()).update(html.unescape(match["text"]))
    return found
