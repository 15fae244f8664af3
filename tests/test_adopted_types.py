"""Note types that were kept at an import: their files, what is shipped in them, and what the release guard says."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from cardpipe.build.pipeline import check, no_progress, prepare
from cardpipe.cli.main import cli
from cardpipe.importing import partial_projects
from cardpipe.model.anki_identity import note_type_id
from cardpipe.model.release_lock import dump, parse
from cardpipe.model.trust import NOBODY
from cardpipe.release.advance import advance
from cardpipe.release.changes import compare
from cardpipe.release.refusals import refusals
from cardpipe.release.snapshots import of_lock, of_shipment
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.anki.shipment import shipment, stamps
from cardpipe.writers.csv.anki import anki_table, notes_by_type
from cardpipe.writers.csv.plain import readable
from import_sample import BASIC, CLOZE, GEO, OPTIONAL, PNG, REVERSED, TYPED, Note, package, sources, unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.writers.anki.notes import NoteContent
    from cardpipe.writers.api import RenderedDeck

UID = "5b0f6c1e-7a0e-4f3e-9d69-0c6f7f3a1c55"
DECK = f"""\
uid: {UID}
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample.
tags: open
front: []
subdecks: {{EX: Sample, FX: Further}}
note_types:
  word:
    fields: {{word: line, meaning: line}}
    faces: {{meaning: {{front: "{{word}}", back: "{{meaning}}"}}}}
"""
KEPT = """\
kind: basic
id: 1342697561419
name: Basic
fields:
  - {name: Front, id: -12345678901234567, holds: question}
  - {name: Back, holds: answer}
templates:
  - name: Card 1
    id: 42
    front: "{{Front}}"
    back: "{{FrontSide}}<hr id=answer>{{Back}}"
