"""Options for print: greyscale, reduced ink, bleed, text sizes."""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pdfplumber
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from cardpipe.errors import UsageError
from cardpipe.figures.style import PALETTE, TINTS
from cardpipe.writers.api import Asset
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from cardpipe.writers.pdf.prepress.recolour import grey
from page_sample import ASSETS, CODE, DRAWN, PROSE, TABLE, card, deck, sample, silent, svg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardpipe.writers.api import RenderedDeck

LAYOUTS = ("sheet", "booklet", "cards", "fold", "quiz", "slides")


def write(rendered: RenderedDeck, **options: str) -> bytes:
    # All of a card, so that what a test looks for is on the backs that are cut out too.
    return WRITER.write(rendered, {"back": "all"} | options, silent)[-1].data


def pictures(data: bytes, scale: float = 1.5) -> list[NDArray[np.int64]]:
    with pypdfium2.PdfDocument(data) as opened:
        return [page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3].astype(int) for page in opened]


def text(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as opened:
        return "\n".join(page.get_textpage().get_text_range() for page in opened)


def photograph(kind: str) -> bytes:
    across = np.linspace(0, 255, 60, dtype=np.uint8)
    rows = np.stack([np.tile(across, (40, 1)), np.full((40, 60), 90, np.uint8), np.tile(across[::-1], (40, 1))], axis=2)
    stream = io.BytesIO()
    Image.fromarray(rows).save(stream, kind)
    return stream.getvalue()


def box(page: pikepdf.Page, name: str) -> list[float]:
    return [float(str(side)) for side in page.obj[f"/{name}"].as_list()]


def coarse(page: NDArray[np.int64]) -> NDArray[np.float64]:
    """The page in squares of 20 pixels, of which an edge between two pixels changes little."""
    rows, columns = (side // 20 for side in page.shape[:2])
    squares: NDArray[np.float64] = page[: rows * 20, : columns * 20].reshape(rows, 20, columns, 20, 3).mean((1, 3, 4))
    return squares


GRADIENT = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="80"><defs><linearGradient id="g"><stop offset="0" '
    b'stop-color="#e00000"/><stop offset="0.5" stop-color="#00c000"/><stop offset="1" stop-color="#0000ff"/>'
    b'</linearGradient></defs><rect width="200" height="80" fill="url(#g)"/>'
    b'<g opacity="0.5"><circle cx="40" cy="40" r="30" fill="#ffaa00"/><circle cx="70" cy="40" r="30"/></g></svg>'
)


def colourful() -> RenderedDeck:
    """Colour from every side: style, code, figures, gradients, photographs, half-transparent groups."""
    files = {
        "photo-1.png": Asset("photo-1.png", "image/png", photograph("PNG")),
        "photo-2.jpg": Asset("photo-2.jpg", "image/jpeg", photograph("JPEG")),
        "gradient-3.svg": Asset("gradient-3.svg", "image/svg+xml", GRADIENT),
    }
    shown = "".join(
        f'<p><img class="media" src="{name}" alt="A picture" width="200" height="80"></p>' for name in files
    )
    made = deck(
        card("ML0001", details=PROSE + CODE + shown, figures=[DRAWN], assets=list(files)),
        card("ML0002", details=TABLE, references=['<a href="https://example.org">Somewhere (255 0 0 rg)</a>']),
        assets={**ASSETS, **files},
    )
    return dataclasses.replace(made, code_style=".highlight .k { color: #008000 } .highlight .c1 { color: #bb2020 }\n")


def chroma(page: NDArray[np.int64]) -> int:
    return int((page.max(axis=2) - page.min(axis=2)).max())


@pytest.mark.quick_cases("fold")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_everything_is_grey_and_nothing_else_changes(layout: str) -> None:
    coloured, greyed = (write(colourful(), layout=layout, grey=value) for value in ("no", "yes"))
    assert max(map(chroma, pictures(coloured))) > 100
    assert max(map(chroma, pictures(greyed))) == 0
    assert text(greyed) == text(coloured)
    assert write(colourful(), layout=layout, grey="yes") == greyed
    for before, after in zip(pictures(coloured), pictures(greyed), strict=True):
        # What is white stays white, and nothing that could be seen before is gone.
        blank = before.min(axis=2) > 252
        assert (after[blank] > 245).mean() > 0.99
        seen = before.max(axis=2) < 150
        assert not seen.any() or (after[seen] < 175).mean() > 0.99


def rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (part / 255 for part in bytes.fromhex(colour.lstrip("#")))
    return red, green, blue


def contrast(shade: float) -> float:
    linear = shade / 12.92 if shade <= 0.04045 else ((shade + 0.055) / 1.055) ** 2.4
    return float(1.05 / (linear + 0.05))


def test_greys_keep_contrast_and_tell_the_colours_of_figures_apart() -> None:
    for level in range(256):
        assert grey(level / 255, level / 255, level / 255) == pytest.approx(level / 255, abs=1e-6)
    lines = [grey(*rgb(colour)) for colour in PALETTE]
    assert min(contrast(shade) for shade in lines) >= 3
    first, second, *_ = lines
    assert abs(first - second) > 0.12
    assert min(abs(one - other) for one, other in itertools.combinations(lines, 2)) > 0.02
    areas = [grey(*rgb(colour)) for colour in TINTS]
    assert abs(areas[0] - areas[1]) > 0.05
    assert all(shade > 0.75 for shade in areas)


@pytest.mark.quick_cases("cards")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_less_ink_and_the_same_words(layout: str) -> None:
    full, saving = (write(colourful(), layout=layout, ink=value) for value in ("full", "saving"))
    # Thinner rules leave room for more on a card.
    assert set(text(saving).split()) - {"1", "2", "of"} == set(text(full).split()) - {"1", "2", "of"}
    words = [write(deck(card("ML0001", details=PROSE * 4)), layout=layout, ink=value) for value in ("full", "saving")]
    used = [sum(int((255 - page).sum()) for page in pictures(data)) for data in words]
    assert used[1] < 0.87 * used[0]
    # Contrast of the text stays beyond 7:1.
    darkest = min(int(page.max(axis=2).min()) for page in pictures(words[1], 4))
    assert contrast(darkest / 255) > 7


@pytest.mark.slow
def test_drawn_figures_get_paler_areas_and_pictures_stay() -> None:
    area = svg(480, 260).replace(b'fill="none"', b'style="fill: #d3e4f3; stroke: #27659e; stroke-width: 6.0"')
    own = svg(300, 200).replace(b'fill="none"', b'style="fill: #d3e4f3"')
    assets = {**ASSETS, DRAWN.asset: Asset(DRAWN.asset, "image/svg+xml", area)}
    assets["own.svg"] = Asset("own.svg", "image/svg+xml", own)
    picture = '<p><img class="media" src="own.svg" alt="Mine" width="300" height="200"></p>'
    data = write(deck(card("ML0001", details=picture, figures=[DRAWN]), assets=assets), ink="saving")
    colours = Counter(tuple(pixel) for page in pictures(data) for pixel in page.reshape(-1, 3).tolist())
    assert colours[(0xD3, 0xE4, 0xF3)] > 1000
    assert colours[(0xE9, 0xF2, 0xF9)] > 1000


@pytest.mark.quick_cases("cards", "booklet")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_bleed_grows_the_page_and_leaves_what_is_on_it(layout: str) -> None:
    usual, larger = write(sample(), layout=layout), write(sample(), layout=layout, bleed="3mm")
    with pikepdf.open(io.BytesIO(usual)) as one, pikepdf.open(io.BytesIO(larger)) as other:
        for before, after in zip(one.pages, other.pages, strict=True):
            trim, bleed, paper, shown = (box(after, name) for name in ("TrimBox", "BleedBox", "MediaBox", "CropBox"))
            assert trim == pytest.approx(box(before, "MediaBox"), abs=0.01)
            assert [(a - b) / MILLIMETRE for a, b in zip(trim, bleed, strict=True)] == pytest.approx(
                [3, 3, -3, -3], abs=0.01
            )
            assert paper[0] < bleed[0] < trim[0]
            assert shown == paper
        assert other.Root.ViewerPreferences.PrintScaling == "/None"
    for plain, grown in zip(pictures(usual, 1), pictures(larger, 1), strict=True):
        rim = (grown.shape[0] - plain.shape[0]) // 2
        inside = grown[rim : rim + plain.shape[0], rim : rim + plain.shape[1]]
        assert np.abs(coarse(inside) - coarse(plain)).max() < 40
        # The marks lie outside: as many strokes on each side, none nearer than the bleed.
        outside = grown.copy()
        gap = round(2.5 * MILLIMETRE)
        outside[rim - gap : -rim + gap, rim - gap : -rim + gap] = 255
        strips = (outside[:rim], outside[-rim:], outside[:, :rim], outside[:, -rim:])
        assert all((strip < 200).any() for strip in strips)
        beside = grown.copy()
        beside[rim:-rim, rim:-rim] = 255
        beside[: rim - gap] = beside[-rim + gap :] = 255
        beside[:, : rim - gap] = beside[:, -rim + gap :] = 255
        assert (beside > 200).all()
    assert text(larger) == text(usual)


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize(
    ("layout", "least"), [("sheet", 11), ("quiz", 11), ("booklet", 11), ("cards", 11), ("fold", 11)]
)
def test_text_has_the_size_that_is_asked_for(layout: str, least: float) -> None:
    plain = deck(card("ML0001", details=f"<p>{'zzzz ' * 30}</p>"))
    for points in (least, 14.5):
        with pdfplumber.open(io.BytesIO(write(plain, layout=layout, text=f"{points:g}pt", card="a6"))) as opened:
            sizes = [letter["size"] for page in opened.pages for letter in page.chars if letter["text"] == "z"]
        assert sizes
        assert Counter(round(size, 1) for size in sizes).most_common(1)[0][0] == pytest.approx(points, abs=0.06)


def test_slides_take_a_size_in_points_on_the_screen() -> None:
    plain = deck(card("ML0001", details=f"<p>{'zzzz ' * 10}</p>"))
    with pdfplumber.open(io.BytesIO(write(plain, layout="slides", text="32pt"))) as opened:
        sizes = {round(letter["size"]) for page in opened.pages for letter in page.chars if letter["text"] == "z"}
    assert sizes == {32}


@pytest.mark.parametrize("value", ["5pt", "11", "40pt", "pt", "11px"])
def test_other_sizes_are_refused(value: str) -> None:
    (option,) = [option for option in WRITER.options if option.name == "text"]
    assert not option.takes(value)
    assert option.takes("9.5pt")


def test_a_bleed_as_wide_as_the_paper_is_refused() -> None:
    with pytest.raises(UsageError):
        write(sample(), bleed="60mm")
