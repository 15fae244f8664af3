"""The style of all figures: contrast, text sizes, nothing cut off, clean SVG, reproducible bytes."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pdfplumber
import pytest
from PIL import Image

from cardpipe.figures import style
from cardpipe.figures.cells.tinted_cells import DEEPEST
from cardpipe.figures.picture import faults
from cardpipe.writers.api import Asset, FigureForm
from cardpipe.writers.pdf.composing.paper import Paper
from cardpipe.writers.pdf.engine import Resources
from cardpipe.writers.pdf.engine import draw as draw_pages
from cardpipe.writers.pdf.engines.plutoprint import ENGINE
from figure_sample import SAMPLES, decoded, drawn, kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Colour = NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
    "deuteranopia": np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]),
    "tritanopia": np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
}
# hue-rotate(180deg) of the Filter Effects specification.
HUE_ROTATION = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])
WHITE, BLACK = np.ones(3), np.zeros(3)


def rgb(colour: str) -> Colour:
    return np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])


def linear(colour: Colour) -> Colour:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2, contrast ratio."""
    dark, light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def in_dark_mode(colour: Colour) -> Colour:
    return np.clip(HUE_ROTATION @ (1 - colour), 0, 1)


def oklab(linear_rgb: Colour) -> Colour:
    cones = np.cbrt(
        np.array(
            [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]],
        )
        @ linear_rgb
    )
    return np.array([[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]) @ cones


def paper(sheet: str, night: str) -> list[Colour]:
    """A style sheet's grounds by day and by night, after what begins its rules for the night."""
    css = resources.files("cardpipe.writers").joinpath(*sheet.split("/")).read_text(encoding="utf-8")
    day, after, dark = css.partition(night)
    assert after
    found = [re.search(r"--paper: #([0-9a-f]{3,6});", part) for part in (day, dark)]
    digits = [match[1] for match in found if match is not None]
    return [rgb("#" + (short if len(short) == 6 else "".join(digit * 2 for digit in short))) for short in digits]


def on_page(colour: Colour, ground: Colour) -> Colour:
    """By day: blended by `multiply`, as Anki's cards do and white pages need not."""
    return colour * ground


def on_dark_page(colour: Colour, ground: Colour) -> Colour:
    """By night: turned round, then blended by `screen`."""
    return 1 - (1 - in_dark_mode(colour)) * (1 - ground)


@pytest.mark.parametrize(
    ("sheet", "night"),
    [("anki/style.css", ".card.nightMode"), ("page/screen.css", "@media (prefers-color-scheme: dark)")],
)
def test_contrasts_hold_on_the_pages_that_show_figures(sheet: str, night: str) -> None:
    day, dark = paper(sheet, night)
    for colour, least in [
        *((colour, 3.0) for colour in (*style.PALETTE, style.LINE)),
        *((colour, 4.5) for colour in (style.INK, style.MUTED)),
    ]:
        assert contrast(on_page(rgb(colour), day), on_page(WHITE, day)) >= least - 0.1  # paper that is not quite white
        assert contrast(on_dark_page(rgb(colour), dark), on_dark_page(WHITE, dark)) >= least
    for tint in (*style.TINTS, *DEEPEST):
        assert contrast(on_page(rgb(style.INK), day), on_page(rgb(tint), day)) >= 4.5
        assert contrast(on_dark_page(rgb(style.INK), dark), on_dark_page(rgb(tint), dark)) >= 4.5


@pytest.mark.parametrize("sheet", ["anki/style.css", "page/screen.css"])
def test_the_night_turns_drawn_figures_as_it_was_measured(sheet: str) -> None:
    css = resources.files("cardpipe.writers").joinpath(*sheet.split("/")).read_text(encoding="utf-8")
    [rule] = re.findall(r"\.figure\.drawn img \{([^}]*invert[^}]*)\}", css)
    assert "filter: invert(1) hue-rotate(180deg);" in rule
    assert "mix-blend-mode: screen;" in rule


def test_lines_can_be_seen_on_a_phone_and_on_paper() -> None:
    widths = {name: value for name, value in style.parameters().items() if name.endswith("linewidth")}
    thinnest = min(value for value in widths.values() if value)
    # At 360 px of 480 a line of 1 px is three quarters of a pixel; on paper 130 mm wide, 0.27 mm.
    assert thinnest * 360 / style.WIDTH >= 0.75
    assert thinnest * 130 / style.WIDTH >= 0.25
    assert widths["lines.linewidth"] * 360 / style.WIDTH >= 1.5


@pytest.mark.parametrize("colour", [*style.PALETTE, style.LINE])
def test_lines_have_a_contrast_of_three_in_light_and_dark(colour: str) -> None:
    assert contrast(rgb(colour), WHITE) >= 3
    assert contrast(in_dark_mode(rgb(colour)), BLACK) >= 3


@pytest.mark.parametrize(
    ("colour", "ground"),
    [
        *((colour, style.BACKGROUND) for colour in (style.INK, style.MUTED, *style.PALETTE[:2])),
        (style.MUTED, style.TINTS[5]),  # the numbers in padding cells
    ],
)
def test_text_has_a_contrast_of_four_and_a_half_in_light_and_dark(colour: str, ground: str) -> None:
    assert contrast(rgb(colour), rgb(ground)) >= 4.5
    assert contrast(in_dark_mode(rgb(colour)), in_dark_mode(rgb(ground))) >= 4.5


@pytest.mark.parametrize("tint", style.TINTS)
def test_ink_can_be_read_on_every_tint(tint: str) -> None:
    assert contrast(rgb(style.INK), rgb(tint)) >= 7
    assert contrast(in_dark_mode(rgb(style.INK)), in_dark_mode(rgb(tint))) >= 4.5


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_differ_for_every_sight(sight: str) -> None:
    seen = [oklab(np.clip(SIGHTS[sight] @ linear(rgb(colour)), 0, 1)) for colour in style.PALETTE]
    assert min(float(np.linalg.norm(one - other)) for one, other in itertools.combinations(seen, 2)) > 0.09


def test_text_is_eleven_pixels_high_on_a_phone() -> None:
    sizes = [value for name, value in style.parameters().items() if name.endswith(("size", "fontsize"))]
    in_pixels = [size for size in sizes if isinstance(size, float) and size > 8]
    assert min(in_pixels) * 360 / style.WIDTH >= 11


@pytest.mark.parametrize("name", SAMPLES)
def test_svg_is_clean_and_has_its_size(name: str) -> None:
    drawing = drawn(name, SAMPLES[name])
    root = ElementTree.fromstring(drawing.data)  # noqa: S314 - we have just drawn it ourselves
    assert root.get("viewBox") == f"0 0 {drawing.width:g} {drawing.height:g}"
    assert (root.get("width"), root.get("height")) == (f"{drawing.width:g}", f"{drawing.height:g}")
    assert drawing.media_type == "image/svg+xml"
    assert not list(root.iter("{http://www.w3.org/2000/svg}text"))
    for unwanted in (b"metadata", b"<!--", b"DOCTYPE", b"atplotlib v", b"dc:date"):
        assert unwanted not in drawing.data
    assert faults(drawing.data, FigureForm.SVG, drawing.width, drawing.height) == ""


def test_a_transparent_shape_stays_a_drawing_in_the_pdf() -> None:
    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.axvspan(0.2, 0.6, alpha=0.14)
        axes.plot([0, 1], [0, 1], alpha=0.5)

    drawing = style.paint(draw, FigureForm.SVG)
    assert b"fill-opacity: 0.14; stroke-opacity: 0.14" in drawing.data
    assert b'"opacity' not in drawing.data
    assert b" opacity" not in drawing.data
    page = Paper(500, 400)
    picture = Asset("drawn.svg", drawing.media_type, drawing.data)
    files = Resources({picture.name: picture})
    document = f'<html><head></head><body><img src="{files.address(picture.name)}" alt=""></body></html>'
    data = draw_pages(ENGINE, page, ENGINE.lay_out(page, document, files))
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        assert not pdf.pages[0].images
        assert len(pdf.pages[0].curves + pdf.pages[0].rects + pdf.pages[0].lines) > 20


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("name", SAMPLES)
def test_png_has_twice_the_size_and_says_nothing_of_its_maker(name: str) -> None:
    drawing = drawn(name, SAMPLES[name], FigureForm.PNG)
    with Image.open(io.BytesIO(drawing.data)) as image:
        assert abs(image.width - 2 * drawing.width) <= 2
        assert abs(image.height - 2 * drawing.height) <= 2
        assert "Software" not in image.info
    assert faults(drawing.data, FigureForm.PNG, drawing.width, drawing.height) == ""


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_cut_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []
    original = style.save

    def save(figure: Figure, form: FigureForm) -> Any:
        drawing = original(figure, form)
        reached.append((figure.get_tightbbox(), figure.get_size_inches()))
        return drawing

    monkeypatch.setattr(style, "save", save)
    _, values = decoded(name, SAMPLES[name])
    kind(name).draw(values, None, FigureForm.SVG)  # type: ignore[arg-type]  # these kinds look at no files
    assert reached
    slack = 0.5 / style.PIXELS_PER_INCH
    for box, (width, height) in reached:
        assert box.x0 >= -slack
        assert box.y0 >= -slack
        assert box.x1 <= width + slack
        assert box.y1 <= height + slack


def test_a_figure_grows_rather_than_cutting_text_off() -> None:
    def draw(figure: Figure) -> None:
        figure.text(0.9, 0.5, "far beyond the right edge")

    assert style.paint(draw, FigureForm.SVG).width > style.WIDTH + 100


def test_the_users_own_settings_do_not_matter() -> None:
    import matplotlib as mpl

    before = drawn("grid", "values: [[1]]").data
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "none", "lines.linewidth": 9}):
        assert drawn("grid", "values: [[1]]").data == before
        assert mpl.rcParams["font.size"] == 30


DIGESTS = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
from figure_sample import SAMPLES, drawn
from cardpipe.writers.api import FigureForm
drawings = [drawn(name, SAMPLES[name], form) for name in SAMPLES for form in FigureForm]
print(json.dumps([hashlib.sha256(drawing.data).hexdigest() for drawing in drawings]))
"""


def digests(folder: Path, seed: str) -> list[str]:
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}", "MPLCONFIGDIR": str(folder / "settings")}
    (folder / "settings").mkdir()
    # A user's own settings, which must not shape anything.
    (folder / "settings" / "matplotlibrc").write_text("font.size: 31\nsvg.fonttype: none\n", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", DIGESTS, here], cwd=folder, env=environment, check=True, capture_output=True, timeout=300
    )
    return [str(digest) for digest in json.loads(result.stdout)]


@pytest.mark.slow
def test_same_bytes_in_every_process_folder_and_hash_seed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    here = [
        hashlib.sha256(drawn(name, SAMPLES[name], form).data).hexdigest() for name in SAMPLES for form in FigureForm
    ]
    assert digests(tmp_path / "one", "1") == digests(tmp_path / "other", "2") == here
