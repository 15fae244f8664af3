"""Fonts for Chinese, Japanese and Korean (extra `cardpipe[cjk]`), subset to the characters of a deck.

The package `justmytype-intl-cjk` contains Noto Sans for the four regions (SIL Open Font License), each a variable font
of ten megabytes or more; a document gets the characters that it needs, in two weights.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.model.languages import han_region

if TYPE_CHECKING:
    from collections.abc import Set

_PACKAGE: Final = "justmytype_intl_cjk"
_HAN: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_REGIONS: Final = ("SC", "TC", "JP", "KR")
_WEIGHTS: Final = (400, 600)


def han_characters(text: str) -> frozenset[str]:
    """Return the characters of a text that only these fonts have."""
    return frozenset(_HAN.findall(text))


def families(language: str) -> str:
    """Return the families in the order of preference of a language, as CSS."""
    return ", ".join(f'"sheet han {region}"' for region in _order(language))


def han_rules(characters: Set[str], language: str) -> tuple[str, frozenset[str]]:
    """Return the `@font-face` rules for some characters, and the characters that no installed font has."""
    rules = []
    left = set(characters)
    for region in _order(language):
        path = _file(region)
        if not left or path is None:
            continue
        found = _covered(path, left)
        left -= found
        rules += [_rules(path, region, found)] if found else []
    return "".join(rules), frozenset(left)


def _order(language: str) -> list[str]:
    first = han_region(language)
    return [first, *(region for region in _REGIONS if region != first)]


def _file(region: str) -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place, "fonts", "ofl", f"notosans{region.lower()}", f"NotoSans{region}[wght].ttf")
        if path.is_file():
            return path
    return None


def _covered(path: Path, wanted: Set[str]) -> set[str]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        known = font.getBestCmap()
        return {character for character in wanted if ord(character) in known}


def _rules(path: Path, region: str, characters: Set[str]) -> str:
    """Return the rules of a region's font: bold replaces italics, which these scripts do not have.

    An engine would slant the characters.
    """
    upright, heavy = (_data(path, characters, weight) for weight in _WEIGHTS)
    faces = (("normal", 400, upright), ("normal", 600, heavy), ("italic", 400, heavy), ("italic", 600, heavy))
    return "".join(
        f'@font-face {{ font-family: "sheet han {region}"; font-style: {style}; font-weight: {weight}; '
        f'src: url("data:font/ttf;base64,{data}") format("truetype"); }}\n'
        for style, weight, data in faces
    )


def _data(path: Path, characters: Set[str], weight: int) -> str:
    """Return the font with some characters in one weight, in Base64."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    # The time must not affect the bytes.
    with TTFont(path, recalcTimestamp=False) as font:
        options = Options(layout_features=["*"], hinting=False, name_IDs=[1, 2, 6], notdef_outline=True)
        subsetter = Subsetter(options)
        # Some engines set a space next to such characters in their font.
        subsetter.populate(unicodes=sorted({ord(" "), *map(ord, characters)}))
        subsetter.subset(font)
        instantiateVariableFont(font, {"wght": weight}, inplace=True)
        out = io.BytesIO()
        font.save(out, reorderTables=True)
    return base64.b64encode(out.getvalue()).decode()
