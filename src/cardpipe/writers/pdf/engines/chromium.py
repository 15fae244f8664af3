"""The PDF engine `chromium`: an installed Chromium, Chrome or Edge."""

from __future__ import annotations

import base64
import html
import io
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cardpipe.assets.pictures import decoded, is_pixels
from cardpipe.writers.api import OPAQUE
from cardpipe.writers.page.formulas import characters_by_font
from cardpipe.writers.pdf.composing.assembly import assemble
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.fonts import formula_font
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from cardpipe.writers.pdf.engine import BASE, lost_picture
from cardpipe.writers.pdf.engines import browser
from cardpipe.writers.pdf.engines.formulas import in_the_text
from cardpipe.writers.pdf.engines.truetype import truetype_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cardpipe.writers.pdf.engine import Page, Placed, Resources

_ADDRESS: Final = re.compile(re.escape(BASE) + r'[^"\s()<>]*')
_POLICY: Final = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; font-src data:; '
    "style-src 'unsafe-inline'\">"
)
_FORMULA: Final = re.compile(
    r'(?P<before>[^\s<>&;]{0,12})(?P<formula><img class="math inline"(?:[^<>"]|"[^"]*")*>)(?P<after>[^\s<>&]{0,12})'
)
_FACE: Final = re.compile(
    r'@font-face \{ font-family: (?P<family>"[^"]+"); font-weight: (?P<weight>\d+); (?:font-style: (?P<style>\w+); )?'
)
_TALLEST: Final = 40_000.0
"""Points; the browser ignores a page of more than twice that."""
_STYLE: Final = """<style>
@media print {
* { print-color-adjust: exact; }
.together { white-space: nowrap; }
.faces { display: none; }
}
</style></head>"""


def _with_fonts_shown(document: str) -> str:
    """Return the document with a letter of each of its fonts on the screen: the browser loads none for print only."""
    letters = "".join(
        f"<span style='font: {face['style'] or 'normal'} {face['weight']} 9px {face['family']}'>x</span>"
        for face in _FACE.finditer(document)
    )
    return f'{document}<div class="faces">{letters}</div>'


def _together(match: re.Match[str]) -> str:
    """Keep a formula on the line of the text that it touches: the browser would break before a comma."""
    alone = not match["before"] and not match["after"]
    return match[0] if alone else f'<span class="together">{match[0]}</span>'


class _Book:
    """A document printed by a browser."""

    def __init__(self, data: bytes, page: Page) -> None:
        self._data = data
        self._page = page

    @property
    def page_count(self) -> int:
        """The number of pages."""
        return self._read[0]

    def places(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:  # noqa: ARG002 - it has its own
        """Return the position of each linked anchor."""
        return {name: Place(place.page, place.left * scale, place.top * scale) for name, place in self._read[1].items()}

    links: Final = ()
    """They are on the pages."""

    def pdf(self) -> bytes:
        """Return all pages."""
        return self._data

    @cached_property
    def _read(self) -> tuple[int, dict[str, Place]]:
        import pikepdf

        with pikepdf.open(io.BytesIO(self._data)) as pdf:
            pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
            heights = [float(page.mediabox[3]) for page in pdf.pages]
            found: dict[str, Place] = {}
            for name, target in dict(pdf.Root.get("/Dests", {})).items():
                number = pages[target[0].objgen]
                # The browser rounds pages to whole pixels, and ignores margins in named destinations.
                left = float(target[2]) + self._page.left * MILLIMETRE
                top = float(target[3]) + self._page.height - heights[number] - self._page.top * MILLIMETRE
                found[name.removeprefix("/")] = Place(number, left, top)
            return len(heights), found


class Chromium:
    """The engine that prints with an installed browser."""

    name = "chromium"
    summary = "an installed Chromium, Chrome or Edge"

    def version(self) -> str:
        """Return the browser's version; raises UsageError if there is none, or if it cannot run."""
        return browser.version(browser.program())

    def lay_out(self, page: Page, document: str, resources: Resources, *, outlines: bool = False) -> _Book:
        """Lay out a document on pages of a size; raises RenderError if the browser fails or takes too long."""

        def inline(match: re.Match[str]) -> str:
            letter = formula_font(match[0])
            if letter and letter not in used:
                return "data:,"
            if letter:
                return f"data:font/ttf;base64,{base64.b64encode(truetype_bytes(letter)).decode()}"
            data, media_type = resources.find(html.unescape(match[0]), outlines=outlines)
            # The browser does not report a picture that it cannot read.
            if is_pixels(media_type) and decoded(data, media_type).fault is not None:
                raise lost_picture(html.unescape(match[0]), self.name.capitalize())
            mark = OPAQUE if match[0].endswith(OPAQUE) else ""
            return f"data:{media_type};base64,{base64.b64encode(data).decode()}{mark}"

        height = min(page.height, _TALLEST)
        size = f"<style>@page {{ size: {page.width:.4f}pt {height:.4f}pt; }}</style>{_STYLE}"
        text = _FORMULA.sub(_together, document.replace("</head>", size, 1))
        text = _with_fonts_shown(in_the_text(text, resources, outlines=outlines))
        used = characters_by_font(text)
        text = _ADDRESS.sub(inline, text.replace("<head>", f'<head><meta charset="utf-8">{_POLICY}', 1))
        return _Book(browser.printed(text), page)

    def compose(self, width: float, height: float, sheets: Iterable[Iterable[Placed]]) -> bytes:
        """Return sheets of a size in points as PDF."""
        return assemble(width, height, sheets)


ENGINE: Final = Chromium()
