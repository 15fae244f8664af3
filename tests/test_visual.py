"""Reference pictures of each PDF layout, the HTML page, and Anki's cards.

The accepted pictures are in `tests/visual/`. After an intended change, `pytest tests/test_visual.py --accept-visual`
writes those that differ; look at each before you commit it.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import mathjax
import matplotlib as mpl
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageDraw

from anki_collection import collection
from cardpipe import Project, plugins
from test_browser import BROWSER, DECK, RIGHT_TO_LEFT
from visual_comparison import check, difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe import Artefact

ACCEPTED = Path(__file__).parent / "visual"
LAYOUTS: dict[str, dict[str, str]] = {
    "sheet": {},
    "columns": {"layout": "sheet", "columns": "2"},
    "cards": {"back": "answer"},
    "fold": {"back": "answer"},
    "quiz": {},
    "booklet": {},
    "slides": {},
}
"""By name, the options of the PDF; the layout is the name where they do not say it."""
PAGES = 6
"""How many pages of a layout are kept: the first ones, with the heading, the contents and cards."""
POINTS_PER_PIXEL = 72 / 68

# Fonts that come with what the tests install, so that a text has the same lines on every system.
_FONTS = Path(mpl.get_data_path(), "fonts/ttf")
FONTS = (
    "<style>"
    + "".join(
        f"@font-face{{font-family:{family};font-weight:{weight};src:url({(_FONTS / file).as_uri()})}}"
        for family, weight, file in (
            ("Seen", 400, "DejaVuSans.ttf"),
            ("Seen", 700, "DejaVuSans-Bold.ttf"),
            ("SeenMono", 400, "DejaVuSansMono.ttf"),
        )
    )
    + "html body, html body :not(:is(svg *, math *, mjx-container *, code, code *, pre *)){font-family:Seen!important}"
    "code,pre,kbd,#typeans,code *,pre *{font-family:SeenMono!important}</style>"
)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--accept-visual"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The deck that shows each part of a card."""
    return Project(shutil.copytree(ACCEPTED / "deck", tmp_path_factory.mktemp("visual") / "deck"))


