"""A package of cardpipe, imported, is the deck that it was made of, and its export has the same notes."""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from anki.collection import ExportAnkiPackageOptions
from click.testing import CliRunner
from hypothesis import Phase, given, settings

from anki_collection import collection
from cardpipe.build.pipeline import prepare
from cardpipe.cache.store import Cache
from cardpipe.cli.main import cli
from cardpipe.fix.formatting import formatted
from cardpipe.lint.project import lint_project
from cardpipe.model.diagnostics import Severity
from cardpipe.model.trust import NOBODY
from cardpipe.source.load import load_settings
from cardpipe.text.positions import SourceFile
from cardpipe.writers.anki.origin import deck_facts, declaration
from cardpipe.writers.anki.package import package_bytes
from shipped_sample import TRICKY, WORDS, cards, cloze, line, plain, text, write_deck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def errors(folder: Path) -> list[str]:
    found = lint_project(folder, Cache.in_memory()).diagnostics
    return [
        f"{one.span.path}:{one.span.line}: {one.code} {one.message}" for one in found if one.severity is Severity.ERROR
    ]


def package_of(folder: Path) -> bytes:
    prepared = prepare(folder, "anki", lambda _step, _done, _all: None, trust=NOBODY)
    assert prepared.rendered is not None, errors(folder)
    return package_bytes(prepared.rendered, lambda _done, _all: None)


def imported(path: Path, into: Path, *options: str) -> Path:
    result = CliRunner().invoke(cli, ["import", str(path), "--into", str(into), *options], standalone_mode=False)
    assert result.exit_code == 0, result.exception
    assert errors(into) == []
    return into


