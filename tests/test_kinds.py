"""`cardpipe kinds` and `cardpipe kind`, and the declarations of the built-in kinds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from cardpipe.cache.store import Cache
from cardpipe.cli import kind, kinds
from cardpipe.errors import UsageError
from cardpipe.lint.project import lint_project
from cardpipe.model.note_types import BUILT_IN
from cardpipe.source.kinds import built_in, built_in_text
from cardpipe.source.load import load
from cardpipe.source.schema import card_schema, table_schema
from test_note_types import DECK, FRANCE, WORDS, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_kind_can_be_used_as_an_example(name: str, tmp_path: Path) -> None:
    assert built_in(name).key.text == name
    own = built_in_text(name).replace(f"\n{name}:", "\nmine:")
    deck = DECK[: DECK.index("note_types:")] + "note_types:\n" + "".join(f"  {line}\n" for line in own.splitlines())
    card = "id: GE0001\ntype: mine\nfields: {question: What is it?, answer: A thing.}\ntags: [x]\n"
    root = written(
        tmp_path, deck=deck, GE0001=card, words="type: mine\nrecords:\n- {id: VO0001, question: A, answer: B}\n"
    )
    (root / "source/media/fr.svg").unlink()
    assert {one.code for one in lint_project(root, Cache.disabled()).diagnostics} <= {"WRD006"}


@pytest.mark.parametrize("note_types", ["[]", "{word: {fields: {a: []}, faces: {}}}", "word"])
def test_a_kind_may_be_among_faulty_ones(note_types: str, tmp_path: Path) -> None:
    root = written(tmp_path, deck=f"{DECK[: DECK.index('note_types:')]}note_types: {note_types}\n")
    with pytest.raises(UsageError, match="have errors"):
        CliRunner().invoke(kind.command, ["word"], obj=root, standalone_mode=False, catch_exceptions=False)


def test_kinds_lists_all(tmp_path: Path) -> None:
    root = written(tmp_path)
    shown = CliRunner().invoke(kinds.command, obj=root, standalone_mode=False)
    assert [line.split()[:2] for line in shown.output.splitlines()] == [
        *([name, "built-in"] for name in BUILT_IN),
        ["country", "deck.yaml"],
        ["word", "deck.yaml"],
    ]
    facts = json.loads(CliRunner().invoke(kinds.command, ["--json"], obj=root, standalone_mode=False).output)
    assert facts[-1]["faces"] == [{"name": "meaning", "label": "Meaning"}, {"name": "word", "label": "Word"}]


@pytest.mark.parametrize("name", [*BUILT_IN, "country", "word"])
def test_kind_prints_a_declaration(name: str, tmp_path: Path) -> None:
    shown = CliRunner().invoke(kind.command, [name], obj=written(tmp_path), standalone_mode=False)
    assert list(yaml.safe_load(shown.output)) == [name]
    if name not in BUILT_IN:
        assert yaml.safe_load(shown.output)[name] == yaml.safe_load(DECK)["note_types"][name]


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        (FRANCE, True),
        ("id: GE0001\ntype: country\nfields: {country: x, captal: y}\n", False),
        ("id: GE0001\ntype: country\nfields: {capital: y}\n", False),
        ("id: GE0001\ntype: country\nfields: {country: [x]}\n", False),
        ("id: GE0001\ntype: country\nfields: {country: x, facts: y}\n", False),
        ("id: GE0001\ntype: other\nfields: {country: x}\n", False),
        ("id: GE0001\ntype: country\nfields: {country: x}\nanswer: y\n", False),
        ("id: GE0001\ntype: word\nfields: {word: x}\n", True),
    ],
)
def test_the_schema_agrees_with_the_reader(text: str, is_good: bool, tmp_path: Path) -> None:
    loaded = load(written(tmp_path, GE0001=text))
    assert loaded.deck is not None
    schema = jsonschema.Draft202012Validator(card_schema({}, loaded.deck.settings.note_types))
    assert schema.is_valid(yaml.safe_load(text)) is is_good
    assert (not loaded.findings) is is_good
    table = jsonschema.Draft202012Validator(table_schema(loaded.deck.settings.note_types))
    assert table.is_valid(yaml.safe_load(WORDS))
    assert not table.is_valid({"type": "word", "records": [{"id": "VO0001", "wrd": "x"}]})
