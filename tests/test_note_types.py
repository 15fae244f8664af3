"""Note types of a deck: declarations, cards and tables as read, faces as rendered."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from cardpipe.markup.templates import Fault, filled, parse
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import Difficulty, Status
from cardpipe.source.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.model.deck import Card

DECK = """\
uid: note-types
slug: geo
name: Geography
language: en
authors: [Ada]
description: Countries.
tags: open
subdecks: {GE: Countries, VO: Words}
note_types:
  country:
    fields:
      country: {kind: line, required: true, label: Country}
      capital: line
      hint: line
      flag: picture
      population: number
      facts: list
      info: text
    faces:
      capital:
        front: "What is the capital of **{country}**?"
        back: |
          {capital}
          {?hint}*{hint}*{/hint}

          {info}
        needs: [country, capital]
        type_in: capital
        hint: hint
      flag:
        front: |
          Whose flag is it?

          {flag}
        back: "{country}"
  word:
    fields: {word: line, meaning: line, pos: line}
    faces:
      meaning: {front: "What does **{word}** mean?", back: "{meaning}{?pos} ({pos}){/pos}"}
      word: {front: "How do you say **{meaning}**?", back: "{word}"}
    show: record
"""
FLAG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2" width="30" height="20"><path d="M0 0h3v2H0z"/></svg>'
FRANCE = """\
id: GE0001
type: country
fields:
  country: France
  capital: Paris
  hint: On the Seine
  flag: fr.svg
  population: 68000000
  facts: [Republic, "$\\\\frac{{a}}{b}$"]
  info: |
    First paragraph.

    - a list
tags: [europe]
"""
WORDS = """\
type: word
tags: [german]
defaults: {pos: noun}
records:
  - {id: VO0001, word: Haus, meaning: house}
  - {id: VO0002, word: Maus, meaning: mouse, tags: [animal], pos: }