@pytest.fixture(scope="module")
def right_to_left(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("visual") / "rtl"
    for name in ("cards", "media"):
        (folder / "source" / name).mkdir(parents=True)
    (folder / "source/deck.yaml").write_text(DECK, encoding="utf-8")
    (folder / "source/cards/a.yaml").write_text(RIGHT_TO_LEFT, encoding="utf-8")
    Image.new("RGB", (120, 60), "#ff9933").save(folder / "source/media/x.png")
    return Project(folder)


def built(project: Project, name: str, **options: str) -> Artefact:
    result = project.build([name], options={name: options})
    assert result.ok, result.diagnostics
    return result.artefacts[name][0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pages_of_a_pdf_look_as_they_did(project: Project, layout: str, tmp_path: Path, *, accept: bool) -> None:
    data = built(project, "pdf", **{"layout": layout, **LAYOUTS[layout]}).data
    with pypdfium2.PdfDocument(data) as pdf:
        for number in range(min(PAGES, len(pdf))):
            # Drawn large and made small: so the smallest letters are grey in the same way everywhere.
            large = pdf[number].render(scale=2 / POINTS_PER_PIXEL).to_pil().convert("RGB")
            image = large.resize((large.width // 2, large.height // 2), Image.Resampling.BOX)
            check(image, ACCEPTED / f"pdf-{layout}-{number + 1}.png", tmp_path, accept=accept)


def test_every_layout_is_looked_at() -> None:
    assert {options.get("layout", name) for name, options in LAYOUTS.items()} == set(plugins.names(plugins.PDF_LAYOUTS))


def photographed(
    frames: Mapping[str, tuple[Path, int, int]], folder: Path, *, dark: bool = False
) -> Iterator[tuple[str, Image.Image]]:
    """What a browser shows of pages, in frames of a width and a height, at half the size."""
    places, top = {}, 0
    elements = []
    for name, (path, width, height) in frames.items():
        places[name] = (0, top, width, top + height)
        elements.append(
            f'<iframe src="{path.as_uri()}" style="position:absolute;border:0;left:0;top:{top}px" '
            f'width="{width}" height="{height}"></iframe>'
        )
        top += height
    board = folder / "board.html"
    board.write_text(f'<!doctype html><meta charset="utf-8"><body>{"".join(elements)}', encoding="utf-8")
    out = folder / "board.png"
    assert BROWSER is not None
    width = max(width for _, width, _ in frames.values())
    subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--font-render-hinting=none", "--force-color-profile=srgb", "--allow-file-access-from-files",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{top}", "--virtual-time-budget=10000",
            f"--screenshot={out}", board.as_uri(),
        ],
        capture_output=True, timeout=180, check=True,
    )  # fmt: skip
    shot = Image.open(out).convert("RGB")
    for name, place in places.items():
        part = shot.crop(place)
        yield name, part.resize((part.width // 2, part.height // 2), Image.Resampling.BOX)


def page(project: Project, path: Path) -> Path:
    """The HTML page, in fonts that every system has here."""
    document = built(project, "html").data.decode()
    document = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", document)
    path.write_text(document.replace("</head>", f"{FONTS}</head>", 1), encoding="utf-8")
    return path


@needs_browser
@pytest.mark.slow_cases("dark")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_html_page_looks_as_it_did(
    project: Project, right_to_left: Project, scheme: str, tmp_path: Path, *, accept: bool
) -> None:
    whole = page(project, tmp_path / "page.html")
    frames = {"wide": (whole, 1200, 3300), "phone": (whole, 400, 3600)}
    if scheme == "light":
        frames["right-to-left"] = (page(right_to_left, tmp_path / "rtl.html"), 1200, 1300)
    for name, image in photographed(frames, tmp_path, dark=scheme == "dark"):
        check(image, ACCEPTED / f"html-{name}-{scheme}.png", tmp_path, accept=accept)


MATHJAX = f"""
<script>MathJax = {{tex: {{displayMath: [["\\\\[", "\\\\]"]], processEscapes: false, processEnvironments: false,
processRefs: false}}}}</script>
<script src="{Path(mathjax.__path__[0], "static/mathjax/es5/tex-chtml-full.js").as_uri()}"></script>
"""
TYPED = '<center><input type="text" id="typeans" value="{}"></center>'


@needs_browser
@pytest.mark.slow_cases("night")
@pytest.mark.parametrize("time", ["day", "night"])
def test_the_cards_look_as_they_did_in_anki(project: Project, time: str, tmp_path: Path, *, accept: bool) -> None:
    """Each side as the real Anki makes it of note and template, in a page like that of Anki's reviewer."""
    frames = {}
    classes = "card nightMode night_mode" if time == "night" else "card"
    with collection(tmp_path / "anki") as learner:
        learner.import_package(built(project, "anki").data)
        for number in sorted(learner.col.find_cards("")):
            card = learner.col.get_card(number)
            note = card.note()
            typed = learner.col.compare_answer(note["Answer"], "Pariss")
            for side, text, field in (
                ("front", card.question(), TYPED.format("Pariss")),
                ("back", card.answer(), typed),
            ):
                shown = re.sub(r"\[\[type:[^\]]+\]\]", field.replace("\\", r"\\"), text)
                name = f"{note['ID']}-{card.ord + 1}-{side}"
                path = tmp_path / "anki/collection.media" / f"{name}.html"
                path.write_text(
                    f'<!doctype html><html><head><meta charset="utf-8">{MATHJAX}{FONTS}</head>'
                    f'<body class="{html.escape(classes)} card{card.ord + 1}"><div id="qa">{shown}</div></body></html>',
                    encoding="utf-8",
                )
                long = side == "back" and note["ID"] in {"TX0001", "MA0001"}
                frames[name] = (path, 640, 1320 if long else 400)
    assert len(frames) == 14
    for last in (False, False, True):
        sides = dict(photographed(frames, tmp_path))
        try:
            for kind in ("front", "back"):
                board = side_by_side([image for name, image in sides.items() if name.endswith(kind)])
                check(board, ACCEPTED / f"anki-{kind}-{time}.png", tmp_path, accept=accept)
            break
        except AssertionError:
            # On a busy machine, a browser may take the picture before all formulas are typeset.
            if last:
                raise


def side_by_side(images: Sequence[Image.Image]) -> Image.Image:
    """The pictures in a row."""
    board = Image.new("RGB", (sum(image.width for image in images), max(image.height for image in images)))
    left = 0
    for image in images:
        board.paste(image, (left, 0))
        left += image.width
    return board


def words(*places: tuple[int, int], colour: str = "black") -> Image.Image:
    """A page with a block of bars like words at each place."""
    image = Image.new("RGB", (360, 240), "white")
    draw = ImageDraw.Draw(image)
    for left, top in places:
        for line in range(4):
            for word in range(5):
                x, y = left + word * 22, top + line * 12
                draw.rectangle((x, y, x + 16, y + 5), fill=colour)
    return image


def test_a_comparison_ignores_edges_and_detects_visible_changes() -> None:
    known = words((20, 20), (200, 120))
    blurred = known.resize((720, 480), Image.Resampling.BICUBIC).resize((360, 240), Image.Resampling.BILINEAR)
    assert not difference(known, known).seen
    assert not difference(known, blurred).seen
    assert not difference(known, Image.blend(known, ImageChops.offset(known, 1, 0), 0.5)).seen
    missing = known.copy()
    missing.paste("white", (20, 20, 38, 27))  # one word
    assert difference(known, missing).seen
    assert difference(known, words((20, 26), (200, 120))).seen  # half a line lower
    assert difference(known, words((20, 20))).seen
    assert difference(known, words((20, 20), (200, 120), colour="red")).seen
    assert difference(known, known.crop((0, 0, 360, 200))).seen
