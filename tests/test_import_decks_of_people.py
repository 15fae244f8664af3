"""Kinds of content that decks of people have, and that once were lost or made the new deck's lint fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import genanki
import pytest
from click.testing import CliRunner

from cardpipe.assets.inspection import inspect
from cardpipe.assets.svg.plain import without_faults
from cardpipe.cli.main import cli
from cardpipe.importing.api import ImportedTemplate
from cardpipe.importing.faces import FaceWriter
from cardpipe.importing.masking import Formula, masked
from cardpipe.importing.names import tag_name
from cardpipe.lint.rules.tags import TAG_FORM
from cardpipe.model.note_types import FieldKind
from cardpipe.render.sanitise import sanitise
from import_sample import PNG
from test_import_markdown import converter

if TYPE_CHECKING:
    from pathlib import Path

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
_SQUARE = '<rect width="9" height="9" fill="red"/>'


def imported(tmp_path: Path, table: str) -> tuple[str, str]:
    """Import a table; return the texts of its cards, and the errors of lint."""
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    runner = CliRunner()
    target = tmp_path / "deck"
    made = runner.invoke(cli, ["import", str(tmp_path / "table.csv"), "--into", str(target)], standalone_mode=False)
    assert made.return_value == 0, made.output
    found = runner.invoke(cli, ["-C", str(target), "lint", "--output-format", "concise"], standalone_mode=False)
    cards = "".join(path.read_text(encoding="utf-8") for path in sorted(target.glob("source/**/*.yaml")))
    return cards, "".join(line for line in found.output.splitlines() if " error[" in line)


@pytest.mark.parametrize(
    "words", ["[...]", "the [f(x) = 3] form", "[ ] to do", "[x]: y", "[^1] and [a](b)", "![a](b.png)"]
)
def test_brackets_stay_words(tmp_path: Path, words: str) -> None:
    cards, errors = imported(tmp_path, f"front,back\nfirst,{words}\n")
    assert errors == ""
    assert "html original" not in cards


def test_records_of_note_types_are_linted(tmp_path: Path) -> None:
    rows = "".join(f"{number},(this) \\\\(x = {number}\\\\),<b>{number}\n" for number in range(25))
    _, errors = imported(tmp_path, f"front,back,other\n{rows}")
    assert errors == ""


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("#hi", "hi"),
        ("a!b", "a_b"),
        ("::a::#b", "a::b"),
        ("(x)", "x"),
        ("a:b", "a_b"),
        ("!", ""),
        ("#Leech", ""),
        ("été::日本", "été::日本"),
        ("b--", "b--"),
    ],
)
def test_tags_have_the_form_that_lint_wants(tag: str, expected: str) -> None:
    made = tag_name(tag)
    assert made == expected
    assert not made or TAG_FORM.fullmatch(made)


@pytest.mark.parametrize(
    "unsafe",
    [
        "<desc><pre>r n b q</pre></desc>",
        "<script>alert(1)</script>",
        "<foreignObject><b xmlns='http://www.w3.org/1999/xhtml'>x</b></foreignObject>",
        "<g onclick='alert(1)'/>",
        "<image xlink:href='https://example.org/a.png'/>",
        "<style>@import 'https://example.org/a.css';</style>",
        "<a xlink:href='javascript:alert(1)'><path d='M0 0h1'/></a>",
        "<other:thing xmlns:other='urn:other' other:x='1'><rect width='1' height='1'/></other:thing>",
        "<?xml-stylesheet href='a.css'?>",
        "<set attributeName='href' to='https://example.org'/>",
    ],
)
def test_drawings_lose_only_what_is_unsafe(unsafe: str) -> None:
    source = _SVG.format(unsafe + _SQUARE).encode()
    assert inspect(source, "image/svg+xml").findings
    made = without_faults(source)
    assert made is not None
    assert not inspect(made[0], "image/svg+xml").findings
    assert b'<rect width="9" height="9" fill="red">' in made[0]
    assert b"alert" not in made[0]
    assert b"example.org" not in made[0]


@pytest.mark.parametrize(
    "damaged", ["<svg", "<html/>", "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + _SVG.format("&a;"), _SVG.format("<g>" * 300)]
)
def test_damaged_drawings_are_not_taken_over(damaged: str) -> None:
    assert without_faults(damaged.encode()) is None


def test_latex_is_within_the_line_as_in_anki() -> None:
    items = masked(r"a [latex]\frac{1}{2}[/latex] b [latex]\begin{align}x\end{align}[/latex]", clozes=False).items
    assert [item.display for item in items if isinstance(item, Formula)] == [False, True]


def test_coloured_words_are_in_all_formats_that_have_colours(tmp_path: Path) -> None:
    table = "front,back\nfirst,\"a <font color='#0055AA'>blue</font> word\"\n"
    cards, errors = imported(tmp_path, table)
    assert errors == ""
    assert 'a <span style="color:#0055aa">blue</span> word' in cards
    deck = tmp_path / "deck"
    done = CliRunner().invoke(cli, ["-C", str(deck), "export", "--format", "html,markdown,csv"], standalone_mode=False)
    assert done.return_value == 0, done.output
    page = next((deck / "output").rglob("*.html")).read_text(encoding="utf-8")
    assert 'a <span style="color:#0055aa">blue</span> word' in page
    pages = "".join(path.read_text(encoding="utf-8") for path in (deck / "output").rglob("*.md"))
    assert "a blue word" in pages
    assert "<span" not in pages


@pytest.mark.parametrize(
    "style", ["color:red", "color:#05a;position:fixed", "background:#05a", "color:url(//a.b)", "x"]
)
def test_only_a_colour_passes_the_sanitiser(style: str) -> None:
    assert sanitise(f'<span style="{style}">a</span>') == "<span>a</span>"
    assert sanitise('<p style="color:#05a"><span style="color: #05A">a</span></p>') == (
        '<p><span style="color:#05a">a</span></p>'
    )


@pytest.mark.parametrize("field", ["[latex]$x$[/latex]", '<img src="latex-{digest}.png">'])
def test_pictures_that_anki_made_of_formulas_are_left_out_unless_a_field_names_them(tmp_path: Path, field: str) -> None:
    digest = "0123456789" * 4
    (tmp_path / f"latex-{digest}.png").write_bytes(PNG)
    model = genanki.Model(
        1_700_000_001,
        "Formulas",
        fields=[{"name": "Front"}, {"name": "Back"}],
        templates=[{"name": "Card 1", "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}],
    )
    deck = genanki.Deck(1_700_000_002, "Formulas")
    deck.add_note(genanki.Note(model=model, fields=["a", field.format(digest=digest)]))
    package = genanki.Package(deck)
    package.media_files = [str(tmp_path / f"latex-{digest}.png")]
    package.write_to_file(str(tmp_path / "deck.apkg"))
    target = tmp_path / "made"
    CliRunner().invoke(cli, ["import", str(tmp_path / "deck.apkg"), "--into", str(target)], standalone_mode=False)
    assert (target / "source/media" / f"latex-{digest}.png").exists() is ("<img" in field)
    assert ("Anki has made" in (target / "import-report.md").read_text(encoding="utf-8")) is ("[latex]" in field)


def test_a_back_does_not_begin_with_a_second_rule() -> None:
    keys = {"Front": "front", "Back": "back"}
    kinds = {"front": FieldKind.LINE, "back": FieldKind.LINE}
    writer = FaceWriter(keys, kinds, converter(), lambda _text: False)
    template = ImportedTemplate(name="Card 1", front="{{Front}}", back="{{FrontSide}}<hr><b>a</b> {{Back}}<hr>b")
    assert writer.face(template, ["Front"]).back == "**a** {back}\n\n---\n\nb"
