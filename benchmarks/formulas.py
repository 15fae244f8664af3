"""Compares formulas set in fonts with the outlines that MathJax draws: `python benchmarks/formulas.py`.

Each formula is printed twice, by PlutoPrint, in ten points. At 1,200 dots an inch no dot of ink of the one may lie more
than one dot from ink of the other: half a dot of 600. Prints the worst, and ends with 1 where one is too far off.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import plutoprint
import pypdfium2
from PIL import Image, ImageFilter

from cardpipe.mathjax import Equation, MathJax
from cardpipe.mathjax.fonts import UNKNOWN, font_bytes, size_rules
from cardpipe.writers.page.formulas import ROOT, characters_by_font, family_rules, font_face

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from formula_samples import samples

_DPI = 1200
_POINTS = 10
_DARK = 128
_PAGES = (
    f"@page{{margin:0;-pluto-page-scale:1}}body{{margin:0;font-size:{_POINTS}pt}}svg{{display:block;break-after:page}}"
)


def printed(svgs: Sequence[str]) -> list[Image.Image]:
    """The formulas as dots, each from a page of its own."""
    used = {letter for svg in svgs for letter in characters_by_font(svg)} - UNKNOWN.keys()
    faces = "".join(font_face(letter, font_bytes(letter), "woff") for letter in sorted(used))
    style = f"{faces}{family_rules()}{size_rules()}{_PAGES}"
    pages = "".join(ROOT.sub(_root, svg, count=1) for svg in svgs)
    book = plutoprint.Book(plutoprint.PageSize(900, 900))
    book.load_html(f"<style>{style}</style>{pages}")
    stream = io.BytesIO()
    book.write_to_pdf_stream(stream)
    pdf = pypdfium2.PdfDocument(stream.getvalue())
    return [_cropped(pdf[number], svg) for number, svg in enumerate(svgs)]


def _root(match: re.Match[str]) -> str:
    return f'<svg class="math" style="width:{match["width"]}em;height:{match["height"]}em" viewBox="{match["box"]}"'


def _cropped(page: pypdfium2.PdfPage, svg: str) -> Image.Image:
    width, height = (float(svg.split('"')[place].removesuffix("em")) * _POINTS for place in (3, 5))
    right, bottom = (max(0.0, 900 - side - 2) for side in (width, height))
    drawn = page.render(scale=_DPI / 72, crop=(0, bottom, right, 0), grayscale=True, optimize_mode=None)
    return drawn.to_pil().convert("L")


def distance_is_small(one: Image.Image, other: Image.Image) -> tuple[int, int]:
    """How many dots of ink of the two there are, and how many lie more than one dot from ink of the other."""
    inks = [image.point(lambda value: 255 if value < _DARK else 0) for image in (one, other)]
    wide = [np.asarray(ink.filter(ImageFilter.MaxFilter(3))) for ink in inks]
    lone = [np.asarray(ink) & ~around for ink, around in zip(inks, reversed(wide), strict=True)]
    return sum(int(np.count_nonzero(np.asarray(ink))) for ink in inks), sum(
        int(np.count_nonzero(part)) for part in lone
    )


def compared(formulas: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, int, int, int, int]]:
    """For each formula: its TeX, dots of ink, dots too far off, and bytes of its outlines and of its text."""
    mathjax = MathJax()
    made = [(tex, mathjax.typeset(tex, display=display)) for tex, display in formulas]
    mathjax.close()
    drawn = [(tex, equation) for tex, equation in made if isinstance(equation, Equation)]
    outlines = printed([equation.svg for _, equation in drawn])
    texts = printed([equation.text for _, equation in drawn])
    for (tex, equation), one, other in zip(drawn, outlines, texts, strict=True):
        yield (tex, *distance_is_small(one, other), len(equation.svg), len(equation.text))


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description="Compare formulas in fonts with outlines.")
    parser.parse_args()
    found = sorted(compared(samples()), key=lambda one: -one[2])
    bad = [one for one in found if one[2]]
    for tex, ink, off, *_ in bad:
        sys.stdout.write(f"{off} of {ink} dots: {' '.join(tex.split())}\n")
    outlines, texts = (sum(one[place] for one in found) for place in (3, 4))
    sys.stdout.write(f"{len(found)} formulas, {len(bad)} differ; {outlines:,} bytes of outlines, {texts:,} of text\n")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
