"""All figure kinds: findings and their positions, and the manual's examples."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cardpipe import plugins
from cardpipe.errors import FigureError
from cardpipe.figures.labels import _CERTAIN_MATH, label_findings
from cardpipe.figures.number_format import printed
from cardpipe.figures.reference import figures_page
from cardpipe.model.deck import FigureScript, Media
from cardpipe.text.positions import SourceText
from cardpipe.writers.api import FigureForm
from figure_sample import SAMPLES, Files, decoded, drawn, found, kind

if TYPE_CHECKING:
    from pathlib import Path

KINDS = (*SAMPLES, "image", "script")
DRAW = b'def draw(figure):\n    """Draw nothing."""\n'


def bitmap(width: int, height: int, form: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, form)
    return buffer.getvalue()


FILES = Files(
    media=(
        Media("neuron.png", bitmap(30, 20, "PNG")),
        Media("sub/photo.jpg", bitmap(8, 9, "JPEG")),
        Media("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40"/>'),
        Media("broken.png", b"not a picture"),
        Media("notes.txt", b"text"),
    ),
    scripts=(
        FigureScript("xor.py", DRAW),
        FigureScript("perceptron_xor.py", DRAW),
        FigureScript("syntax.py", b"def draw(figure:\n    pass\n"),
        FigureScript("nothing.py", b"x = 1\n"),
        FigureScript("silent.py", b"def draw(figure):\n    pass\n"),
        FigureScript("null.py", b"x = 1\0"),
        FigureScript("deep.py", b"(" * 50_000),
        FigureScript("size.py", DRAW + b"    figure.set_size_inches(5, 5)\n"),
        FigureScript("failing.py", DRAW + b"    figure.nothing()\n"),
        FigureScript("typed.py", b'def draw(figure, **given):\n    """Test."""\n    raise ValueError(given)\n'),
    ),
)


def test_all_kinds_come_in_through_entry_points() -> None:
    assert set(KINDS) <= set(plugins.names(plugins.FIGURES))
    assert [kind(name).name for name in KINDS] == list(KINDS)
    assert all(kind(name).summary and kind(name).fields for name in KINDS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_figure_that_uses_everything_has_no_findings(name: str) -> None:
    assert found(name, SAMPLES[name]) == []


@pytest.mark.parametrize(
    ("name", "yaml", "line", "column", "message"),
    [
        # script
        ("script", "script: xro.py", 1, 9, "source/figures/xro.py does not exist."),
        ("script", "script: syntax.py", 1, 9, "source/figures/syntax.py is not valid Python: line 1"),
        ("script", "script: nothing.py", 1, 9, "source/figures/nothing.py defines no function `draw(figure)`."),
        ("script", "script: silent.py", 1, 9, "source/figures/silent.py: its `draw` has no docstring."),
        ("script", "script: null.py", 1, 9, "source/figures/null.py is not valid Python"),
        ("script", "script: deep.py", 1, 9, "source/figures/deep.py is not valid Python"),
        ("script", "script: xor.py\nparameters: {class: 1}", 2, 13, "“class” is a Python keyword."),
        # image
        ("image", "file: neuro.png", 1, 7, "source/media/neuro.png does not exist."),
        ("image", "file: ../neuron.png", 1, 7, "source/media/../neuron.png does not exist."),
        ("image", "file: notes.txt", 1, 7, "This file is not a picture."),
        ("image", "file: broken.png", 1, 7, "The size of the picture cannot be read."),
        # grid
        ("grid", "title: A", 1, 1, "A grid must have either `values` or `grids`"),
        ("grid", "values: [[1]]\ngrids: [{values: [[1]]}]", 2, 8, "A grid must have either `values` or `grids`"),
        ("grid", "values:\n  - [1, 2]\n  - [3]", 3, 5, "This row has 1 number, but the first has 2."),
        ("grid", "values: [[1, 2], [3, 4]]\npadding: 1", 2, 10, "The padding leaves no inner cell"),
        ("grid", "values: [[1]]\nhighlight: [{row: 1, column: 2}]", 2, 13, "This block is partly outside of the grid"),
        ("grid", "grids: [{values: [[1]]}]\noperators: ['*']", 2, 12, "Found 1 operator for 0 gaps"),
        ("grid", "grids: [{title: A}]", 1, 9, "This grid has no values."),
        ("grid", "grids: [{values: [[1]]}]\ntitle: A", 2, 8, "This key belongs to a single grid."),
        (
            "grid",
            f"values: [[{', '.join(['-0.125'] * 12)}]]",
            1,
            9,
            "The grid is too wide: with these numbers, 7 columns",
        ),
        ("grid", f"values: [[1]]\ntitle: {'x' * 60}", 1, 9, "A word of the grid's title is wider"),
        # network
        (
            "network",
            "layers:\n- {units: 1}\n- {units: 1, unit_labels: [a, b]}",
            3,
            27,
            "Found 2 labels for 1 unit.",
        ),
        (
            "network",
            "layers: [{units: 1}, {units: 1}]\nhighlight_units: [{layer: 3, unit: 1}]",
            2,
            19,
            "This unit is not",
        ),
        (
            "network",
            "layers: [{units: 1}, {units: 1}]\nhighlight_units: [{layer: 1, unit: 2}]",
            2,
            19,
            "This unit is not",
        ),
        (
            "network",
            "layers: [{units: 1}, {units: 1}]\nhighlight_units: [{layer: 1, unit: 0}]",
            2,
            19,
            "This unit is not",
        ),
        (
            "network",
            "layers: [{units: 99}, {units: 1}]\nhighlight_units: [{layer: 1, unit: 50}]",
            2,
            19,
            "This unit is not",
        ),
        (
            "network",
            "layers: [{units: 1}, {units: 1}]\nhighlight_edges: [{layer: 2, from: 1, to: 1}]",
            2,
            19,
            "This edge",
        ),
        (
            "network",
            "layers: [{units: 1}, {units: 1}]\nhighlight_edges: [{layer: 1, from: 1, to: 2}]",
            2,
            19,
            "This edge",
        ),
        (
            "network",
            "layers: [{units: 1}, {units: 1}]\noutputs: [a, b]",
            2,
            10,
            "Found 2 outputs, but the last layer shows 1",
        ),
        (
            "network",
            "layers:\n- {units: 1}\n- {units: 1, unit_labels: [much too long]}\n- {units: 1}",
            3,
            28,
            "This label does not fit into its unit.",
        ),
        (
            "network",
            "layers: [{units: 1, label: Antidisestablishmentarianism}, {units: 1}, {units: 1}, {units: 1}]",
            1,
            28,
            "A word of this name is wider",
        ),
        (
            "network",
            f"layers: [{{units: 1, unit_labels: [{'m' * 30}]}}, {{units: 1, unit_labels: [{'m' * 30}]}}]",
            1,
            9,
            "There is no room for these layers",
        ),
        # function
        ("function", "curves: [x]\nx: [1, 1]", 2, 4, "The x range is empty."),
        ("function", "curves: [x]\nx: [0, 1]\ny: [1, 0]", 3, 4, "The y range is empty."),
        ("function", "curves: [__import__('os')]\nx: [0, 1]", 1, 10, "Unknown function __import__."),
        ("function", "curves: [9**9**9]\nx: [0, 1]", 1, 10, "A power needs a number as its exponent"),
        ("function", "curves: [2 * sinn(x)]\nx: [0, 1]", 1, 14, "Unknown function sinn."),
        ("function", "curves:\n- expression: >-\n    1 +\n    y\nx: [0, 1]", 4, 5, "Unknown name y."),
        ("function", "curves: [log(x)]\nx: [-2, -1]", 1, 10, "The curve has no value within the range."),
        ("function", "curves: [10**(100*x + 300)]\nx: [0, 1]", 1, 10, "The curve has no value within the range."),
        ("function", "curves: [x]\nx: [0, 1]\ny: [5, 6]", 1, 10, "The curve has no value within the range."),
        ("function", "curves: [x]\nx: [0, 1]\npoints: [{x: 2, y: 0}]", 3, 14, "This is outside the x range."),
        (
            "function",
            "curves: [x]\nx: [0, 1]\nasymptotes: [{x: 0, y: 0}]",
            3,
            14,
            "An asymptote must have either x or y.",
        ),
        ("function", "curves: [x]\nx: [0, 1]\nx_label: a $\\nothing$", 3, 13, "Undefined control sequence \\nothing."),
        (
            "function",
            'curves: [x]\nx: [0, 1]\nx_label: "a \\u2067b"',
            3,
            13,
            "The character U+2067 is not allowed in a label.",
        ),
        (
            "function",
            "curves: [x]\nx: [0, 1]\nx_label: 重み",
            3,
            10,
            "The font of figures, DejaVu Sans, has no 重.",
        ),
    ],
)
def test_findings_have_their_places(name: str, yaml: str, line: int, column: int, message: str) -> None:
    findings = found(name, yaml, FILES)
    assert [(line, column) for line, column, _ in findings] == [(line, column)]
    assert findings[0][2].startswith(message)


def test_help_names_the_nearest() -> None:
    for name, yaml, nearest in (("script", "script: xro.py", "xor.py"), ("image", "file: neuro.png", "neuron.png")):
        figure, values = decoded(name, yaml)
        (finding,) = kind(name).check(figure, values, FILES.deck)
        assert finding.help == f"Did you mean {nearest}?"


@pytest.mark.parametrize("name", KINDS)
def test_no_kind_trips_over_missing_values(name: str) -> None:
    figure, _ = decoded("grid", "values: [[1]]")
    kind(name).check(figure, {}, FILES.deck)


@pytest.mark.parametrize(
    ("yaml", "size", "media_type"),
    [
        ("file: neuron.png", (30, 20), "image/png"),
        ("file: sub/photo.jpg", (8, 9), "image/jpeg"),
        ("file: drawing.svg", (60, 40), "image/svg+xml"),
    ],
)
def test_an_image_is_handed_over_as_it_is(yaml: str, size: tuple[float, float], media_type: str) -> None:
    drawing = drawn("image", yaml, FigureForm.PNG, FILES)
    assert (drawing.width, drawing.height) == size
    assert drawing.media_type == media_type
    assert drawing.data in [media.data for media in FILES.media]
    assert not drawing.drawn


def test_a_script_draws() -> None:
    drawing = drawn("script", "script: size.py", FigureForm.SVG, FILES)
    assert (drawing.width, drawing.height) == (360, 360)


@pytest.mark.slow
def test_a_failing_script_is_named() -> None:
    with pytest.raises(FigureError, match=r"failing\.py failed, line 3: AttributeError"):
        drawn("script", "script: failing.py", FigureForm.SVG, FILES)


@pytest.mark.slow
def test_parameters_have_the_types_of_yaml() -> None:
    with pytest.raises(FigureError) as caught:
        drawn("script", "script: typed.py\nparameters: {a: 1, b: 0.5, c: true, d: '1', e: NO}", FigureForm.SVG, FILES)
    assert "{'a': 1, 'b': 0.5, 'c': True, 'd': '1', 'e': 'NO'}" in caught.value.message


def test_what_shapes_a_picture_is_among_its_inputs() -> None:
    def inputs(name: str, yaml: str) -> list[bytes]:
        return list(kind(name).inputs(decoded(name, yaml)[1], FILES.deck))

    assert DRAW in inputs("script", "script: xor.py")
    assert inputs("script", "script: xor.py\nparameters: {a: 1}") != inputs(
        "script", "script: xor.py\nparameters: {a: '1'}"
    )
    assert inputs("image", "file: neuron.png") == [FILES.media[0].data]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (3, "3"),
        (-4, "\N{MINUS SIGN}4"),
        (0.125, "0.125"),
        (1 / 3, "0.333"),
        (1e7, "10⁷"),
        (-1.1e8, "\N{MINUS SIGN}1.1\N{MULTIPLICATION SIGN}10⁸"),
        (-1e-7, "\N{MINUS SIGN}10⁻⁷"),
        (-0.0001, "\N{MINUS SIGN}0.0001"),
    ],
)
def test_numbers_in_cells(value: float, text: str) -> None:
    assert printed(value) == text


PIECES = st.sampled_from([*"$${}_^\\ab1 ()&%~#é重\x00\u202e", "\\frac", "\\left(", "\\sqrt[", "\\mathbf{", "\\alpha"])


@given(st.lists(PIECES, max_size=30).map(lambda pieces: f"${''.join(pieces)}$") | st.lists(PIECES).map("".join))
def test_any_label_is_drawn_or_found(text: str) -> None:
    label = SourceText.inline(text)
    findings = list(label_findings(label))
    if text.strip() and not findings:
        from cardpipe.figures.style import paint

        paint(lambda figure: figure.text(0.1, 0.5, text), FigureForm.SVG)


@pytest.mark.slow
@given(st.from_regex(_CERTAIN_MATH, fullmatch=True).filter(lambda text: len(text) <= 80))
def test_labels_taken_for_certain_are_typeset(text: str) -> None:
    from matplotlib.mathtext import MathTextParser

    from cardpipe.figures.style import shared_style

    with shared_style():
        MathTextParser("path").parse(text)


def test_plain_labels_are_checked_without_loading_matplotlib() -> None:
    code = r"""
