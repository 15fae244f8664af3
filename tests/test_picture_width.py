"""The width of a picture, and the alternative texts of a figure, in every format."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from cardpipe.markup import scan
from cardpipe.markup.picture_width import css_width, is_faulty, width_of
from lint_sample import findings

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

STYLE = "max-width:100%;height:auto;object-fit:contain"


@pytest.mark.parametrize(
    ("title", "width"),
    [
        ("width=50%", "50%"),
        (" width = 100% ", "100%"),
        ("width=1%", "1%"),
        ("width=120px", "120px"),
        ("width=120", "120px"),
        ("width=2000px", "2000px"),
    ],
)
def test_a_title_can_be_a_width(title: str, width: str) -> None:
    assert width_of(title) == width
    assert not is_faulty(title)


@pytest.mark.parametrize(
    "title",
    [
        "width=0%",
        "width=101%",
        "width=050%",
        "width=2001px",
        "width=12em",
        "width=-5px",
        "width=1e3",
        "width=\u0665%",
        "width=50%;position:fixed",
        'width=50%" onload="x',
        "width: 50%",
        "height=50px",
        "Width=50%",
        "size=50",
        "width=",
    ],
)
def test_another_size_is_a_finding_and_no_width(title: str) -> None:
    assert width_of(title) == ""
    assert is_faulty(title)


@pytest.mark.parametrize("title", ["", "A neuron", "width of the river", "50%", "its width = 5 m"])
def test_an_ordinary_title_is_no_size(title: str) -> None:
    assert width_of(title) == ""
    assert not is_faulty(title)


@pytest.mark.parametrize("value", ["50 %", "50%;", "\n50%", "50%\n", "0", "", "1000000"])
def test_a_key_is_as_strict(value: str) -> None:
    assert css_width(value) == ""


@pytest.mark.parametrize("quotes", ['"width=5%"', "'width=5%'", "(width=5%)"])
def test_a_picture_knows_its_title(quotes: str) -> None:
    [image] = scan(f"![alt](x.png {quotes})").images()
    assert image.title == "width=5%"


def test_a_wrong_width_has_its_place_and_help() -> None:
    [found] = [one for one in findings('id: ML0044\ndetails: |\n  ![A b](x.png "width=120%")') if one.code == "MED011"]
    assert (found.span.line, found.span.column) == (3, 17)
    assert found.help == 'Write "width=50%", from 1% to 100% of the text, or "width=240px", up to 2000px.'


def test_a_sound_has_no_width() -> None:
    found = findings('id: ML0044\ndetails: |\n  ![A bark](x.mp3 "width=50%")')
    assert [one.message for one in found if one.code == "MED011"] == ["A sound has no width."]


# --- Alternative texts -----------------------------------------------------------------------------------------------

FIGURE = "figures:\n  - {{id: map, kind: grid, values: [[1]], alt: {alt}}}"


def tells(text: str) -> list[tuple[int, str | None]]:
    return [(one.span.line, one.help) for one in findings(f"id: ML0044\n{text}") if one.code == "ACC003"]


@pytest.mark.parametrize(
    ("question", "answer", "is_told"),
    [
        ("![The flag of France, waving.](x.png) Whose?", "France", True),
        ("![The flag of *france*, waving.](x.png) Whose?", "**France**.", True),
        ("![The flag of New Zealand here.](x.png) Whose?", "New Zealand", True),
        ("![The flag of Francestown.](x.png) Whose?", "France", False),
        ("![Three vertical stripes.](x.png) Whose?", "France", False),
        ("![](figure:none) Whose?", "France", False),
        ("![A long text.](x.png) Whose?", "A long text of nine words that nobody would mind", False),
        ("![...](x.png) Whose?", "...", False),
    ],
)
def test_a_question_must_not_tell_the_answer(question: str, answer: str, is_told: bool) -> None:
    assert bool(tells(f'question: "{question}"\nanswer: "{answer}"')) is is_told


def test_a_blank_must_not_be_told() -> None:
    assert tells('kind: cloze\nquestion: "![The map of France.](x.png) It is {{c1::France}}."')
    assert not tells('kind: cloze\nquestion: "![The map of Spain.](x.png) It is {{c1::France}}."')


@pytest.mark.parametrize(
    ("alt", "is_told"),
    [
        ("The map of France.", True),
        ("{question: The map of a country., answer: The map of France.}", False),
        ("{question: The map of France., answer: The map of a country.}", True),
    ],
)
def test_a_figure_has_an_alternative_text_for_the_question(alt: str, is_told: bool) -> None:
    found = tells(f'question: "![](figure:map) Whose?"\nanswer: France\n{FIGURE.format(alt=alt)}')
    assert bool(found) is is_told
    if is_told:
        assert found[0][1] == "Write alt: {question: …, answer: …} with a neutral text for the question."


# --- In every format -------------------------------------------------------------------------------------------------

CARD = """\
id: EX0001
title: Widths
question: |
  Look: ![](figure:grid "width=40%")
