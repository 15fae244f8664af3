"""Lint of note types: each rule with its places, and hostile templates as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cardpipe.cache.store import Cache
from cardpipe.lint.project import lint_project
from test_note_types import DECK, written

if TYPE_CHECKING:
    from pathlib import Path

ONE_TYPE = DECK[: DECK.index("note_types:")] + "note_types:\n  t:\n"


def codes(root: Path) -> list[tuple[str, str, int]]:
    """The findings of a project: code, file and line."""
    made = lint_project(root, Cache.disabled()).diagnostics
    return [(one.code, one.span.path.removeprefix("source/"), one.span.line) for one in made]


def of_types(root: Path) -> set[str]:
    return {code for code, _, _ in codes(root) if code.startswith(("NTY", "SCH"))}


def project(root: Path, lines: str, **files: str) -> Path:
    """A project with one note type `t`, and no cards but those given."""
    made = written(
        root,
        **{"deck": ONE_TYPE + "".join(f"    {line}\n".replace("    \b", "  ") for line in lines.splitlines()), **files},
    )
    for path in (made / "source/tables/words.yaml", made / "source/cards/GE0001.yaml"):
        if path.stem not in files:
            path.unlink()
    return made


def test_the_sample_has_no_findings(tmp_path: Path) -> None:
    assert codes(written(tmp_path)) == []


FIELDS = "fields: {a: line, b: line, t: text, p: picture}\n"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("fields: {a: line, b: {kind: line, label: A}}\nfaces: {f: {front: '{a}', back: '{b}'}}", "NTY001"),
        ("fields: {a: line, deck: line}\nfaces: {f: {front: '{a}', back: '{deck}'}}", "NTY001"),
        ("fields: {a: line, b: {kind: line, label: Spare 2}}\nfaces: {f: {front: '{a}', back: '{b}'}}", "NTY001"),
        ("fields: {a: line, b: {kind: line, label: frontside}}\nfaces: {f: {front: '{a}', back: '{b}'}}", "NTY001"),
        ("fields: {a: line, b: {kind: line, was: a}}\nfaces: {f: {front: '{a}', back: '{b}'}}", "NTY001"),
        ("fields: {b: {kind: line, was: a}, a: line}\nfaces: {f: {front: '{a}', back: '{b}'}}", "NTY001"),
        (
            "fields: {a: {kind: line, was: c}, b: {kind: line, was: c}}\nfaces: {f: {front: '{a}', back: '{b}'}}",
            "NTY001",
        ),
        (
            "fields: {a: {kind: line, was: b}, b: {kind: line, was: a}}\nfaces: {f: {front: '{a}', back: '{b}'}}",
            "NTY001",
        ),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}', was: g}, g: {front: '{b}', back: '{a}'}}", "NTY001"),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}'}}\nwas: basic", "SCH004"),
        (
            FIELDS + "faces: {f: {front: '{a}', back: '{b}'}}\nwas: u\n"
            "\bu: {fields: {a: line, b: line}, faces: {f: {front: '{a}', back: '{b}'}}}",
            "NTY001",
        ),
        (FIELDS + "faces: {f: {front: '{a} {x}', back: '{b}'}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a} {{b}}', back: '{b}'}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a} {{#b}}x{{/b}}', back: '{b}'}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a} {{FrontSide}}', back: '{b}'}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a} {{type:b}}', back: '{b}'}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a} ![x](fr.svg)', back: '{b}'}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}', needs: [x]}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}', hint: x}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}', type_in: t}}", "NTY002"),
        (FIELDS + "faces: {f: {front: '{a} {?b}', back: '{b}'}}", "NTY003"),
        (FIELDS + "faces: {f: {front: '{a} {/b}', back: '{b}'}}", "NTY003"),
        (FIELDS + "faces: {f: {front: '{a} *{?b}x*{/b}', back: '{b}'}}", "NTY003"),
        (FIELDS + "faces: {f: {front: '{a}', back: 'See {t}'}}", "NTY003"),
        (FIELDS + "faces: {f: {front: 'What?', back: '{b}'}}", "NTY004"),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}', needs: [b]}}", "NTY004"),
        (FIELDS + "faces: {f: {front: '{?a}{a}{/a}', back: '{b}'}}", "NTY004"),
        (FIELDS + "faces: {f: {front: '{a} {b}', back: '{b}'}}", "NTY005"),
        (FIELDS + "faces: {f: {front: '{a} {b}', back: '{b}', type_in: b}}", "NTY005"),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}', type_in: b, hint: b}}", "NTY005"),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}'}}\nstyle: none.css", "NTY006"),
        (FIELDS + "faces: {f: {front: '{a} <script>x</script>', back: '{b}'}}", "MKU"),
        (FIELDS + "faces: {f: {front: '{a} <b onclick=x>y</b>', back: '{b}'}}", "MKU"),
        (FIELDS + "faces: {f: {front: '{a} $\\frac{a$', back: '{b}'}}", "MTH"),
        (FIELDS + "faces: {f: {front: '{a} [x](javascript:y)', back: '{b}'}}", ""),
        (FIELDS + "faces: {f: {front: '{a}', back: '{b}'}}\nstyle: ../x.css", "SCH004"),
        ("fields: {a: words}\nfaces: {f: {front: '{a}', back: '{a}'}}", "SCH004"),
        ("fields: {}\nfaces: {}", "SCH004"),
        ("fields: {a: line}", "SCH002"),
    ],
)
def test_faults_of_note_types_are_findings_in_deck_yaml(tmp_path: Path, lines: str, code: str) -> None:
    found = codes(project(tmp_path, lines))
    places = [one for one in found if one[0].startswith(code) and one[1] == "deck.yaml" and one[2] > 9]
    assert places, found


@pytest.mark.parametrize(
    "lines",
    [
        FIELDS + "faces: {f: {front: '{a}', back: '{b}{?p} {p}{/p}'}}",
        FIELDS + "faces: {f: {front: \"# {a}\\n\\n| x | y |\\n|---|---|\\n| {t} | 1 |\", back: '{b}'}}",
        FIELDS + "faces: {f: {front: '{a} \\{x} $x_{a}$ `{{b}}` {1}', back: '{b}'}}",
        FIELDS + "faces: {f: {front: '{a}', back: \"x\\n\\n{?t}\\n\\n{t}\\n\\n{/t}\"}}",
        FIELDS + "faces: {f: {front: '{a}', back: '{b}', needs: [a], hint: b}}",
    ],
)
def test_good_note_types_have_no_findings(tmp_path: Path, lines: str) -> None:
    assert of_types(project(tmp_path, lines)) == set()


@pytest.mark.parametrize(
    ("card", "code", "line"),
    [
        ("type: country\nfields: {country: France}", "NTY007", 1),
        ("type: country\nfields: {country: France, capital: '<br>'}", "NTY007", 1),
        ("type: country\nfields: {country: France, flag: none.svg}", "NTY008", 3),
        ("type: country\nfields: {country: France, flag: 'figure:x'}", "NTY008", 3),
        ("type: country\nfields: {country: France, flag: ../deck.yaml}", "NTY008", 3),
        ("type: country\nfields: {country: France, flag: 'https://example.org/a.png'}", "NTY008", 3),
        (
            "type: country\nfields: {country: France, flag: fr.svg}\n"
            "figures: [{id: x, kind: grid, values: [[1, 0]], alt: A grid.}]",
            "NTY008",
            4,
        ),
    ],
)
def test_faults_of_notes_have_their_places(tmp_path: Path, card: str, code: str, line: int) -> None:
    found = codes(written(tmp_path, GE0001=f"id: GE0001\n{card}\ntags: [x]\n"))
    assert (code, "cards/GE0001.yaml", line) in found, found


@pytest.mark.parametrize("capital", ["$x^2$", "a ![A flag](fr.svg)", "{漢字|かんじ}", "w" * 101])
def test_a_field_that_nobody_can_type_is_reported(tmp_path: Path, capital: str) -> None:
    card = f"id: GE0001\ntype: country\nfields:\n  country: France\n  capital: '{capital}'\ntags: [x]\n"
    assert ("NTY010", "cards/GE0001.yaml", 5) in codes(written(tmp_path, GE0001=card))


@pytest.mark.parametrize("capital", ["Paris", "*Paris*", "Saint-Denis, `Réunion`", "5 $ or 6 $"])
def test_a_field_that_can_be_typed_is_not_reported(tmp_path: Path, capital: str) -> None:
    card = f"id: GE0001\ntype: country\nfields: {{country: $x$, capital: '{capital}'}}\ntags: [x]\n"
    assert "NTY010" not in {code for code, _, _ in codes(written(tmp_path, GE0001=card))}


def test_other_faults_of_an_incomplete_note_are_found_in_the_same_run(tmp_path: Path) -> None:
    card = "id: GE0001\ntype: country\nfields: {capital: 'a <script>b</script>', flag: none.svg}\ntags: [x]\n"
    found = {code for code, path, _ in codes(written(tmp_path, GE0001=card)) if path == "cards/GE0001.yaml"}
    assert {"SCH002", "NTY008"} <= found
    assert any(code.startswith("MKU") for code in found)
    assert "NTY007" not in found


def test_a_file_name_that_tells_the_answer_is_reported(tmp_path: Path) -> None:
    root = written(
        tmp_path, GE0001="id: GE0001\ntype: country\nfields: {country: France, flag: France.svg}\ntags: [x]\n"
    )
    (root / "source/media/fr.svg").rename(root / "source/media/France.svg")
    assert ("NTY005", "cards/GE0001.yaml", 3) in codes(root)


def test_repeated_fronts_are_reported(tmp_path: Path) -> None:
    words = (
        "type: word\nrecords:\n- {id: VO0001, word: bank, meaning: Bank}\n- {id: VO0002, word: Bank, meaning: Ufer}\n"
    )
    assert ("NTY009", "tables/words.yaml", 4) in codes(written(tmp_path, words=words))


@pytest.mark.parametrize(
    "css",
    [
        "@import 'x.css';",
        "a { background: url(x.png) }",
        "a { background: URL (x) }",
        "a { background: image-set('x.png' 1x) }",
        "a { b: \\75rl(x) }",
        "</style><script>",
        "a { width: expression(alert(1)) }",
        "a { b: c",
        "} a { b: c }",
        "a { b: c } }",
        "a { b { c: d } }",
        "/* a { b: c }",
        "a { position: fixed }",
        "a { position: absolute }",
        "a { position: var(--x) }",
        "{ b: c }",
        "a;b { c: d }",
        "@font-face { src: local(x) }",
        "a { b: c }" * 3000,
    ],
)
def test_unsafe_styles_are_findings(tmp_path: Path, css: str) -> None:
    root = project(tmp_path, FIELDS + "faces: {f: {front: '{a}', back: '{b}'}}\nstyle: a.css")
    (root / "source/styles").mkdir()
    (root / "source/styles/a.css").write_text(css, encoding="utf-8")
    assert any(one[:2] == ("NTY006", "styles/a.css") for one in codes(root))