style: ".card { color: black }"
"""
CARD = "id: EX0001\nquestion: What?\nanswer: This.\n"


def project(root: Path, kept: str = KEPT, **cards: str) -> Path:
    """A deck with an adopted note type."""
    for name, text in {
        "deck.yaml": DECK,
        "anki/basic.yaml": kept,
        **{f"cards/{name}.yaml": text for name, text in (cards or {"EX0001": CARD}).items()},
    }.items():
        (root / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "source" / name).write_text(text, encoding="utf-8")
    return root


def rendered(root: Path) -> RenderedDeck:
    prepared = prepare(root, "anki", no_progress, trust=NOBODY)
    assert prepared.rendered is not None, prepared.checked.diagnostics
    return prepared.rendered


def content(root: Path, card_id: str = "EX0001") -> NoteContent:
    deck = rendered(root)
    return next(note for note in notes(deck, decks_of(deck.settings)) if note.card_id == card_id)


def found(root: Path) -> list[tuple[str, str, int, int, str]]:
    return [(one.code, one.span.path, one.span.line, one.span.column, one.message) for one in check(root).diagnostics]


def model_of(data: bytes, number: int = 1342697561419) -> dict[str, Any]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(unpacked(data)["collection.anki2"])
        [(models,)] = connection.execute("SELECT models FROM col")
    return dict(json.loads(models)[str(number)])


def test_a_package_has_the_note_type_exactly(tmp_path: Path) -> None:
    model = model_of(package_bytes(rendered(project(tmp_path)), lambda _done, _all: None))
    assert (model["id"], model["name"], model["type"]) == ("1342697561419", "Basic", 0)
    assert [(one["name"], one.get("id")) for one in model["flds"]] == [("Front", -12345678901234567), ("Back", None)]
    assert "id" not in model["flds"][1]
    assert [(one["name"], one["id"]) for one in model["tmpls"]] == [("Card 1", 42)]
    assert model["css"] == ".card { color: black }"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("question: What?\nanswer: This.\n", ("What?", "This.")),
        ("question: a\nanswer: b\ndetails: c\n", ("a", "<p>b</p>\n\n<p>c</p>")),
        ("title: T\nquestion: a\nanswer: b\nreferences: [Book]\n", ("a", "<p>b</p>\n\n<ul><li>Book</li></ul>")),
        ("question: |\n  a\n\n  b\nanswer: c\n", ("<p>a</p>\n<p>b</p>", "c")),
    ],
)
def test_what_has_no_field_stands_below_the_answer(tmp_path: Path, text: str, fields: tuple[str, ...]) -> None:
    root = project(tmp_path, EX0001=f"id: EX0001\n{text}")
    assert content(root).fields == fields
    assert not found(root)


def test_pictures_keep_their_shape_without_a_style_sheet(tmp_path: Path) -> None:
    fields = ("<img src='a.png'>", "<img src='a.png' style='width: 40px'> b")
    root = imported(tmp_path, notes=(Note(BASIC, fields, guid="a"),), a_png=PNG)
    (note,) = notes(rendered(root), decks_of(rendered(root).settings))
    assert all("<img" in field and "height" not in field for field in note.fields)
    assert "width" not in note.fields[0]


@pytest.mark.parametrize(
    ("name", "is_allowed"),
    [("EN -> DE", True), ("EN <-> DE", True), ("a < b", True), ("a <> b => c", True), ("<b>", False), ("a <", False)]
    + [(f"a <{sign}b>", False) for sign in "/!?bB"],
)
def test_names_may_have_arrows_and_no_elements(tmp_path: Path, name: str, is_allowed: bool) -> None:
    kept = KEPT.replace("name: Card 1", f'name: "{name}"').replace("name: Basic", f'name: "{name}"')
    assert bool(found(project(tmp_path, kept))) is not is_allowed


BOTH_ASKED = KEPT.replace("kind: basic", "kind: reversed") + ""
SECOND = '  - {name: Card 2, front: "{{Back}}", back: "{{Front}}"}\nstyle:'


def test_a_part_without_a_place_is_reported(tmp_path: Path) -> None:
    kept = BOTH_ASKED.replace("style:", SECOND)
    root = project(tmp_path, kept, EX0001=f"{CARD}kind: reversed\ndetails: More.\n")
    (root / "source/anki/basic.yaml").rename(root / "source/anki/reversed.yaml")
    assert content(root).fields == ("What?", "This.")
    message = "The note type “Basic” of learners has no field for “details”."
    assert found(root) == [("NTY012", "source/cards/EX0001.yaml", 5, 10, message)]


def test_a_card_of_another_kind_is_shipped_as_before(tmp_path: Path) -> None:
    root = project(tmp_path, EX0001="id: EX0001\nkind: typed\nquestion: What?\nanswer: This\n")
    assert content(root).note_type.name.startswith("cardpipe typed ")


def test_the_deck_itself_takes_cards_of_a_subdeck_with_its_name(tmp_path: Path) -> None:
    root = project(tmp_path, EX0001=CARD, FX0001=CARD.replace("EX", "FX"))
    assert (content(root).deck, content(root, "FX0001").deck) == ("Sample", "Sample::Further")
    (root / "source/anki/basic.yaml").unlink()
    assert content(root).deck == "Sample::Sample"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("kind: basic", "kind: basik", "SCH004", "“basik” is no kind of cards."),
        ("holds: answer", "holds: anser", "SCH004", "“anser” is no part"),
        ("holds: answer", "holds: question", "SCH004", "Another field holds “question”."),
        ("holds: question", "holds: title", "SCH004", "No field holds the question."),
        ("name: Back", "name: front", "SCH004", "Another field has this name."),
        ("name: Back", 'name: "a{b"', "SCH004", "Invalid value"),
        ("name: Basic", 'name: "<b>"', "SCH004", "Invalid value"),
        ("id: 1342697561419\n", "", "SCH002", "id"),
        ("id: 1342697561419", "id: 0", "SCH004", "“id”"),
        ("id: 42", "id: 9223372036854775808", "SCH004", "“id”"),
        ("id: 42", "id: x", "SCH003", "“id”"),
        ("style:", "stile:", "SCH001", "stile"),
        ("{{Front}}", "{{Front}}<script>x</script>", "NTY011", "the element <script>"),
        ("{{Front}}", "<a href={{Front}}>x</a>{{Front}}", "NTY011", "the attribute “href” of <a>"),
        ("color: black", "background: url(x)", "NTY011", "function"),
        ("name: Back", "name: Tags", "SCH004", "Anki does not support a field “Tags”."),
        ("name: Back", "name: Back, id: -12345678901234567", "SCH004", "Another field has the id"),
        ("{{Front}}", "{{#Front}}{{Front}}", "SCH004", "this condition has no end"),
        ("{{Front}}", "{{Front}}{{/Back}}", "SCH004", "“{{/Back}}” does not end the condition before it"),
        ("{{Front}}", "{{#Back}}{{#Front}}{{Front}}{{/Back}}{{/Front}}", "SCH004", "“{{/Back}}” does not end"),
        ("{{Front}}", "{{Front}}{{Nope}}", "SCH004", "“{{Nope}}” names no field"),
        ("{{Front}}", "{{Front}}{{^Nope}}x{{/Nope}}", "SCH004", "“{{^Nope}}” names no field"),
        ("{{Front}}", "{{Front}}{{text:front}}", "SCH004", "“{{text:front}}” names no field"),
        ("{{Front}}", "{{Front}}{{}}", "SCH004", "names no field"),
        ("{{FrontSide}}", "{{#FrontSide}}x{{/FrontSide}}", "SCH004", "“{{#FrontSide}}” names no field"),
        ("{{Front}}", "{{cloze:Front}}", "SCH004", "The front does not show a field."),
        ("{{Front}}", "{{Tags}}", "SCH004", "The front does not show a field."),
    ],
)
def test_faults_have_a_place(tmp_path: Path, old: str, new: str, code: str, words: str) -> None:
    assert old in KEPT
    kept = KEPT.replace("{{Back}}", "") if old == "name: Back" else KEPT
    [(number, path, line, column, message)] = found(project(tmp_path, kept.replace(old, new, 1)))
    assert (number, path) == (code, "source/anki/basic.yaml")
    assert words in message
    assert line > 0
    assert column > 0


@pytest.mark.parametrize(
    "front",
    ["{{Front}}{{ Back }}{{#Tags}}{{Tags}}{{/Tags}}", "{{Front}}{{#c1}}x{{/c1}}{{tts-voices:}}", "{{Front}} {{ x"],
)
def test_what_anki_shows_is_no_fault(tmp_path: Path, front: str) -> None:
    assert found(project(tmp_path, KEPT.replace("{{Front}}", front, 1))) == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("typed", KEPT, "The file has the name of the kind “typed”"),
        ("word", KEPT, "The file has the name of the kind “word”"),
        ("basic", KEPT.replace("1342697561419", str(note_type_id(UID, "typed"))), "The cards of the kind “typed” have"),
        ("basic", KEPT.replace("1342697561419", str(note_type_id(UID, "word"))), "The cards of the kind “word” have"),
        ("cloze", KEPT.replace("kind: basic", "kind: cloze"), "The front does not show a deletion"),
    ],
)
def test_no_note_type_takes_the_place_of_another(tmp_path: Path, name: str, text: str, words: str) -> None:
    root = project(tmp_path, text)
    (root / "source/anki/basic.yaml").rename(root / f"source/anki/{name}.yaml")
    [(code, path, *_, message)] = found(root)
    assert (code, path) == ("SCH004", f"source/anki/{name}.yaml")
    assert words in message


def test_a_card_that_cardpipe_shipped_stays_in_its_note_type(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "source/anki/basic.yaml").unlink()
    lock = advance(None, shipment(rendered(root)), "1", 1_800_000_000, mark=False)
    (root / "source/release.lock").write_text(dump(lock), encoding="utf-8")
    project(root, EX0001=CARD, EX0002=CARD.replace("EX0001", "EX0002"))
    (root / "source/anki/basic.yaml").rename(root / "source/anki/basic-2.yaml")
    assert content(root).note_type.kind == "basic"
    assert content(root, "EX0002").note_type.kind == "basic-2"
    # Adopted note types take cards of a subdeck with the name of the deck into the deck itself.
    assert [one for one in reasons(root, lock) if "subdeck" not in one] == []


def test_too_many_files_are_a_finding(tmp_path: Path) -> None:
    root = project(tmp_path)
    for number in range(100):
        kept = KEPT.replace("1342697561419", str(number + 1))
        (root / f"source/anki/more-{number}.yaml").write_text(kept, encoding="utf-8")
    assert [(code, path) for code, path, *_ in found(root)] == [("SCH004", "source/anki/more-99.yaml")]


def test_other_files_of_the_folder_are_not_read(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "source/anki/Other.yaml").write_text(KEPT, encoding="utf-8")
    assert [(code, path) for code, path, *_ in found(root)] == [("SCH010", "source/anki/Other.yaml")]


def test_two_files_cannot_have_one_id(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "source/anki/more.yaml").write_text(KEPT, encoding="utf-8")
    assert [code for code, *_ in found(root)] == ["SCH004"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("name: Back,", "name: Backside,", "The fields of the note type “basic” lost Back"),
        ("name: Front,", "name: Question,", ""),
        (
            "  - {name: Back, holds: answer}\n",
            "  - {name: Back, holds: answer}\n  - {name: More, holds: details}\n",
            "The fields of the note type “basic” were reordered or extended",
        ),
        ("    id: 42\n", "", "The templates of the note type “basic” lost Card 1"),
        ("id: 1342697561419", "id: 1342697561418", "The id of the note type “basic” was 1342697561419"),
        ("<hr id=answer>", "<hr>", ""),
    ],
)
def test_the_guard_knows_what_must_not_change(tmp_path: Path, old: str, new: str, reason: str) -> None:
    root = project(tmp_path)
    lock = advance(None, shipment(rendered(root)), "1", 1_800_000_000, mark=False)
    assert parse(dump(lock)) == lock
    project(root, KEPT.replace(old, new, 1))
    if old == "name: Front,":
        (root / "source/anki/basic.yaml").write_text(re.sub(r"Front\b", "Question", KEPT), encoding="utf-8")
    if old == "name: Back,":
        (root / "source/anki/basic.yaml").write_text(KEPT.replace("Back", "Backside"), encoding="utf-8")
    assert reasons(root, lock) == [reason][: bool(reason)]


def reasons(root: Path, lock: Any) -> list[str]:
    shipped = shipment(rendered(root))
    refused = refusals(lock, shipped, compare(of_lock(lock), of_shipment(shipped, lock)), "2")
    return [one.reason.partition(":")[0].partition(" and is now")[0] for one in refused]


def test_the_guard_refuses_a_deck_without_its_file(tmp_path: Path) -> None:
    root = project(tmp_path)
    lock = advance(None, shipment(rendered(root)), "1", 1_800_000_000, mark=False)
    (root / "source/anki/basic.yaml").unlink()
    assert "The id of the note type “basic” was 1342697561419" in reasons(root, lock)


def test_tables_for_anki_have_its_fields_and_others_do_not(tmp_path: Path) -> None:
    deck = rendered(project(tmp_path))
    [(name, made)] = notes_by_type(deck).items()
    assert name == ".basic"
    assert '"Tags","Front","Back"' in anki_table(made).decode()
    assert [*notes_by_type(readable(deck))] == [""]


def test_kinds_and_schemas_show_it(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert "basic     in Anki    “Basic” (source/anki/basic.yaml)" in run("-C", str(root), "kinds").output
    [basic] = [one for one in json.loads(run("-C", str(root), "kinds", "--json").output) if one["name"] == "basic"]
    assert basic["adopted"] == [{"file": "source/anki/basic.yaml", "id": 1342697561419, "name": "Basic"}]
    assert {"kind", "fields", "templates"} <= json.loads(run("schema", "anki").output)["properties"].keys()


def run(*args: str) -> Result:
    result = CliRunner().invoke(cli, list(args), standalone_mode=False)
    assert result.exception is None, result.exception
    return result


# --- Imports ---------------------------------------------------------------------------------------------------------

NOTES = (
    Note(BASIC, ("one", "1"), guid="a"),
    Note(REVERSED, ("x", "y"), guid="b"),
    Note(CLOZE, ("{{c1::a}} b", "c"), guid="c"),
    Note(TYPED, ("q", "a"), guid="d"),
    Note(OPTIONAL, ("q", "a", "y"), guid="e"),
    Note(GEO, ("France", "Paris", ""), guid="f"),
)


def imported(tmp_path: Path, *options: str, notes: tuple[Note, ...] = NOTES, **media: bytes) -> Path:
    (tmp_path / "x.apkg").write_bytes(package(notes, {name.replace("_", "."): data for name, data in media.items()}))
    run("import", str(tmp_path / "x.apkg"), "--into", str(tmp_path / "p"), *options)
    return tmp_path / "p"


def test_an_import_keeps_each_note_type_and_writes_a_lock(tmp_path: Path) -> None:
    root = imported(tmp_path)
    names = ["basic", "cloze", "geo", "reversed", "reversed-2", "typed"]
    assert sorted(path.stem for path in (root / "source/anki").iterdir()) == names
    lock = parse((root / "source/release.lock").read_text("utf-8"))
    assert (lock.version, lock.time) == ("0", 1_700_000_000)
    assert {card.guid: card.kind for card in lock.cards.values()} == {
        "a": "basic",
        "b": "reversed",
        "c": "cloze",
        "d": "typed",
        "e": "reversed-2",
        "f": "geo",
    }
    assert {card.mod for card in lock.cards.values()} == {1_700_000_000}
    assert set(mods(root).values()) == {1_700_000_000}
    assert not check(root).diagnostics


def test_an_edited_card_is_newer_than_all(tmp_path: Path) -> None:
    root = imported(tmp_path)
    [path] = [path for path in root.glob("source/cards/**/*.yaml") if "one" in path.read_text("utf-8")]
    path.write_text(path.read_text("utf-8").replace("one", "won"), "utf-8")
    assert {card_id: mod for card_id, mod in mods(root).items() if mod != 1_700_000_000} == {path.stem: 1_700_000_001}


def mods(root: Path, edition: str | None = None) -> dict[str, int]:
    """The modification times of the notes of an imported deck."""
    deck = rendered(root)
    lock = deck.settings.lock
    assert lock is not None
    chosen = next((one for one in deck.settings.editions if one.name.text == edition), None)
    made = stamps(lock, shipment(deck), chosen)
    return {card_id: made.note(card_id) for card_id in lock.cards}


def test_conversion_keeps_no_note_type(tmp_path: Path) -> None:
    root = imported(tmp_path, "--convert")
    assert not {"anki", "release.lock", "anki.schema.json"} & {path.name for path in (root / "source").iterdir()}
    assert "Progress ends: it was converted, as you asked" in (root / "import-report.md").read_text("utf-8")


def test_fields_that_share_a_part_get_a_note_type_of_the_deck(tmp_path: Path) -> None:
    root = imported(tmp_path, notes=(Note(REVERSED, ("x", "y"), guid="b"), Note(REVERSED, ("only", ""), guid="g")))
    text = (root / "source/anki/basic-and-reversed-card.yaml").read_text("utf-8")
    assert "holds: front" in text
    assert {len(note.cards) for note in notes(rendered(root), decks_of(rendered(root).settings))} == {1, 2}


def test_a_lock_does_not_depend_on_how_media_are_divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = (Note(BASIC, ("one", "<img src='a.png'>"), guid="a"), Note(BASIC, ("two", "<img src='b.png'>"), guid="b"))
    media = {"a_png": PNG, "b_png": PNG + b"\0"}
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    whole = imported(tmp_path / "1", notes=made, **media)
    monkeypatch.setattr(partial_projects, "_MOST_BYTES", 1)
    divided = imported(tmp_path / "2", notes=made, **media)
    assert (whole / "source/release.lock").read_bytes() == (divided / "source/release.lock").read_bytes()
    assert [path.name for path in (tmp_path / "2").iterdir() if path.name.startswith(("part", "."))] == []


def test_sources_without_ids_say_so(tmp_path: Path) -> None:
    for name, path in sources(tmp_path).items():
        target = tmp_path / f"made-{name}"
        run("import", str(path), "--into", str(target))
        report = (target / "import-report.md").read_text("utf-8")
        sentences = re.findall(r"  - (Learners do nothing|Progress ends|Progress: the source does not say)", report)
        expected = {"anki": "Learners do nothing", "crowdanki": "Progress ends", "brain-brew": "Progress ends"}
        assert set(sentences) <= {expected.get(name, "Progress: the source does not say"), "Progress ends"}, name
        assert sentences, name
        assert (target / "source/release.lock").exists() is (name == "anki"), name


def test_notes_of_the_future_become_notes_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardpipe.importing.history.time.time", lambda: 1_650_000_000.5)
    lock = parse((imported(tmp_path) / "source/release.lock").read_text("utf-8"))
    assert (lock.time, {card.mod for card in lock.cards.values()}) == (1_650_000_000, {1_650_000_000})


def test_a_reduced_edition_of_a_second_note_type_is_not_newer(tmp_path: Path) -> None:
    root = imported(tmp_path)
    deck_file = root / "source/deck.yaml"
    text = deck_file.read_text("utf-8") + "editions: {short: {parts: [answer]}}\n"
    deck_file.write_text(text, "utf-8")
    assert set(mods(root, "short").values()) == {1_699_999_999}


def test_a_deck_with_an_error_gets_a_lock_nevertheless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardpipe.importing.history._shipped", lambda *_: "source/cards/DEC0001.yaml: A fault.")
    root = imported(tmp_path)
    lock = parse((root / "source/release.lock").read_text("utf-8"))
    assert {card.kind for card in lock.cards.values()} == {path.stem for path in (root / "source/anki").iterdir()}
    assert "since the deck has an error: source/cards" in (root / "import-report.md").read_text("utf-8")
    assert set(mods(root).values()) == {1_700_000_001}