answer: |
  ![A neuron of its natural size.](neuron.png "just a title")

  ![A neuron of full width | $x$, "quoted".](neuron.png "width=100%")
  and a **line** right below.
details: |
  | a | b |
  |---|---|
  | ![A neuron in a cell.](neuron.png "width=60px") | text |

  ![](figure:grid)
figures:
  - id: grid
    kind: grid
    values: [[0, 1], [1, 0]]
    alt: {question: A small grid of numbers., answer: The grid of the XOR function.}
    width: 120
  - id: last
    kind: grid
    values: [[0, 1], [1, 0]]
    alt: The grid at the end of the card.
    width: 30%
tags: [example]
"""
CLOZE = """\
id: EX0002
title: A map
kind: cloze
question: |
  This is {{c1::Paris}}. ![](figure:map)
figures:
  - id: map
    kind: grid
    values: [[1]]
    alt: {question: A city on a map., answer: Paris on a map.}
tags: [example]
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, drawn_project: Path, run: Run) -> Path:
    project = tmp_path_factory.mktemp("widths") / "sample"
    shutil.copytree(drawn_project, project)
    shutil.rmtree(project / "source/cards")
    (project / "source/cards").mkdir()
    for name, card in {"EX0001": CARD, "EX0002": CLOZE}.items():
        (project / f"source/cards/{name}.yaml").write_text(card, "utf-8")
    (project / "source/media").mkdir(exist_ok=True)
    (project / "source/media/neuron.png").write_bytes(picture())
    result = run("-C", project, "fmt", "--check")
    assert result.returncode == 0, result.stdout + result.stderr
    formats = [part for name in ("csv", "html", "markdown") for part in ("--format", name)]
    result = run("-C", project, "export", *formats)
    assert result.returncode == 0, result.stdout + result.stderr
    return project


def picture() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (24, 24), "navy").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("ending", ["csv", "html"])
def test_html_has_the_width_as_style(exported: Path, ending: str) -> None:
    text = next((exported / "output").glob(f"*.{ending}")).read_text("utf-8").replace('""', '"')
    found = {
        match[1]: match[2]
        for match in re.finditer(
            r'<img(?: class="media")? src="[^"]*" alt="([^"]*)" width="\d+" height="\d+"([^>]*)>', text
        )
    }
    assert found["A small grid of numbers."] == f' style="width:40%;{STYLE}"'
    assert found["The grid of the XOR function."] == f' style="width:120px;{STYLE}"'
    assert found["The grid at the end of the card."] == f' style="width:30%;{STYLE}"'
    assert found["A neuron of its natural size."] == ""
    assert found["A neuron in a cell."] == f' style="width:60px;{STYLE}"'


def test_code_hosts_get_an_element(exported: Path) -> None:
    page = next((exported / "output").glob("*/cards/EX0001.md")).read_text("utf-8")
    front, _, back = page.partition("<details>")
    assert re.search(r'Look: <img src="\.\./assets/\S+" alt="A small grid of numbers\." width="40%">', front)
    assert re.search(r'\| <img src="\.\./assets/\S+" alt="A neuron in a cell\." width="60"> \| text \|', back)
    assert re.search(r'<img src="\.\./assets/\S+" alt="The grid of the XOR function\." width="120">', back)
    # A tag alone on a line would make the next one part of an HTML block.
    assert 'width="100%">\nand a **line** right below.' in back
    assert re.search(
        r"&#8203;<img [^>]*natural|&#8203;<img [^>]*full width &#124; &#36;x&#36;, &quot;quoted&quot;", back
    )
    assert "![A neuron of its natural size.](../assets/" in back


def test_a_cloze_has_the_texts_of_both_sides(exported: Path) -> None:
    text = next((exported / "output").glob("*.html")).read_text("utf-8")
    front, _, back = text.partition("A map</")[2].partition("Paris on a map.")
    assert front.count("A city on a map.") == 1
    assert "A city on a map." not in back
    note = next((exported / "output").glob("*.csv")).read_text("utf-8")
    assert "A city on a map." in note
    assert "Paris on a map." not in note


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["sheet", "booklet", "quiz", "cards", "fold", "slides"])
def test_a_picture_on_paper_has_its_width_and_its_proportions(exported: Path, run: Run, layout: str) -> None:
    result = run("-C", exported, "export", "--format", "pdf", "--layout", layout, "--back", "all", "--id", "EX0001")
    assert result.returncode == 0, result.stdout + result.stderr
    newest = max((exported / "output").glob("*.pdf"), key=lambda path: path.stat().st_mtime_ns)
    sizes = []
    with pypdfium2.PdfDocument(newest) as opened:
        for page in opened:
            for shown in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]):
                left, bottom, right, top = shown.get_bounds()
                assert right - left == pytest.approx(top - bottom, rel=0.02)
                assert 0 <= left <= right <= page.get_width()
                sizes.append(right - left)
    assert len(sizes) == 3, sizes
    natural, full, cell = sizes
    if layout != "slides":  # where texts and widths are enlarged, but pictures without a width are not
        assert cell == pytest.approx(2.5 * natural, rel=0.05)
    assert full > 1.2 * cell
