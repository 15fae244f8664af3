"""Formulas and their fonts in a page that holds everything itself: each font once, with the characters that it needs.

The glyphs of a formula are text that can be searched for, but what one copies is its TeX.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

from cardpipe.mathjax.fonts import UNKNOWN, family, font_path
from cardpipe.writers.page.formulas import PICTURE, ROOT, characters_by_font, family_rules, font_face

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from cardpipe.writers.api import Asset, Memory

_NAME: Final = re.compile(r"math-[0-9a-f]{16}\.svg")
_FORMULA: Final = re.compile(
    rf'(?:<span class="formula">)?{PICTURE.pattern}(?:(?P<spoken><math.*?</math>)</span>)?', re.DOTALL
)
"""A formula as `render` writes it: of one in which there is nothing to be heard, the picture alone."""
_COLOURED: Final = re.compile(r' (?:fill|stroke)="(?!none|currentColor)')
_COMMONEST: Final = "I"
"""The font of what has no class: letters stand in it."""
_RIGHT: Final = re.compile(r"margin-right:-([\d.]+)em")
_RIM: Final = 100
"""Thousandths of an em of empty space around a formula as a picture."""
_STYLE: Final = "<style>\n"


def is_formula(name: str) -> bool:
    """Whether an asset is a formula."""
    return _NAME.fullmatch(name) is not None


def with_formulas(page: str, assets: Mapping[str, Asset], memory: Memory | None = None) -> str:
    """The page with each formula as SVG where its picture was, and the fonts of all of them in its style.

    The fonts are made again only if the memory does not have them.
    """
    made: dict[str, str] = {}
    characters: dict[str, set[str]] = {}

    def drawn(match: re.Match[str]) -> str:
        if not is_formula(match["address"]):
            return match[0]
        if match[0] not in made:
            svg = assets[match["address"]].data.decode()
            for letter, found in characters_by_font(svg).items():
                characters.setdefault(letter, set()).update(found)
            made[match[0]] = _element(match, svg)
        return made[match[0]]

    page = _FORMULA.sub(drawn, page)
    return page.replace(_STYLE, f"{_STYLE}{_kept_rules(characters, memory)}", 1) if characters else page


def _element(match: re.Match[str], svg: str) -> str:
    """A formula: MathML for who hears it, the SVG for who sees it, TeX for who copies it."""
    root = ROOT.match(svg)
    if root is None:
        return match[0]
    kind = f"{match['kind']} coloured" if _COLOURED.search(svg) else match["kind"]
    body = svg[root.end() :].replace(f'<text class="{_COMMONEST}"', "<text")
    dollars = "$$" if kind.startswith("math display") else "$"
    style, box = _placed(root, match["style"])
    return (
        f'{match["spoken"] or ""}<span class="formula" aria-hidden="true">'
        f'<svg class="{kind}" style="{style}" viewBox="{box}"{body}'
        f"<i>{dollars}{match['tex']}{dollars}</i></span>"
    )


def _placed(root: re.Match[str], style: str) -> tuple[str, str]:
    """How a formula stands in its line, as CSS, and its view box, without the rim that pictures have.

    What tells its height is the ratio of its sides.
    """
    left, top, width, height = map(int, root["box"].split())
    left, top, width, height = left + _RIM, top + _RIM, width - 2 * _RIM, height - 2 * _RIM
    over = _RIGHT.search(style)
    sides = {
        "width": width,
        "vertical-align": -top - height,
        "margin-left": min(0, left),
        "margin-right": min(0, _RIM - round(float(over[1]) * 1000)) if over else 0,
    }
    placed = ";".join(f"{name}:{_em(value)}" for name, value in sides.items() if value)
    return placed, f"{left} {top} {width} {height}"


def _em(thousandths: int) -> str:
    return f"{thousandths / 1000:g}em".replace("0.", ".", 1) if abs(thousandths) < 1000 else f"{thousandths / 1000:g}em"


def _kept_rules(characters: Mapping[str, Set[str]], memory: Memory | None) -> str:
    key = ("fonts of formulas", *(f"{letter} {''.join(sorted(characters[letter]))}" for letter in sorted(characters)))
    kept = memory.recall(key) if memory is not None else None
    if kept is not None:
        return kept.decode()
    made = _rules(characters)
    if memory is not None:
        memory.remember(key, made.encode())
    return made


def _rules(characters: Mapping[str, Set[str]]) -> str:
    letters = sorted(characters)
    faces = [
        font_face(letter, _subset(letter, characters[letter]), "woff") for letter in letters if letter not in UNKNOWN
    ]
    common = f'.math text{{font-family:"{family(_COMMONEST)}"}}'
    return "".join(f"{rule}\n" for rule in faces) + f"{common}{family_rules(letters, UNKNOWN)}\n"


def _subset(letter: str, characters: Set[str]) -> bytes:
    """A font with some characters, as WOFF."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    # The time of day must not come into the bytes.
    with TTFont(font_path(letter), recalcTimestamp=False) as font:
        options = Options(
            hinting=False, layout_features=[], name_IDs=[], notdef_outline=True, drop_tables=["FFTM", "DSIG"]
        )
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=sorted(map(ord, characters)))
        subsetter.subset(font)
        font.flavor = "woff"
        out = io.BytesIO()
        font.save(out, reorderTables=True)
    return out.getvalue()