"""


def written(root: Path, **files: str) -> Path:
    """A project with these files; `deck`, or the ID of a card, or `words` for a table."""
    contents = {"deck": DECK, "GE0001": FRANCE, "words": WORDS, **files}
    for name, text in contents.items():
        if name == "deck":
            path = root / "source/deck.yaml"
        else:
            path = root / ("source/tables" if name.islower() else "source/cards") / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    (root / "source/media").mkdir(exist_ok=True)
    (root / "source/media/fr.svg").write_text(FLAG, encoding="utf-8")
    return root


def cards(root: Path) -> dict[str, Card]:
    """The cards of a project by ID; it has no findings of reading."""
    loaded = load(root)
    assert loaded.findings == ()
    assert loaded.deck is not None
    return {card.id.text: card for card in loaded.deck.cards}


def found(root: Path) -> list[tuple[str, str, int, int, str]]:
    """The findings of reading: code, file, line, column and message."""
    return [
        (one.code, one.span.path.rpartition("/")[2], one.span.line, one.span.column, one.message)
        for one in load(root).findings
    ]


def test_a_card_and_a_table_are_read(tmp_path: Path) -> None:
    deck = cards(written(tmp_path))
    france = {value.field.key.text: [part.text for part in value.parts] for value in deck["GE0001"].values}
    assert france["country"] == ["France"]
    assert france["facts"] == ["Republic", "$\\frac{{a}}{b}$"]
    assert france["population"] == ["68000000"]
    house, mouse = deck["VO0001"], deck["VO0002"]
    assert [(value.field.key.text, value.text.text) for value in house.values] == [
        ("word", "Haus"),
        ("meaning", "house"),
        ("pos", "noun"),
    ]
    # A key that is left empty has no default.
    assert [value.text.text for value in mouse.values] == ["Maus", "mouse"]
    assert [tag.text for tag in mouse.tags] == ["animal", "german"]
    assert (mouse.span.line, mouse.span.column) == (6, 10)


def test_cards_and_records_keep_the_keys_of_all_cards(tmp_path: Path) -> None:
    common = {
        "title": "A title",
        "guid": "e.(A$]qOSM",
        "difficulty": "hard",
        "status": "retired",
        "replaced_by": "VO0002",
        "tags": "[one]",
        "related": "[VO0002]",
        "references": "[A book]",
    }
    france = "id: GE0001\ntype: country\nfields: {country: France, capital: Paris}\n"
    keys = "".join(f"{key}: {value if value[0] == '[' else repr(value)}\n" for key, value in common.items())
    record = ", ".join(f"{key}: {value if value[0] == '[' else repr(value)}" for key, value in common.items())
    words = f"type: word\nrecords:\n  - {{id: VO0001, word: Haus, {record}}}\n  - {{id: VO0002, word: Maus}}\n"
    deck = cards(written(tmp_path, GE0001=france + keys, words=words))
    for card in (deck["GE0001"], deck["VO0001"]):
        assert (card.title and card.title.text, card.guid and card.guid.text) == ("A title", "e.(A$]qOSM")
        assert (card.difficulty, card.status) == (Difficulty.HARD, Status.RETIRED)
        assert card.replaced_by is not None
        assert (card.replaced_by.text, card.related[0].text, card.tags[0].text) == ("VO0002", "VO0002", "one")
        assert card.references[0].text.text == "A book"


def test_a_note_without_a_title_is_named_by_its_first_field(tmp_path: Path) -> None:
    deck = cards(written(tmp_path))
    assert [card_label(deck[one]) for one in ("GE0001", "VO0001")] == ["France", "Haus"]
    assert deck["VO0001"].title is None


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("GE0001", "id: GE0001\ntype: contry\nfields: {country: x}\n", ("SCH004", 2, 7, "no note type “contry”")),
        ("GE0001", "id: GE0001\ntype: country\nfields: {land: x}\n", ("SCH002", 3, 10, "“country” is missing")),
        ("GE0001", "id: GE0001\ntype: country\nfields: {country: x, captal: y}\n", ("SCH001", 3, 22, "“captal”")),
        ("GE0001", "id: GE0001\ntype: country\nfields: {country: [x]}\n", ("SCH003", 3, 19, "must be text")),
        ("GE0001", "id: GE0001\ntype: country\nfields: {country: x, population: many}\n", ("SCH004", 3, 34, "“many”")),
        ("GE0001", "id: GE0001\ntype: country\nfields: {country: x, facts: y}\n", ("SCH003", 3, 29, "a list")),
        ("GE0001", "id: GE0001\ntype: country\nfields: {country: x}\nquestion: y\n", ("SCH001", 4, 1, "“question”")),
        ("GE0001", "id: GE0001\ntype: country\n", ("SCH002", 1, 1, "“fields” is missing")),
        ("words", "type: word\nrecords:\n- {id: VO0001, wrd: a}\n", ("SCH001", 3, 16, "“wrd”")),
        ("words", "type: word\nrecords:\n- VO0001\n", ("SCH003", 3, 3, "must be a mapping")),
        ("words", "type: word\n", ("SCH002", 1, 1, "“records” is missing")),
        ("words", "- {id: VO0001}\n", ("SCH003", 1, 1, "A table must be a mapping")),
        ("words", "records: []\n", ("SCH002", 1, 1, "“type” is missing")),
        ("words", "type: word\ndefaults: {id: VO0001}\nrecords: [{id: VO0001}]\n", ("SCH001", 2, 12, "“id”")),
    ],
)
def test_faults_of_cards_and_tables_have_their_places(
    tmp_path: Path, name: str, text: str, expected: tuple[str, int, int, str]
) -> None:
    places = found(written(tmp_path, **{name: text}))
    code, line, column, words = expected
    assert any(
        one[0] == code and one[1] == f"{name}.yaml" and one[2:4] == (line, column) and words in one[4] for one in places
    ), places


@pytest.mark.parametrize(
    "key",
    [
        "Country",
        "{{",
        "}}",
        "a{b",
        "#a",
        "/a",
        "^a",
        "a:b",
        "a b",
        '"a"',
        "FrontSide",
        "Tags",
        "id",
        "fields",
        "1a",
        "ä",
    ],
)
def test_hostile_names_are_refused(tmp_path: Path, key: str) -> None:
    deck = DECK.replace("fields: {word: line", f"fields: {{{key!r}: text, word: line")
    assert any(one[:2] == ("SCH004", "deck.yaml") for one in found(written(tmp_path, deck=deck))), key


@pytest.mark.parametrize("label", ["{{a}}", "#a", "/a", "^a", "a:b", "<b>", "a&b", " a", "a ", '"', "a\\"])
def test_hostile_labels_are_refused(tmp_path: Path, label: str) -> None:
    deck = DECK.replace("label: Country", "label: '" + label + "'")
    assert any(one[:2] == ("SCH004", "deck.yaml") for one in found(written(tmp_path, deck=deck))), label


KEYS = ("country", "capital", "hint")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{country}", "[country]"),
        ("**{country}**", "**[country]**"),
        ("{?hint}yes{/hint}", "yes"),
        ("{!hint}no{/hint}", ""),
        ("{?nothing}", "{?nothing}"),
        (r"\{country}", r"\{country}"),
        ("$x_{country}$", "$x_{country}$"),
        ("`{country}`", "`{country}`"),
        ("[a](http://e.org/{country})", "[a](http://e.org/{country})"),
        ("![{country}](a.png)", "![{country}](a.png)"),
        ("{1, 2}", "{1, 2}"),
        ("{{c1::x}}", "{{c1::x}}"),
        ("{?hint}a {?capital}b{/capital}{/hint}", "a b"),
    ],
)
def test_references_are_replaced_only_in_prose(text: str, shown: str) -> None:
    values = {key: f"[{key}]" for key in KEYS}
    assert filled(parse(text, KEYS).nodes, values) == shown


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{cuntry}", Fault.UNKNOWN),
        ("{?cuntry}a{/cuntry}", Fault.UNKNOWN),
        ("{{country}}", Fault.DOUBLED),
        ("{{#country}}", Fault.DOUBLED),
        ("{{FrontSide}}", Fault.DOUBLED),
        ("{?country}", Fault.NOT_CLOSED),
        ("{/country}", Fault.NOT_OPEN),
        ("{?country}{?hint}{/country}{/hint}", Fault.NOT_OPEN),
        ("*{?hint}a*{/hint}", Fault.NOT_NESTED),
        ("<b>{?hint}</b>{/hint}", Fault.NOT_NESTED),
        ("a {?hint}b\nc{/hint}", Fault.NOT_NESTED),
        ("- {?hint}\n- b\n- {/hint}", Fault.NOT_NESTED),
        ("{country}" * 501, Fault.TOO_MANY),
    ],
)
def test_faults_of_templates(text: str, fault: Fault) -> None:
    assert fault in {one.fault for one in parse(text, KEYS).faults}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "Above\n\nbelow"),
        ({"info": "A\n\n\nB"}, "Above\n\nThe info:\n\nA\n\n\nB\n\nbelow"),
    ],
)
def test_a_block_that_is_left_out_leaves_one_blank_line(values: dict[str, str], text: str) -> None:
    side = "Above\n\n{?info}\n\nThe info:\n\n{info}\n\n{/info}\n\nbelow"
    assert filled(parse(side, ("info",)).nodes, values) == text
