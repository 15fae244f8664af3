"""Reports show positions, align wide characters, and cannot control a terminal."""

from __future__ import annotations

import json as standard_json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.model.diagnostics import Diagnostic, Severity
from cardpipe.report import concise, full, json
from cardpipe.report.excerpt import WIDTH, excerpt, marked_line
from cardpipe.report.terminal import cells, safe
from cardpipe.text.positions import SourceFile, Span

PATH = "source/cards/ML0044.yaml"


def diagnostic(span: Span, severity: Severity = Severity.ERROR, message: str = "It is wrong.") -> Diagnostic:
    return Diagnostic("MTH001", "math-refused", severity, span, message, "Write it right.")


def shown(line: str, column: int, end_column: int) -> tuple[str, str]:
    found = excerpt(SourceFile(PATH, line), Span(PATH, 1, column, 1, end_column))
    return found.line, found.marks


def test_a_full_report_shows_place_line_marks_and_help() -> None:
    file = SourceFile(PATH, "id: ML0044\ntitle: Perceptron\n")
    report = full.render([diagnostic(Span(PATH, 2, 8, 2, 18))], {PATH: file})
    assert report == (
        "error[MTH001] It is wrong. (math-refused)\n"
        " --> source/cards/ML0044.yaml:2:8\n"
        "  |\n"
        "2 | title: Perceptron\n"
        "  |        ^^^^^^^^^^\n"
        "  = help: Write it right.\n"
        "\n"
        "Found 1 error.\n"
    )


@pytest.mark.parametrize(
    ("severities", "words"),
    [
        ([Severity.ERROR], "Found 1 error."),
        ([Severity.ERROR, Severity.ERROR, Severity.WARNING], "Found 2 errors and 1 warning."),
        (
            [Severity.ERROR, Severity.WARNING, Severity.WARNING, Severity.INFO],
            "Found 1 error, 2 warnings and 1 remark.",
        ),
        ([], "Found nothing."),
    ],
)
def test_the_summary_counts(severities: list[Severity], words: str) -> None:
    found = [diagnostic(Span(PATH, 1, 1, 1, 1), severity) for severity in severities]
    assert full.render(found, {}).splitlines()[-1] == words


@pytest.mark.parametrize(
    ("line", "column", "end_column", "expected"),
    [
        ("abc", 2, 3, ("abc", " ^")),
        ("\tabc", 2, 3, ("    abc", "    ^")),
        ("a\tbc", 3, 5, ("a   bc", "    ^^")),
        ("神経x", 3, 4, ("神経x", "    ^")),
        ("神経x", 2, 3, ("神経x", "  ^^")),
        ("😀 x", 3, 4, ("😀 x", "   ^")),
        ("e\u0301x", 3, 4, ("e\u0301x", " ^")),
        ("a\x1bx", 2, 3, ("a<U+001B>x", " ^^^^^^^^")),
        ("a\u202ex", 3, 4, ("a<U+202E>x", "         ^")),
        ("abc", 4, 4, ("abc", "   ^")),
        ("", 1, 1, ("", "^")),
    ],
)
def test_marks_stand_under_what_is_shown(line: str, column: int, end_column: int, expected: tuple[str, str]) -> None:
    assert shown(line, column, end_column) == expected


def test_a_long_line_is_cut_around_the_place() -> None:
    line, marks = shown("a" * 5_000 + "HERE" + "b" * 5_000, 5_001, 5_005)
    assert line.startswith("…")
    assert line.endswith("…")
    assert len(line) <= WIDTH + 2
    assert [line[index] for index, mark in enumerate(marks) if mark == "^"] == list("HERE")


def test_a_span_over_lines_is_marked_to_the_end_of_the_first() -> None:
    found = excerpt(SourceFile(PATH, "ab\ncd\n"), Span(PATH, 1, 2, 2, 2))
    assert found.marks == " ^"


@pytest.mark.parametrize("colour", [True, False])
@given(text=st.text(), column=st.integers(1, 50), length=st.integers(0, 50))
def test_no_text_can_steer_a_terminal(*, colour: bool, text: str, column: int, length: int) -> None:
    found = [diagnostic(Span(PATH, 1, column, 1, column + length), message=text)]
    files = {PATH: SourceFile(PATH, text)}
    reports = [full.render(found, files), concise.render(found, files)]
    assert not any(ord(mark) < 32 and mark != "\n" for report in reports for mark in report)
    assert "\u202e" not in "".join(reports)
    if colour:
        full.render(found, files, colour=True)


@given(st.text(alphabet=st.characters(exclude_characters="\n\r")))
def test_every_character_is_shown_by_one_cell(text: str) -> None:
    assert len(cells(text)) == len(text)
    assert "\x1b" not in safe(text)


def test_colour_is_only_added() -> None:
    found = [diagnostic(Span(PATH, 1, 1, 1, 3))]
    files = {PATH: SourceFile(PATH, "abc")}
    coloured = full.render(found, files, colour=True)
    for style in ("1;31", "1", "34", "31", "32", "0"):
        coloured = coloured.replace(f"\x1b[{style}m", "")
    assert coloured == full.render(found, files)


def test_concise_is_one_line_a_finding() -> None:
    found = [diagnostic(Span(PATH, 2, 8, 2, 18), message="Two\nlines")] * 2
    assert concise.render(found, {}) == f"{PATH}:2:8: error[MTH001] Two lines\n" * 2
    assert concise.render([], {}) == ""


def test_json_has_a_stable_shape() -> None:
    report = standard_json.loads(json.render([diagnostic(Span(PATH, 2, 8, 3, 1))], {}))
    assert report == {
        "version": 1,
        "findings": [
            {
                "code": "MTH001",
                "name": "math-refused",
                "severity": "error",
                "message": "It is wrong.",
                "help": "Write it right.",
                "count": 1,
                "path": PATH,
                "line": 2,
                "column": 8,
                "end_line": 3,
                "end_column": 1,
                "fix": None,
            }
        ],
        "summary": {"errors": 1, "warnings": 0, "infos": 0},
    }


@pytest.mark.parametrize("length", [1, 8, 40, 90, 97])
@pytest.mark.parametrize("total", [99, 101, 103, 130, 500])
def test_a_marked_word_is_shown_as_a_whole(total: int, length: int) -> None:
    for start in range(0, total - length + 1, 3):
        line = "x" * start + "W" * length + "y" * (total - start - length)
        found, marks = shown(line, start + 1, start + length + 1)
        place = marks.index("^")
        assert marks[place:] == "^" * length
        assert found[place : place + length] == "W" * length
        assert len(found) <= WIDTH + 1
        page = marked_line(SourceFile(PATH, line), Span(PATH, 1, start + 1, 1, start + length + 1))
        assert page.marked == "W" * length
        assert page.before.strip("…") in line
        assert len("".join(page)) <= 500


def test_a_page_shows_no_control_characters_and_no_long_lines() -> None:
    file = SourceFile(PATH, "a: \u202e\x1b[31m" + "w" * 1_000_000)
    found = marked_line(file, Span(PATH, 1, 5, 1, 900_000))
    assert "\u202e" not in "".join(found)
    assert "\x1b" not in "".join(found)
    assert len("".join(found)) < 600
    assert found.marked.endswith("…")
