"""Drawings of the site in fewer bytes: they look the same, and what is not known stays as it is."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from browser_session import BROWSER, Browser
from cardpipe.assets.svg.minify import minified
from cardpipe.assets.svg.path_data import UnknownPathError, short_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser_session import Page

DRAWINGS = sorted((Path(__file__).parent.parent / "docs/images/figures").glob("*.svg"))
SHEET = "<style>*{stroke-linejoin: round; stroke-linecap: butt}</style>"
HALF = 0.0005 + 1e-9
COORDINATE = st.floats(-4000, 4000).map(lambda value: round(value, 6))
POINT = st.tuples(COORDINATE, COORDINATE)
SEGMENT = st.one_of(
    st.tuples(st.just("L"), st.tuples(POINT)),
    st.tuples(st.just("Q"), st.tuples(POINT, POINT)),
    st.tuples(st.just("C"), st.tuples(POINT, POINT, POINT)),
    st.tuples(st.just("M"), st.tuples(POINT)),
    st.just(("z", ())),
)


def drawing(content: str, head: str = 'width="9" height="9" viewBox="0 0 9 9"') -> bytes:
    """A drawing with some elements."""
    links = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {links} {head}>\n\n{content}\n\n</svg>\n".encode()


def absolute(data: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """The commands of path data, with absolute points."""
    x = y = 0.0
    start = (x, y)
    for letter, rest in re.findall(r"([a-z])([^a-z]*)", data):
        numbers = [float(value) for value in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        if letter == "z":
            x, y = start
            yield "Z", []
        if letter in "hv":
            numbers = [part for value in numbers for part in ((value, 0.0) if letter == "h" else (0.0, value))]
        size = {"q": 4, "c": 6}.get(letter, 2)
        for place in range(0, len(numbers), size):
            some = numbers[place : place + size]
            points = [(x + across, y + down) for across, down in zip(some[::2], some[1::2], strict=True)]
            x, y = points[-1]
            is_move = letter == "m" and not place
            start = points[0] if is_move else start
            yield ("M" if is_move else letter.upper() if letter in "qc" else "L"), points


@example((0.0, 0.0), [("L", ((0.0, 0.0),)), ("L", ((0.0, 0.0),)), ("M", ((0.0, 0.0),))])
@given(POINT, st.lists(SEGMENT, max_size=30))
def test_no_point_of_a_path_moves_by_more_than_half_a_step(
    start: tuple[float, float], segments: list[tuple[str, tuple[tuple[float, float], ...]]]
) -> None:
    whole = [("M", (start,)), *segments]
    written = "\n".join(f"{letter} {' '.join(f'{x:.6f} {y:.6f}' for x, y in points)}" for letter, points in whole)
    made = list(absolute(short_path(written)))
    expected = [(letter.upper(), points) for letter, points in whole]
    while made and expected:
        letter, points = made.pop(0)
        wanted, around = expected.pop(0)
        assert letter == wanted
        while letter == "L" and not near(points[-1], around[-1]):
            # Points of a straight line are left out.
            wanted, around = expected.pop(0)
            assert wanted == "L"
        assert all(near(one, other) for one, other in zip(points, around, strict=True))
        if letter == "L" and not (made and made[0][0] == "L" and near(made[0][1][-1], points[-1])):
            # Lines of no length are left out.
            while expected and expected[0][0] == "L" and near(points[-1], expected[0][1][-1]):
                expected.pop(0)
    assert not made
    assert all(letter == "L" for letter, _ in expected)


def near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(here - there) <= HALF for here, there in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("M 0 352 \nL 480 352 \nL 480 0 \nL 0 0 \nz\n", "m0 352h480v-352h-480z"),
        ("M 1.5 .25 L 1.25 .75 L 1 1.25", "m1.5.25-.5 1"),
        ("M 0 0 L 1 1 L 0 0", "m0 0 1 1-1-1"),
        ("M 0 0 L 0 0", "m0 0h0"),
        ("M 1 1 L 2 3 z L 5 5 z", "m1 1 1 2zl4 4z"),
        ("M 0.0004 0.0005 L 1.23456 7", "m0 0 1.235 7"),
    ],
)
def test_paths_are_short(written: str, short: str) -> None:
    assert short_path(written) == short


@pytest.mark.parametrize("data", ["L 1 1", "M 1", "M 1 1 A 1 1 0 0 1 2 2", "m 1 1", "M 1e3 1", "M 1 1 L 2 2 3 3", "no"])
def test_other_paths_are_refused(data: str) -> None:
    with pytest.raises(UnknownPathError):
        short_path(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg",
        b"<html/>",
        drawing("<text>a</text>"),
        drawing("<g>words</g>"),
        drawing('<path d="M 0 0 L 1.123456 1" marker-end="url(#a)"/>'),
        drawing('<path d="M 0 0 L 1.123456 1" style="marker: url(#a)"/>'),
        drawing('<path d="M 0 0 L 1.123456 1" style="fill: url(other.svg#a)"/>'),
        drawing('<g transform="scale(40)"><path d="M 0 0 L 1.123456 1"/></g>'),
        drawing('<g transform="matrix(1 0 0 1 0 0)"><path d="M 0 0 L 1.123456 1"/></g>'),
        drawing('<path d="M 0 0 L 1.123456 1"/>', 'width="9" height="9" viewBox="0 0 1 1"'),
        drawing('<path d="M 0 0 L 1.123456 1"/>', 'width="9pt" height="9pt" viewBox="0 0 9 9"'),
        drawing('<path d="M 0 0 L 1.123456 1"/>', ""),
        drawing('<path d="M 0 0 L 1.123456 1"/><style>path{fill:red}</style>'),
        drawing('<pattern id="a" width="0.123456" height="1"><rect width="1" height="1"/></pattern>'),
        drawing('<rect width="50%" height="1"/>'),
        drawing('<rect width="1e999" height="1"/>'),
        drawing('<rect width="nan" height="1"/>'),
        drawing("<svg><path/></svg>"),
        drawing("<g>" * 300 + "</g>" * 300),
    ],
)
def test_what_is_not_known_stays_as_it_is(data: bytes) -> None:
    assert minified(data) == data


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_each_kind_of_figure_has_fewer_bytes(path: Path) -> None:
    data = path.read_bytes()
    made = minified(data)
    assert len(made) < 0.7 * len(data)
    assert minified(made) == made


def test_only_ids_with_references_remain_and_a_style_of_all_copies_is_written_once() -> None:
    copies = "".join(f'<use xlink:href="#mark1" x="{x}.1234567" y="0" style="fill: #bd4e00"/>' for x in range(3))
    content = (
        f'<g id="figure_1"><g id="axes"><g clip-path="url(#clip)"><path d="M 0 0"/></g><g>{copies}</g></g></g>'
        f'<defs>{SHEET}<path id="mark1" d="M 0 0 L 1 1"/><clipPath id="clip"><rect x="1.5" width="2"/></clipPath>'
        "</defs>"
    )
    text = minified(drawing(content)).decode().partition(">")[2].removesuffix("</svg>\n")
    assert text == (
        '<g clip-path="url(#a)"><path d="m0 0"/></g><g style="fill:#bd4e00">'
        '<use xlink:href="#b" x=".123"/><use xlink:href="#b" x="1.123"/><use xlink:href="#b" x="2.123"/></g>'
        f'<defs>{SHEET.replace(": ", ":").replace("; ", ";")}<path id="b" d="m0 0 1 1"/>'
        '<clipPath id="a"><rect x="1.5" width="2"/></clipPath></defs>'
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if BROWSER is None:
        pytest.skip("needs Chromium")
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser.page()


@pytest.mark.slow
@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_browsers_show_the_same_at_double_resolution(page: Page, path: Path) -> None:
    data = path.read_bytes()
    distance = np.abs(pixels(page, data) - pixels(page, minified(data))).max(axis=2)
    assert distance.mean() < 0.05
    # Edges are sampled four times a pixel, and the place of a sample can be on either side of an edge.
    assert distance.max() <= 80
    assert (distance > 16).mean() < 0.001


def pixels(page: Page, data: bytes) -> np.ndarray:
    """What a browser shows of a drawing, at two pixels per CSS pixel."""
    width, height = (float(re.findall(rf' {side}="([\d.]+)"', data.decode())[0]) for side in ("width", "height"))
    page.command(
        "Emulation.setDeviceMetricsOverride", width=int(width), height=int(height), deviceScaleFactor=2, mobile=False
    )
    address = f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
    page.open("about:blank")
    page.value(
        f'document.body.style.margin = 0, document.body.innerHTML = `<img src="{address}">`, '
        "document.images[0].decode().then(() => new Promise(requestAnimationFrame)).then(() => 1)"
    )
    shown = page.command("Page.captureScreenshot")["data"]
    with Image.open(io.BytesIO(base64.b64decode(shown))) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.int16)
