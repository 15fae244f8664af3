"""The figure kind `panel`: findings in its parts and their positions, and how they are composed."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from cardpipe.source.fields import decode
from cardpipe.writers.api import FigureForm
from figure_sample import SAMPLES, drawn, figure, found, kind

TABLE = "{kind: table, rows: [[x]]}"


@pytest.mark.parametrize(
    ("yaml", "line", "column", "message"),
    [
        (
            f"figures:\n- {TABLE}\n- {{kind: grid, values: [[1, 2], [3]]}}",
            3,
            33,
            "This row has 1 number, but the first has 2.",
        ),
        (
            f"figures:\n- {TABLE}\n- {{kind: function, curves: [x + y], x: [0, 1]}}",
            3,
            33,
            "Unknown name y.",
        ),
        (
            f"figures: [{TABLE}, {TABLE}, {{kind: heatmap, values: [[1.25, 2.5, 3.75, 4.125]]}}]\ncolumns: 3",
            1,
            91,
            "The cells are too narrow for their content.",
        ),
        (
            f"figures: [{TABLE}, {{kind: table, rows: [[x]], heading: {'m' * 40}}}]",
            1,
            75,
            "A word of this heading is wider than its column.",
        ),
        (
            f"figures: [{', '.join(['{kind: heatmap, values: ' + str([[1]] * 18) + '}'] * 6)}]\ncolumns: 1",
            1,
            10,
            "The panel is too high for one picture.",
        ),
    ],
)
def test_findings_have_their_places(yaml: str, line: int, column: int, message: str) -> None:
    findings = found("panel", yaml)
    assert [(line, column) for line, column, _ in findings] == [(line, column)]
    assert findings[0][2].startswith(message)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("{kind: panel, figures: []}", "Invalid value “panel” for “kind”."),
        ("{kind: script, script: a.py}", "Invalid value “script” for “kind”."),
        ("{kind: image, file: a.png}", "Invalid value “image” for “kind”."),
        ("{kind: gird, values: [[1]]}", "Invalid value “gird” for “kind”."),
        ("{values: [[1]]}", "“kind” is missing."),
        ("{kind: grid, valeus: [[1]]}", "Unknown key “valeus”."),
        ("{kind: function, x: [0, 1]}", "“curves” is missing."),
        ("grid", "An item of “figures” must be a mapping."),
    ],
)
def test_a_part_is_read_by_the_fields_of_its_kind(part: str, message: str) -> None:
    values, findings = decode(figure(f"figures: [{TABLE}, {part}]").parameters, kind("panel").fields)
    assert [finding.message for finding in findings] == [message]
    kind("panel").check(figure("columns: 2"), values, None)  # type: ignore[arg-type]  # it looks at no files


def test_parts_do_not_share_names() -> None:
    svg = drawn("panel", SAMPLES["panel"]).data.decode()
    names = re.findall(r'\bid="([^"]+)"', svg)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= set(names)


def test_a_part_is_drawn_as_it_is_alone() -> None:
    grid = "{kind: grid, values: [[1, 2], [3, 4]]}"
    panel = drawn("panel", f"figures: [{grid}, {grid}]", FigureForm.PNG)
    alone = drawn("grid", "values: [[1, 2], [3, 4]]", FigureForm.PNG)
    with Image.open(io.BytesIO(panel.data)) as whole, Image.open(io.BytesIO(alone.data)) as part:
        left = round(panel.width / 2 - 6 - alone.width)
        corner = whole.convert("RGB").crop((left, 0, left + part.width, part.height))
        assert corner.tobytes() == part.convert("RGB").tobytes()
