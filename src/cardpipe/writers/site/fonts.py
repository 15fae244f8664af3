"""The fonts of a site: subsets of installed fonts as files that all pages share."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.mathjax.font_tables import font_file
from cardpipe.mathjax.fonts import FACES, OTHERS, mathjax_folder
from cardpipe.writers.api import recalled
from cardpipe.writers.page.font_subset import subset_font
from cardpipe.writers.pdf.composing.fonts import FONTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cardpipe.writers.api import Memory
    from cardpipe.writers.pdf.composing.fonts import Font

_FACES: Final = {
    "SourceSerifPro-Regular.ttf": "Source Serif",
    "SourceSerifPro-It.ttf": "Source Serif",
    "SourceSerifPro-Semibold.ttf": "Source Serif",
    "SourceSansPro-Regular.ttf": "Source Sans",
    "SourceSansPro-Semibold.ttf": "Source Sans",
}
"""The family of each font file of the text."""
_LATIN: Final = ((0x20, 0x7F), (0xA0, 0x100), (0x2010, 0x2040), (0x20A0, 0x20C0), (0x2190, 0x2194), (0x2212, 0x2213))
_BLOCKS: Final = (_LATIN, ((0x100, 0x180),), ((0x180, 0x250), (0x1E00, 0x1F00)), ((0x370, 0x400),), ((0x400, 0x500),))
"""Ranges of code points. The fonts have all characters of each block that the deck uses, so that a new word seldom
changes them."""
_FEATURES: Final = ("kern", "liga", "lnum", "tnum")
_NAMES: Final = (0, 13, 14)
"""Records that stay in a font: its copyright and its licence."""
_MOST: Final = 4
"""Cached subsets of a font."""


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence of some fonts."""

    fonts: str
    name: str
    file: str
    package: str
    path: str

    @property
    def text(self) -> bytes | None:
        """Return the text of the licence; None if the package does not bring it."""
        if self.package == "mathjax":
            path = mathjax_folder().parent / self.path
            return path.read_bytes() if path.is_file() else None
        spec = importlib.util.find_spec(self.package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(place, self.path)
            if path.is_file():
                return path.read_bytes()
        return None


_TEXT_LICENCE: Final = (
    Licence(
        "Source Serif", "SIL Open Font License 1.1", "source-serif.txt", "font_source_serif_pro", "files/LICENSE.txt"
    ),
    Licence("Source Sans", "SIL Open Font License 1.1", "source-sans.txt", "font_source_sans_pro", "files/LICENSE.txt"),
)
_MATHJAX_LICENCE: Final = Licence("MathJax TeX", "Apache License 2.0", "mathjax.txt", "mathjax", "LICENSE")
_STIX_LICENCE: Final = Licence("STIX", "STIX licence", "stix.txt", "matplotlib", "mpl-data/fonts/ttf/LICENSE_STIX")
_DEJAVU_LICENCE: Final = Licence(
    "DejaVu", "Bitstream Vera licence", "dejavu.txt", "matplotlib", "mpl-data/fonts/ttf/LICENSE_DEJAVU"
)


def licences(letters: Collection[str]) -> list[Licence]:
    """Return the licences of the fonts of the text and of formulas in the fonts with these abbreviations."""
    found = list(_TEXT_LICENCE)
    if any(letter in FACES for letter in letters):
        found.append(_MATHJAX_LICENCE)
    others = [OTHERS[letter] for letter in letters if letter in OTHERS]
    if any(name.startswith("STIX") for name in others):
        found.append(_STIX_LICENCE)
    if any(name.startswith("DejaVu") for name in others):
        found.append(_DEJAVU_LICENCE)
    return found


def text_fonts(used: Iterable[str], memory: Memory | None) -> Mapping[str, tuple[Font, bytes]]:
    """Return the fonts of the text by name, as WOFF2, with the blocks that these characters need."""
    points = {ord(character) for character in used}
    blocks = tuple(
        number
        for number, block in enumerate(_BLOCKS)
        if not number or any(start <= point < end for start, end in block for point in points)
    )
    return {Path(font.file).stem: (font, _kept(font, blocks, memory)) for font in FONTS if font.file in _FACES}


def text_rule(font: Font, address: str) -> str:
    """Return the CSS rule for a font of the text at an address."""
    return (
        f'@font-face{{font-family:"{_FACES[font.file]}";font-weight:{font.weight};font-style:{font.style};'
        f'font-display:swap;src:url("{address}")}}\n'
    )


def _kept(font: Font, blocks: tuple[int, ...], memory: Memory | None) -> bytes:
    key = ("font of the site", font.file, repr([_BLOCKS[number] for number in blocks]))
    return recalled(memory, key, lambda: _subset(font, blocks))


@functools.lru_cache(maxsize=_MOST * len(_FACES))
def _subset(font: Font, blocks: tuple[int, ...]) -> bytes:
    points = (point for number in blocks for start, end in _BLOCKS[number] for point in range(start, end))
    return font_file(subset_font(font.data, points, features=_FEATURES, names=_NAMES), "woff2")