def content(package: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The notes by GUID, with their note types, tags, fields and cards; and the note types."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(package) as archive:
        collection = sqlite3.connect(archive.extract("collection.anki2", folder))
        [models] = collection.execute("SELECT models FROM col").fetchone()
        ords: dict[int, list[int]] = {}
        for note, number in collection.execute("SELECT nid, ord FROM cards ORDER BY ord"):
            ords.setdefault(note, []).append(number)
        notes = {
            row[1]: (*row[2:], ords.get(row[0]))
            for row in collection.execute("SELECT id, guid, mid, tags, flds FROM notes")
        }
        collection.close()
    kept = ("name", "flds", "tmpls", "css", "type")
    return notes, {key: {name: model[name] for name in kept} for key, model in json.loads(models).items()}


def sources(folder: Path) -> dict[str, str]:
    """The cards of a project by ID as `cardpipe fmt` writes them."""
    found = {}
    for path in sorted((folder / "source" / "cards").rglob("*.yaml")):
        written = path.read_text(encoding="utf-8")
        made = formatted(SourceFile("source/cards/x.yaml", written))
        assert made is not None, written
        found[path.stem] = "\n".join(one for one in made.split("\n") if not one.startswith("# yaml-language-server"))
    return found


def deck_of(folder: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The settings of a deck, its note types with their style sheets, and its subdecks."""
    settings = load_settings(folder).settings
    assert settings is not None
    written = "".join(sources(folder).values())
    types = {
        key: json.dumps([declaration(one, ""), settings.style_of(one)]).replace(r"\n\"", '"')
        for key, one in settings.note_types.items()
        # A note type without notes is not in a package.
        if f"\ntype: {key}\n" in written
    }
    facts = deck_facts(settings) | {"description": settings.description.text.strip()}
    return facts, types, {one.prefix.text: one.name.text for one in settings.subdecks}


def trip(made: dict[str, Any], folder: Path, **options: str) -> Iterator[Path]:
    """Yield a project, and the one that an import of its package makes; both packages are beside them."""
    before, after = folder / "before", folder / "after"
    write_deck(before, made, **options)
    (folder / "before.apkg").write_bytes(package_of(before))
    yield before
    imported(folder / "before.apkg", after)
    (folder / "after.apkg").write_bytes(package_of(after))
    yield after


def check_source(made: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        before, after = trip(made, Path(name))
        assert sources(after) == sources(before)
        assert deck_of(after) == deck_of(before)
        assert content(Path(name) / "after.apkg") == content(Path(name) / "before.apkg")


def check_signs(made: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_deck(folder / "all", made)
        refused = {Path(one.partition(":")[0]).stem for one in errors(folder / "all")}
        kept = {key: card if key not in refused else {"question": "So", "answer": "So"} for key, card in made.items()}
        list(trip(kept, folder, language="de", front="front: [id]"))
        assert content(folder / "after.apkg") == content(folder / "before.apkg")


CANONICAL = cards(text(), line(links=False), cloze())
SIGNS = cards(plain(WORDS + TRICKY, 3), plain(WORDS + TRICKY, 2), cloze())
# A deck has twelve cards. A failing one is shown as it is: to make it smaller would take minutes.
FEW = settings(max_examples=2, phases=[Phase.generate])
MANY = settings(max_examples=60, phases=[Phase.generate])


@FEW
@given(CANONICAL)
def test_source_comes_back(made: dict[str, Any]) -> None:
    check_source(made)


@pytest.mark.slow
@MANY
@given(CANONICAL)
def test_source_of_many_decks_comes_back(made: dict[str, Any]) -> None:
    check_source(made)


@FEW
@given(SIGNS)
def test_signs_of_markup_are_shown_as_before(made: dict[str, Any]) -> None:
    check_signs(made)


@pytest.mark.slow
@MANY
@given(SIGNS)
def test_signs_of_markup_in_many_decks_are_shown_as_before(made: dict[str, Any]) -> None:
    check_signs(made)


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a card of each kind, with its package."""
    folder = tmp_path_factory.mktemp("deck")
    write_deck(folder, SAMPLE)
    (folder / "deck.apkg").write_bytes(package_of(folder))
    return folder


SAMPLE: dict[str, Any] = {
    "GE0001": {
        "question": "What?",
        "answer": "See [that](card:GE0002), and ![A map](map.png).\n\n![](figure:two)\n",
        "figures": ["two"],
        "tags": ["a"],
        "difficulty": "hard",
    },
    "GE0002": {"kind": "reversed", "title": "A & b", "question": "$a_{b_{c}}$", "answer": "Yes"},
    "GE0003": {"kind": "cloze", "question": "So {{c1::a::b}} and {{c3::$x$}}.", "related": ["GE0001"]},
    "GE0004": {"kind": "typed", "question": "Which?", "answer": "Vec<i32>"},
    "GE0005": {"question": "Old?", "answer": "Yes", "status": "retired", "replaced_by": "GE0001"},
    "VO0001": {"type": "word", "fields": {"word": "Haus", "meaning": "*house*"}},
    "VO0002": {
        "type": "country",
        "fields": {"country": "France", "capital": "Paris", "people": "0.5", "flag": "map.png"},
    },
}


@pytest.mark.parametrize("legacy", [True, False])
def test_learners_export_gives_the_deck_back_and_learners_go_on(deck: Path, legacy: bool, tmp_path: Path) -> None:
    with collection(tmp_path / "col") as learner:
        learner.import_package((deck / "deck.apkg").read_bytes())
        options = ExportAnkiPackageOptions(with_media=True, legacy=legacy)
        learner.col.export_anki_package(out_path=str(tmp_path / "own.apkg"), options=options, limit=None)
        made = imported(tmp_path / "own.apkg", tmp_path / "made")
        assert sources(made) == sources(deck)
        assert deck_of(made) == deck_of(deck)
        (tmp_path / "again.apkg").write_bytes(package_of(made))
        assert content(tmp_path / "again.apkg") == content(deck / "deck.apkg")
        log = learner.import_package((tmp_path / "again.apkg").read_bytes())
        assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 0, 0)
        edited = next(path for path in made.glob("source/cards/**/*.yaml") if "answer: " in path.read_text("utf-8"))
        edited.write_text(re.sub(r"(?m)^answer: .*", "answer: Another.", edited.read_text("utf-8")), "utf-8")
        (tmp_path / "edited.apkg").write_bytes(package_of(made))
        log = learner.import_package((tmp_path / "edited.apkg").read_bytes())
        assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 1, 0)


