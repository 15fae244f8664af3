"""A figure that would nearly fit at the foot of a page is made a little smaller, with the default engine."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

import pdfplumber
import pytest

from cardpipe.rendered import Asset
from cardpipe.writers.pdf import WRITER
from page_sample import card, deck, silent, svg

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWN = Asset("figure-drawn.svg", "image/svg+xml", svg(300, 240, colour="#b41f1f"))
FULL = 240 * 0.75
"""Its height in points; it is as wide as 90 mm allow only where nothing makes it smaller."""


class Seen(NamedTuple):
    page: int
    height: float
    ratio: float
    bottom: float


def figure(caption: str = "A caption.") -> str:
    picture = f'<img src="{DRAWN.name}" alt="A figure" width="300" height="240">'
    return f'<figure class="figure drawn">{picture}<figcaption>{caption}</figcaption></figure>'


def seen(lines: int, figures: int = 1) -> Sequence[Seen]:
    """The figures of a card, below so many lines."""
    details = "".join(f"<p>Line {number}.</p>" for number in range(lines))
    details += "".join(f"{figure()}<p>Text {number}.</p>" for number in range(figures))
    details += "<p>Below.</p>" * 60
    rendered = deck(card("ML0001", details=details), assets={DRAWN.name: DRAWN})
    found = []
    with pdfplumber.open(io.BytesIO(WRITER.write(rendered, {}, silent)[0].data)) as pdf:
        for number, page in enumerate(pdf.pages):
            for shape in page.curves + page.lines + page.rects:
                if shape["stroking_color"] not in {(0,), (0, 0, 0)} and shape["height"] > 60:
                    size = (shape["height"], shape["width"] / shape["height"])
                    found.append(Seen(number, *size, float(page.height) - shape["bottom"]))
    return found


def test_a_figure_that_nearly_fits_becomes_smaller_and_stays() -> None:
    found = [seen(lines)[0] for lines in range(12, 30)]
    full, ratio = max(one.height for one in found), found[0].ratio
    smaller = [one for one in found if one.height < 0.99 * full]
    assert smaller
    for one in smaller:
        assert one.height > 0.74 * full
        # Above the margin of 23 mm with its caption, and with no more below it than a line or so.
        assert 65 < one.bottom < 110
    assert all(one.ratio == pytest.approx(ratio, rel=0.02) for one in found)
    # Where it fits it is as large as ever, and where too much is lacking, too, on the next page.
    first, last = found[0], found[-1]
    assert [first.height, last.height] == pytest.approx([full, full])
    assert last.page == first.page + 1


def test_no_figure_stays_smaller_where_that_does_not_help() -> None:
    for lines in range(14, 30, 3):
        found = seen(lines, figures=5)
        full = max(one.height for one in found)
        for one in found:
            assert one.height > 0.99 * full or 65 < one.bottom < 110