import sys
from cardpipe.figures.labels import label_findings
from cardpipe.text.positions import SourceText
LABELS = ("Hidden layer 1", "größer → \u2212 4", "$x_1$", r"$\sigma(2x + b)$", "$z_{11}^{(2)}$", r"half at $x = -\pi$")
for text in LABELS:
    assert not list(label_findings(SourceText.inline(text))), text
sys.exit("matplotlib" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    "text", ["$" + "{" * 38 + "}" * 38 + "$", "$" + r"\frac{" * 12 + "$", "$" + "x^" * 38 + "$", "x" * 10_000]
)
def test_hostile_labels_end_at_once(text: str) -> None:
    assert list(label_findings(SourceText.inline(text)))


def yaml_blocks() -> list[tuple[str, str]]:
    """The kind and the fields of each example in the manual."""
    blocks = re.findall(r"```yaml\nfigures:\n(.*?)```", figures_page(), re.DOTALL)
    examples = []
    for block in blocks:
        lines = textwrap.dedent(block).replace("- id", "  id", 1)
        name = re.search(r"kind: ([\w-]+)", lines)
        assert name is not None
        own = [line for line in textwrap.dedent(lines).splitlines() if not re.match(r"(id|kind|alt|caption):", line)]
        examples.append((name[1], "\n".join(own)))
    return examples


@pytest.mark.parametrize(("name", "yaml"), [pair for pair in yaml_blocks() if pair[1].find("perceptron_and") < 0])
def test_the_manuals_examples_have_no_findings(name: str, yaml: str) -> None:
    assert found(name, yaml, FILES) == []


@pytest.mark.slow
def test_the_manuals_script_runs() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", figures_page(), re.DOTALL)
    files = Files(scripts=(FigureScript("perceptron_and.py", source.encode()),))
    (yaml,) = [yaml for _, yaml in yaml_blocks() if "perceptron_and" in yaml]
    assert found("script", yaml, files) == []
    assert drawn("script", yaml, FigureForm.SVG, files).width == 480


def test_the_manual_names_every_field() -> None:
    page = figures_page()
    for name in KINDS:
        assert f"### `{name}`" in page
        for field in kind(name).fields:
            assert f"| `{field.name}`" in page


def test_the_page_in_docs_is_up_to_date(shipped: Path) -> None:
    assert (shipped / "docs" / "figures.md").read_text(encoding="utf-8") == figures_page()