def test_table_for_anki_gives_the_cards_back(deck: Path, tmp_path: Path) -> None:
    options = ["-C", str(deck), "export", "--format", "csv", "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(cli, options, standalone_mode=False)
    assert result.exit_code == 0, result.exception
    made = imported(tmp_path / "out" / "round-trip.csv", tmp_path / "made", "--language", "en")
    # A table does not say that a card is reversed, nor the uid.
    wanted = {card: text.replace("kind: reversed\n", "") for card, text in built_in(sources(deck)).items()}
    assert without_guids(sources(made)) == wanted
    assert all(re.search("(?m)^guid: ", text) for text in sources(made).values())


def test_answer_of_a_table_is_the_column_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_text("id,title,question,details,answer\nML0001,A title,Why?,Because.,So.\n", encoding="utf-8")
    [made] = sources(imported(path, tmp_path / "made")).values()
    assert "question: Why?\nanswer: So.\n" in made


def changed(package: Path, target: Path, change: Callable[[dict[str, Any]], None], *statements: str) -> Path:
    """A package with other note types and notes."""
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    path = target.with_suffix(".anki2")
    path.write_bytes(files["collection.anki2"])
    connection = sqlite3.connect(path)
    models = json.loads(connection.execute("SELECT models FROM col").fetchone()[0])
    for model in models.values():
        change(model)
    connection.execute("UPDATE col SET models = ?", (json.dumps(models),))
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in (files | {"collection.anki2": path.read_bytes()}).items():
            archive.writestr(name, data)
    return target


def test_notes_of_others_in_the_same_collection_have_their_own_note_type(deck: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(deck / "deck.apkg") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    path = tmp_path / "x.anki2"
    path.write_bytes(files["collection.anki2"])
    with sqlite3.connect(path) as connection:
        models = json.loads(connection.execute("SELECT models FROM col").fetchone()[0])
        [ours] = [one for one in models.values() if one["name"].startswith("cardpipe basic")]
        [field, *_], [template, *_] = ours["flds"], ours["tmpls"]
        models["77"] = ours | {
            "id": 77,
            "name": "Basic",
            "css": "",
            "flds": [field | {"name": name, "ord": number, "id": None} for number, name in enumerate(("A", "B"))],
            "tmpls": [template | {"qfmt": "{{A}}", "afmt": "{{FrontSide}}{{B}}", "id": None}],
        }
        connection.execute("UPDATE col SET models = ?", (json.dumps(models),))
        connection.execute(
            "INSERT INTO notes SELECT id + 9999, 'other', 77, mod, usn, '', 'a' || char(31) || 'b', sfld, csum, flags, "
            "data FROM notes LIMIT 1"
        )
        connection.execute(
            "CREATE TEMP TABLE one AS SELECT * FROM cards WHERE ord = 0 LIMIT 1",
        )
        connection.execute("UPDATE one SET id = id + 9999, nid = (SELECT id FROM notes WHERE guid = 'other')")
        connection.execute("INSERT INTO cards SELECT * FROM one")
    connection.close()
    package = tmp_path / "x.apkg"
    with zipfile.ZipFile(package, "w") as archive:
        for name, data in (files | {"collection.anki2": path.read_bytes()}).items():
            archive.writestr(name, data)
    made = imported(package, tmp_path / "made")
    (tmp_path / "y.apkg").write_bytes(package_of(made))
    notes, _ = content(package)
    again, _ = content(tmp_path / "y.apkg")
    assert {guid: values[0] for guid, values in again.items()} == {guid: values[0] for guid, values in notes.items()}
    assert again["other"][2] == "a\x1fb"


def built_in(found: dict[str, str]) -> dict[str, str]:
    return {card: text for card, text in found.items() if "\ntype:" not in text}


def without_guids(found: dict[str, str]) -> dict[str, str]:
    return {card: re.sub(r"(?m)^guid: .*\n", "", text) for card, text in found.items()}


def test_built_in_kinds_are_recognised_without_what_later_versions_write(deck: Path, tmp_path: Path) -> None:
    package = changed(deck / "deck.apkg", tmp_path / "old.apkg", lambda model: model.pop("cardpipe", None))
    made = sources(imported(package, tmp_path / "made"))
    assert built_in(without_guids(made)) == built_in(sources(deck))
    # The uid is unknown, so that each card says its GUID.
    assert set(content(deck / "deck.apkg")[0]) == {
        match[1] for text in made.values() for match in re.finditer(r"(?m)^guid: (.*)$", text)
    }


def test_edited_templates_are_not_what_the_package_says(deck: Path, tmp_path: Path) -> None:
    def edit(model: dict[str, Any]) -> None:
        if "word" in model["name"]:
            model["tmpls"][0]["afmt"] += "Edited by a learner."

    package = changed(deck / "deck.apkg", tmp_path / "edited.apkg", edit)
    folder = imported(package, tmp_path / "made")
    assert "Edited by a learner." in (folder / "source" / "deck.yaml").read_text(encoding="utf-8")
    assert built_in(sources(folder)) == built_in(sources(deck))


def test_notes_that_learners_added_and_edited_are_cards_too(deck: Path, tmp_path: Path) -> None:
    package = changed(
        deck / "deck.apkg",
        tmp_path / "own.apkg",
        lambda _model: None,
        "UPDATE notes SET flds = replace(flds, 'What?', 'What <u>now</u><div>and <font color=red>then</font>?</div>')",
        "UPDATE notes SET flds = replace(flds, 'GE0002', ''), guid = 'mine' WHERE flds LIKE 'GE0002%'",
        "UPDATE notes SET flds = replace(flds, 'GE0004', 'GE0001'), guid = 'other' WHERE flds LIKE 'GE0004%'",
    )
    made = sources(imported(package, tmp_path / "made"))
    assert "<u>now</u>" in made["GE0001"]
    assert made["GE0003"] == sources(deck)["GE0003"]
    others = {card: text for card, text in made.items() if card not in SAMPLE}
    own = [text for text in made.values() if "guid: mine" in text]
    assert len(made) == len(SAMPLE)
    assert len(own) == 1
    assert "kind: reversed" in own[0]
    assert len(others) <= 2


FORGED = {
    "no object": [1],
    "a uid of another type": {"deck": {"uid": 7, "name": {}, "authors": "x", "front": "all", "tts": [1]}},
    "settings that are not allowed": {
        "deck": {
            "uid": "a\nb: c",
            "slug": "../x",
            "name": "x" * 499 + "\n",
            "language": "no language",
            "authors": ["", "\0", 3],
            "licence": "\u202e",
            "homepage": "javascript:alert(1)",
            "report": "https://x.example/\n{id}",
            "ids": "{number}{prefix}",
            "description": "<script>",
        }
    },
    "another form of IDs": {"deck": {"uid": "u", "ids": "{prefix}/{name}"}},
    "long texts": {"deck": {"uid": "u" * 10_000, "description": "x" * 100_000}},
}


@pytest.mark.quick_cases("settings that are not allowed")
@pytest.mark.parametrize("origin", FORGED.values(), ids=FORGED)
def test_what_a_package_says_is_checked(origin: Any, deck: Path, tmp_path: Path) -> None:
    package = changed(deck / "deck.apkg", tmp_path / "x.apkg", lambda model: model.update(cardpipe=origin))
    made = sources(imported(package, tmp_path / "made"))
    assert built_in(without_guids(made)) == built_in(sources(deck))


DECLARED = {
    "unknown fields": {"fields": [{"key": "nothing", "kind": "line", "name": "Nothing"}]},
    "kinds that values do not have": {
        "fields": [
            {"key": "word", "kind": "picture", "name": "Word"},
            {"key": "meaning", "kind": "number", "name": "Meaning"},
        ]
    },
    "faces that lint refuses": {"faces": [{"key": "word", "front": "{word} $\\foo$ <script>", "back": "{meaning}"}]},
    "faces with faults": {"faces": [{"key": "word", "front": "{?word}", "back": "{meaning}"}]},
    "types": {"fields": [1], "faces": 2},
    "one field twice": {"fields": [{"key": "word", "kind": "line", "name": "Word"}] * 2},
    "a key": {"key": "basic"},
    "a style sheet": {"style": 200},
}


@pytest.mark.quick_cases("kinds that values do not have")
@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED)
def test_declarations_of_note_types_are_checked(declared: dict[str, Any], deck: Path, tmp_path: Path) -> None:
    def forge(model: dict[str, Any]) -> None:
        if "word" in model["name"]:
            model["cardpipe"]["type"].update(declared)

    made = sources(imported(changed(deck / "deck.apkg", tmp_path / "x.apkg", forge), tmp_path / "made"))
    assert built_in(made) == built_in(sources(deck))
    assert any("Haus" in text for text in made.values())
