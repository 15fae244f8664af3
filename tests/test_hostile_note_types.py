"""Hostile note types: templates, tables and values that would take much time or memory, and marks of Anki in values.

A template is a line below: a function of the length that it is to have.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from anki_collection import collection
from cardpipe.cache.store import Cache
from cardpipe.lint.project import lint_project
from cardpipe.markup.bounds import MAXIMUM_LENGTH
from cardpipe.markup.templates import MOST_MARKS, filled, parse
from cardpipe.source.load import load, read_cards
from cardpipe.text.style_sheets import LARGEST_SHEET, faults, scoped
from cpu_time import assert_linear
from test_note_types import DECK, written
from test_note_types_anki import forced, imported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

KEYS: Final = ("a", "b")
TEMPLATES: Final[Mapping[str, Callable[[int], str]]] = {
    "values": lambda length: "{a}" * (length // 3),
    "unknown fields": lambda length: "{x}" * (length // 3),
    "double braces": lambda length: "{{a}}" * (length // 5),
    "braces": lambda length: "{" * length,
    "closing braces": lambda length: "}" * length,
    "conditions that are not closed": lambda length: "{?a}" * (length // 4),
    "ends of conditions": lambda length: "{/a}" * (length // 4),
    "nested conditions": lambda length: "{?a}" * (length // 8) + "{/a}" * (length // 8),
    "conditions around emphasis": lambda length: "{?a}*x*{/a} " * (length // 12),
    "conditions over lines": lambda length: "{?a}\n\nx\n\n{/a}\n\n" * (length // 16),
    "marks in links": lambda length: "[a](http://e.org/{a}) " * (length // 22),
    "marks in HTML": lambda length: "<b {a}>" * (length // 7),
    "escapes": lambda length: "\\{" * (length // 2),
    "a condition around brackets": lambda length: "{?a}" + "[" * length + "{/a}",
    "a condition around tags": lambda length: "{?a}" + "<b>" * (length // 3) + "{/a}",
}


@pytest.mark.parametrize("make", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_templates_are_read_in_linear_time(make: Callable[[int], str]) -> None:
    def read(length: int) -> None:
        parse.cache_clear()
        template = parse(make(length), KEYS)
        assert len(template.marks) <= MOST_MARKS
        assert len(template.faults) <= 2 * MOST_MARKS + 1
        filled(template.nodes, {"a": "x"})

    assert_linear(read, MAXIMUM_LENGTH // 4)


@pytest.mark.parametrize(
    "css",
    [
        "a{b:c}" * 2000,
        "/*" * 5000,
        "{" * 9999,
        "}" * 9999,
        "@" * 9999,
        "url(" * 2000,
        "a," * 5000,
        "\\" * 9999,
        "a" * 30_000,
        ".nightMode " * 1_800 + "a{b:c}",
        "a" + ":is(" * 4_000 + ")" * 4_000 + "{b:c}",
        "a{b:" + "(" * 9_000 + ")" * 9_000 + "}",
    ],
)
def test_style_sheets_are_read_fast(css: str) -> None:
    assert len(css) > 0
    sheet = css[:LARGEST_SHEET]
    if not list(faults(sheet)):
        assert scoped(sheet, ".note-t")


@pytest.mark.parametrize("selector", ["~ *", "+ b", ".card ~ *", ".nightMode ~ *", ".nightMode .nightMode + a"])
def test_selectors_that_begin_with_siblings_are_refused(selector: str) -> None:
    """They would name elements beside a card, which are other cards on a page."""
    assert list(faults(f"{selector} {{ color: red }}"))


@pytest.mark.parametrize(
    "css",
    ["a{b:(}", "a{b:[}", "a{b:'}", 'a{b:"}', "a:is(b{c:d}", "a[b='c{d:e}", "a{b:(])}", "a{b:)}", ":is(a, b) + c{d:e}"],
)
def test_rules_that_do_not_end_with_their_braces_are_refused(css: str) -> None:
    """Browsers would take the style sheets after it for a part of it."""
    assert list(faults(css))


VALUES: Final = (
    "{{FrontSide}}",
    "{{a}} {{#a}}",
    "{{c1::x}}",
    "[sound:x.mp3]",
    "[[type:a]]",
    "[anki:tts lang=en]x[/anki:tts]",
    "[latex]x[/latex]",
    "<!-- {{a}} -->",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202eabc",
    "\ue100\ue101\ue000",
    "\\({{a}}\\)",
    "$\\frac{{a}}{b}$",
    "</div></section>",
    "{{=<% %>=}}",
    "<%a%>",
)


def test_values_and_templates_contain_no_marks_of_anki(tmp_path: Path) -> None:
    """Marks in values and in templates are shown as they are written."""
    sides = {
        f"face{number}": {"front": f"{{a}} {value}", "back": f"{{b}} {value}"} for number, value in enumerate(VALUES)
    }
    deck = DECK[: DECK.index("note_types:")] + "note_types:\n  t:\n    fields: {a: line, b: line}\n"
    root = written(tmp_path / "deck", deck=f"{deck}    faces: {json.dumps(sides)}\n")
    for path in (root / "source/tables/words.yaml", root / "source/cards/GE0001.yaml"):
        path.unlink()
    cards = [
        {"id": f"GE{number:04}", "type": "t", "fields": {"a": f"value {value}", "b": value}, "tags": ["x"]}
        for number, value in enumerate(VALUES, 1)
    ]
    (root / "source/cards/all.yaml").write_text(json.dumps(cards), encoding="utf-8")
    made = forced(root)
    with collection(tmp_path / "anki") as learner:
        imported(learner, made)
        assert len(learner.col.find_notes("")) == len(VALUES)
        for number in learner.col.find_cards("")[:: len(VALUES) // 2]:
            card: Any = learner.col.get_card(number)
            for shown in (card.question(), card.answer().partition("<hr")[2]):
                body = shown.partition("</style>")[2] or shown
                assert "<script" not in body
                assert "onerror" not in body
                assert "[[type:" not in body
                assert "[sound:" not in body
                assert "\u202e" not in body
                assert body.count("<div") == body.count("</div>")
                assert not card.question_av_tags()


GUID: Final = "e.(A$]q'\\\"OSM"


def test_notes_of_note_types_have_the_guid_that_is_written(tmp_path: Path) -> None:
    """In tables too, so that learners keep their history; and two notes with one GUID are an error."""
    words = f"type: word\nrecords:\n- {{id: VO0001, word: Haus, meaning: house, guid: {json.dumps(GUID)}}}\n"
    one = {"id": "GE0001", "type": "country", "fields": {"country": "France", "capital": "Paris"}, "guid": "other"}
    root = written(tmp_path / "deck", words=words, GE0001=json.dumps(one))
    with collection(tmp_path / "anki") as learner:
        imported(learner, forced(root))
        assert {learner.col.get_note(note).guid for note in learner.col.find_notes("")} == {GUID, "other"}
    root = written(root, words=words, GE0001=json.dumps({**one, "guid": GUID}))
    assert "IDN005" in {finding.code for finding in lint_project(root, Cache.disabled()).diagnostics}


def test_a_huge_table_is_refused_with_its_place() -> None:
    record = "- {id: VO0001, word: a}\n"
    found = read_cards("source/tables/words.yaml", ("type: word\nrecords:\n" + record * 60_000).encode(), None)
    assert [one.code for one in found.findings] == ["YML003"]


@pytest.mark.parametrize(
    "records",
    [
        "[" * 10_000,
        "- " * 10_000,
        "- {id: &a VO0001}\n- *a\n",
        "- {id: VO0001, id: VO0002}\n",
        "- [VO0001]\n" * 20_000,
        "x",
    ],
)
def test_damaged_tables_are_findings(records: str, tmp_path: Path) -> None:
    root = written(tmp_path, words=f"type: word\nrecords:\n{records}")
    found = load(root).findings
    assert found
    assert all(one.span.path == "source/tables/words.yaml" for one in found)


def test_a_note_type_that_repeats_a_long_field_counts_for_its_cards(tmp_path: Path) -> None:
    faces = {f"f{n}": {"front": "{a}", "back": "\n\n".join(["{t}"] * 200)} for n in range(40)}
    deck = DECK[: DECK.index("note_types:")] + "note_types:\n  t:\n    fields: {a: line, t: text}\n"
    deck += f"    faces: {json.dumps(faces)}\n"
    card = f"id: GE0001\ntype: t\nfields: {{a: x, t: {'word ' * 200}}}\n"
    root = written(tmp_path, deck=deck, GE0001=card)
    (root / "source/tables/words.yaml").unlink()
    assert "SCH008" in {one.code for one in lint_project(root, Cache.disabled()).diagnostics}
