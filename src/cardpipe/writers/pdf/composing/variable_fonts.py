"""Variable fonts of packages with Noto fonts (SIL Open Font License), subset to the characters of a deck."""

from __future__ import annotations

import base64
import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Set

_WEIGHTS: Final = (400, 600)


def font_file(package: str, folder: str, name: str) -> Path | None:
    """Return the path of a font in a package; None if it is not installed."""
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place, "fonts", "ofl", folder, name)
        if path.is_file():
            return path
    return None


def covered(path: Path, wanted: Set[str]) -> set[str]:
    """Return those of the characters that a font has."""
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        known = font.getBestCmap()
        return {character for character in wanted if ord(character) in known}


def rules_of(path: Path, family: str, characters: Set[str]) -> str:
    """Return the `@font-face` rules of a font: bold replaces italics, which these scripts do not have.

    An engine would slant the characters.
    """
    upright, heavy = (_data(path, characters, weight) for weight in _WEIGHTS)
    faces = (("normal", 400, upright), ("normal", 600, heavy), ("italic", 400, heavy), ("italic", 600, heavy))
    return "".join(
        f'@font-face {{ font-family: "{family}"; font-style: {style}; font-weight: {weight}; '
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
        axes = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
        instantiateVariableFont(font, {**axes, "wght": weight}, inplace=True)
        out = io.BytesIO()
        font.save(out, reorderTables=True)
    return base64.b64encode(out.getvalue()).decode()
