"""Authors' SVG pictures: their effect on the page around them, and masks."""

from __future__ import annotations

import io

import pikepdf
import pypdfium2
import pytest

from cardpipe.writers.api import Asset
from cardpipe.writers.pdf.composing.paper import Paper
from cardpipe.writers.pdf.engine import Resources, draw
from cardpipe.writers.pdf.engines.pixels import in_pixels
from cardpipe.writers.pdf.engines.plutoprint import ENGINE

SQUARE = '<rect x="10" y="10" width="100" height="60" fill="#ff0000" {}/>'
CIRCLE = '<circle cx="60" cy="40" r="30" fill="white"/>'
MASKED = f'<defs><mask id="m">{CIRCLE}</mask></defs>' + SQUARE.format('mask="url(#m)"')
MASKED_BY_STYLE = MASKED.replace('mask="url(#m)"', 'style="mask: url(#m)"')
CUT = f'<defs><clipPath id="c">{CIRCLE}</clipPath></defs>'
CUT_AND_SEEN_THROUGH = CUT + SQUARE.format('clip-path="url(#c)" opacity="0.5"')
DRAWN = [
    SQUARE.format('opacity="0.5"'),
    SQUARE.format('fill-opacity="0.5"'),
    CUT + SQUARE.format('clip-path="url(#c)"'),
    CUT + SQUARE.format('clip-path="url(#c)" fill-opacity="0.5"'),
    "<text>mask: a word</text>",
]


def picture(content: str, attributes: str = 'width="200" height="100"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{content}</svg>'.encode()


def page_with(content: str) -> bytes:
    """A page with words, a drawing of 200 by 100 pixels and more words."""
    asset = Asset(name="a.svg", media_type="image/svg+xml", data=picture(content))
    files = Resources({asset.name: asset})
    page = Paper(300, 300, 5, 5, 5, 5)
    image = f'<img src="{files.address(asset.name)}" width="200" height="100">'
    style = "@page { margin: 5mm } body { margin: 0 }"
    text = f"<html><head><style>{style}</style></head><p>Words above.</p>{image}<p>Below.</p></html>"
    return draw(ENGINE, page, ENGINE.lay_out(page, text, files))


def images(data: bytes) -> list[tuple[int, int]]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        streams = [found for found in pdf.objects if isinstance(found, pikepdf.Stream)]
        return [(int(one.Width), int(one.Height)) for one in streams if one.get("/Subtype") == "/Image"]


@pytest.mark.parametrize("content", [MASKED, MASKED_BY_STYLE, CUT_AND_SEEN_THROUGH])
def test_what_must_become_pixels_leaves_the_page_around_it_alone(content: str) -> None:
    data, blank = page_with(content), page_with("")
    assert set(images(data)) == {(800, 400)}, "the picture and how far one sees through it"
    with pypdfium2.PdfDocument(data) as one, pypdfium2.PdfDocument(blank) as other:
        got, empty = (pdf[0].render(scale=4).to_numpy()[:, :, :3].astype(int) for pdf in (one, other))
    rows, columns = abs(got - empty).max(axis=2).nonzero()
    pixel = 4 * 0.75  # of CSS, here
    left, top = 5 / 25.4 * 72 * 4 + 30 * pixel, rows.min()
    assert len(rows) > 1000
    assert abs(columns.min() - left) < 2
    assert abs(columns.max() - left - 60 * pixel) < 3
    assert abs(rows.max() - top - 60 * pixel) < 3
    blue, green, red = got[int(top + 30 * pixel), int(left + 30 * pixel)]
    assert red > 250
    assert blue == pytest.approx(green, abs=2)
    assert blue == pytest.approx(127 if content is CUT_AND_SEEN_THROUGH else 0, abs=3)


@pytest.mark.parametrize("content", DRAWN)
def test_what_can_be_drawn_is_drawn(content: str) -> None:
    assert in_pixels(picture(content)) is None
    assert images(page_with(content)) == []


@pytest.mark.parametrize("attributes", ["", 'viewBox="0 0 9000 9000"', 'width="100%" height="1"'])
def test_no_size_is_too_strange(attributes: str) -> None:
    made = in_pixels(picture(MASKED, attributes))
    assert made is not None
    assert made.startswith(b"\x89PNG")
    assert len(made) < 5_000_000
