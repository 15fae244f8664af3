"""Compares formulas set in fonts with the outlines that MathJax draws: `python benchmarks/formulas.py`.

Each formula is printed twice, by PlutoPrint, in ten points. At 1,200 dots an inch no dot of ink of the one may lie more
than one dot from ink of the other: half a dot of 600. Both must have the same number of glyphs, and no glyph may come
from a font of the system. Prints the formulas that differ, the worst first, and ends with 1 if there are any.

`--file LIST` compares other formulas: those of a JSON or YAML list of strings, or one a line. Formulas that lint
refuses are counted and left out.
"""

from __future__ import annotations

import argparse
import html
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import plutoprint
import pypdfium2
from PIL import Image, ImageFilter

from cardpipe.mathjax import Equation, MathJax
from cardpipe.mathjax.fonts import TEXT, UNKNOWN, font_bytes, size_rules
from cardpipe.mathjax.references import with_numbers
from cardpipe.mathjax.refusals import is_refused
from cardpipe.writers.page.formulas import ROOT, characters_by_font, family_rules, font_face

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from formula_samples import samples

_DPI = 1200
_POINTS = 10
_PAGE: Final = 2100
"""Points of a side of a page: more than `MAX_SIZE` em."""
_PIXELS: Final = 60_000_000
"""A formula of more dots than this is drawn with fewer an inch."""
_AT_ONCE: Final = 100
"""Formulas of one document: dots take memory."""
_DARK = 128
_PAGES = (
    f"@page{{margin:0;-pluto-page-scale:1}}body{{margin:0;font-size:{_POINTS}pt}}svg{{display:block;break-after:page}}"
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found of a formula."""

    tex: str
    ink: int
    """Dots of ink in both drawings."""
    off: int
    """Dots of ink that lie more than one dot from ink of the other drawing."""
    outlines: Drawing
    text: Drawing

    @property
    def differs(self) -> bool:
        """Whether the two are not the same to a reader."""
        return bool(self.off or self.outlines.glyphs != self.text.glyphs or self.text.foreign)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What an SVG consists of."""

    size: int
    """Bytes."""
    glyphs: int
    foreign: str
    """Characters in a font of the system."""

    @classmethod
    def of(cls, svg: str) -> Drawing:
        """Count glyphs: characters that have ink, and outlines."""
        runs = [(match["face"], "".join(html.unescape(match["text"]).split())) for match in TEXT.finditer(svg)]
        bare = re.findall(r"<text (?!class)[^>]*>([^<]*)<", svg)
        characters = sum(len(text) for _, text in runs) + sum(len("".join(html.unescape(one).split())) for one in bare)
        foreign = "".join(text for face, text in runs if face in UNKNOWN)
        return cls(len(svg.encode()), characters + svg.count("<path "), foreign)


def printed(svgs: Sequence[str]) -> list[Image.Image]:
    """The formulas as dots, each from a page of its own."""
    used = {letter for svg in svgs for letter in characters_by_font(svg)} - UNKNOWN.keys()
    faces = "".join(font_face(letter, font_bytes(letter), "woff") for letter in sorted(used))
    style = f"{faces}{family_rules()}{size_rules()}{_PAGES}"
    pages = "".join(ROOT.sub(_root, svg, count=1) for svg in svgs)
    book = plutoprint.Book(plutoprint.PageSize(_PAGE, _PAGE))
    book.load_html(f"<style>{style}</style>{pages}")
    stream = io.BytesIO()
    book.write_to_pdf_stream(stream)
    pdf = pypdfium2.PdfDocument(stream.getvalue())
    return [_cropped(pdf[number], svg) for number, svg in enumerate(svgs)]


def _root(match: re.Match[str]) -> str:
    return f'<svg class="math" style="width:{match["width"]}em;height:{match["height"]}em" viewBox="{match["box"]}"'


def _cropped(page: pypdfium2.PdfPage, svg: str) -> Image.Image:
    width, height = (float(svg.split('"')[place].removesuffix("em")) * _POINTS for place in (3, 5))
    right, bottom = (max(0.0, _PAGE - side - 2) for side in (width, height))
    scale = min(_DPI / 72, (_PIXELS / ((width + 2) * (height + 2))) ** 0.5)
    drawn = page.render(scale=scale, crop=(0, bottom, right, 0), grayscale=True, optimize_mode=None)
    return drawn.to_pil().convert("L")


def distance_is_small(one: Image.Image, other: Image.Image) -> tuple[int, int]:
    """How many dots of ink of the two there are, and how many lie more than one dot from ink of the other."""
    inks = [image.point(lambda value: 255 if value < _DARK else 0) for image in (one, other)]
    wide = [np.asarray(ink.filter(ImageFilter.MaxFilter(3))) for ink in inks]
    lone = [np.asarray(ink) & ~around for ink, around in zip(inks, reversed(wide), strict=True)]
    return sum(int(np.count_nonzero(np.asarray(ink))) for ink in inks), sum(
        int(np.count_nonzero(part)) for part in lone
    )


def compared(formulas: Iterable[tuple[str, bool]]) -> Iterator[Comparison]:
    """What was found of each formula that MathJax accepts."""
    mathjax = MathJax()
    made = [
        (tex, mathjax.typeset(with_numbers(tex), display=display)) for tex, display in formulas if not is_refused(tex)
    ]
    mathjax.close()
    drawn = [(tex, equation) for tex, equation in made if isinstance(equation, Equation)]
    for start in range(0, len(drawn), _AT_ONCE):
        some = drawn[start : start + _AT_ONCE]
        outlines = printed([equation.svg for _, equation in some])
        texts = printed([equation.text for _, equation in some])
        for (tex, equation), one, other in zip(some, outlines, texts, strict=True):
            ink, off = distance_is_small(one, other)
            yield Comparison(tex, ink, off, Drawing.of(equation.svg), Drawing.of(equation.text))


def read_formulas(path: Path) -> list[tuple[str, bool]]:
    """The formulas of a file, as displays."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".json", ".yaml", ".yml"}:
        import yaml

        found = [str(one) for one in yaml.safe_load(text)]
    else:
        found = text.splitlines()
    return [(tex, True) for tex in found if tex.strip()]


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description="Compare formulas in fonts with outlines.")
    parser.add_argument("--file", type=Path, metavar="LIST", help="compare the formulas of this file")
    asked = parser.parse_args()
    formulas = read_formulas(asked.file) if asked.file else samples()
    found = sorted(compared(formulas), key=lambda one: -one.off)
    bad = [one for one in found if one.differs]
    for one in bad:
        glyphs = f"{one.outlines.glyphs} glyphs, {one.text.glyphs} in fonts"
        foreign = f", from the system: {one.text.foreign}" if one.text.foreign else ""
        sys.stdout.write(f"{one.off} of {one.ink} dots, {glyphs}{foreign}: {' '.join(one.tex.split())}\n")
    outlines, texts = sum(one.outlines.size for one in found), sum(one.text.size for one in found)
    refused = len(formulas) - len(found)
    sys.stdout.write(
        f"{len(found)} formulas, {len(bad)} differ, {refused} refused; "
        f"{outlines:,} bytes of outlines, {texts:,} of text\n"
    )
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
