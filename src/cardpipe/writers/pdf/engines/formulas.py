"""Formulas as drawings in the text itself, for engines that draw pictures on whole pixels.

A pixel is three quarters of a point: as pictures, formulas would stand off the line by up to half of one, and be wider
than their room by as much, so that they touch the comma after them.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.writers.pdf.engine import Resources

PICTURE: Final = re.compile(
    r'<img class="(?P<kind>math (?:inline|display))" src="(?P<address>[^"]*)" alt="(?P<tex>[^"]*)"'
    r'(?:\s(?!style=)[a-z-]+="[^"]*")*\sstyle="(?P<style>[^"]*)">'
)
"""A formula as `render` writes it for pictures."""
_ROOT: Final = "<svg "


def in_the_text(document: str, resources: Resources, *, outlines: bool = False) -> str:
    """The document with each formula as SVG where its picture was; with `outlines` only as large as it is.

    A style sheet finds it by the same classes.
    """

    def drawn(match: re.Match[str]) -> str:
        data, _ = resources.find(html.unescape(match["address"]), outlines=outlines)
        return data.decode().replace(_ROOT, f'{_ROOT}class="{match["kind"]}" style="{match["style"]}" ', 1)

    return PICTURE.sub(drawn, document)
