"""Formulas as inline SVG, for engines that align pictures to whole pixels.

A pixel is three quarters of a point: as pictures, formulas would be off the baseline by up to half of one, and wider
than their space by as much, so that they touch a following comma.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Final

from cardpipe.mathjax.fonts import SIZES, TEXT, family
from cardpipe.writers.page.formulas import PICTURE, ROOT
from cardpipe.writers.pdf.composing.fonts import UNKNOWN_FONTS

if TYPE_CHECKING:
    from cardpipe.writers.pdf.engine import Resources

_STYLE: Final = re.compile(r' style="([^"]*)"')
_DECLARATION: Final = re.compile(r"([a-z-]+):(\w+?)(?:px)?(?:;|$)")
_UNKNOWN: Final = {letter: found.replace('"', "") for letter, found in UNKNOWN_FONTS.items()}


def in_the_text(document: str, resources: Resources, *, outlines: bool = False) -> str:
    """Return the document with each formula as inline SVG; with `outlines` as an empty SVG of the same size.

    Its classes are the same, for style sheets.
    """

    @functools.cache  # the same formula is often in a document again
    def parts(address: str) -> tuple[str, str]:
        """Return the SVG before its root element, and its content from the view box on."""
        data, _ = resources.find(html.unescape(address), outlines=outlines, page_fonts=True)
        svg = data.decode()
        root = ROOT.search(svg)
        return (svg, "") if root is None else (svg[: root.start()], f'viewBox="{root["box"]}"{svg[root.end() :]}')

    def drawn(match: re.Match[str]) -> str:
        before, content = parts(match["address"])
        return f'{before}<svg class="{match["kind"]}" style="{match["style"]}" {content}' if content else before

    return PICTURE.sub(drawn, document)


def without_styles(svg: str) -> str:
    """Return the SVG of a formula with attributes for fonts and sizes, for an engine without CSS in SVG."""

    def attributes(match: re.Match[str]) -> str:
        face = _UNKNOWN.get(match["face"]) or family(match["face"])
        size = SIZES.get(match["size"] or "", 1000)
        more = _STYLE.sub(lambda style: _DECLARATION.sub(r' \1="\2"', style[1]), match["more"])
        more = more if "font-size" in more else f'{more} font-size="{size}"'
        return f'<text font-family="{face}"{more}>{match["text"]}</text>'

    return TEXT.sub(attributes, svg)
