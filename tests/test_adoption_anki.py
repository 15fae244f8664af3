"""Imported decks in the real Anki: learners who studied the original import our releases, and their history goes on."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.import_export_pb2 import ExportLimit
from click.testing import CliRunner

from anki_collection import Learner, collection
from cardpipe.build.pipeline import no_progress, prepare
from cardpipe.cli.main import cli
from cardpipe.model.release_lock import dump
from cardpipe.model.trust import NOBODY
from cardpipe.release.advance import advance
from cardpipe.release.changes import compare
from cardpipe.release.refusals import refusals
from cardpipe.release.snapshots import of_lock, of_shipment
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.anki.shipment import shipment
from import_sample import SOUND
from test_hostile_review import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
LONG_AGO = 1_600_000_000
OWN_WORDS = "what I know of it"
WORD_FIELDS = ("Word", "Meaning", "Example", "Sound", "Source")
WORD_TEMPLATES = (
    ("Recognise", "What is <i>{{Word}}</i>?", "{{FrontSide}}<hr id=answer>{{Meaning}}<br>{{Example}}<br>{{Source}}"),
    ("Produce", "{{#Meaning}}Say: {{Meaning}}{{/Meaning}}", "{{Word}}<br>{{Source}}"),
    ("Use", "{{#Example}}{{Example}} <script>count()</script>{{/Example}}", "{{FrontSide}}<hr>{{Word}} {{Source}}"),
)


class Made(NamedTuple):
    """A note of the original: its note type, and its fields; the second text is what is edited."""

    note_type: str
    fields: tuple[str, ...]
    guid: str = ""
    """The last one is that of a note with which the simulated learner of `verify` does nothing."""


NOTES = (
    Made("Basic", ("What is <b>one</b>?", "The first")),
    Made("Basic", ("Untouched?", "<div>Yes,</div><div><span style='font-size: 12px'>always</span></div>")),
    Made("Basic", ("Edited by the learner?", "Yes")),
    Made("Basic (and reversed card)", ("chien", "dog")),
    Made("Basic (optional reversed card)", ("chat", "cat", "y")),
    Made("Basic (optional reversed card)", ("rat", "rodent", "")),
    Made("Basic (type in the answer)", ("2 + 2", "4")),
    Made("Cloze", ("{{c1::Paris}} is in {{c2::France}}", "a city")),
    Made("Lesson", ("{{c1::Rome}} is old", "a city", "book", "more")),
    Made("Words", ("hound", "a dog", "a hound barks", "", "book")),
    Made("Words", ("cat", "", "", "", "")),
    Made("Plain", ("front", "back", "more", "still more")),
    Made(
        "Basic",
        ("<style>.b {width: 1px}</style>[$]\\tau[/$], [latex]$R$[/latex]", "<a href='x:y'></a>[$$]C[/$$][sound:a.mp3]"),
    ),
    Made("Basic", ("A formula [$]\\unknowncommand{x}[/$]", "left as it is"), "~last"),
    Made("Basic", ("An <a href='https://example.org'> address </a><div><sup><br /></sup></div>", "&nbsp;")),
)


@pytest.fixture(scope="module", params=["with ids", "without ids", "legacy"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The package that learners have."""
    folder = tmp_path_factory.mktemp("author")
    with collection(folder) as author:
        col = author.col
        _note_type(col, "Words", WORD_FIELDS, WORD_TEMPLATES)
        faces = (("A <-> B", "{{A}}", "{{FrontSide}}<hr>{{B}}<br>{{C}}<br>{{D}}"),)
        _note_type(col, "Plain", ("A", "B", "C", "D"), faces)
        col.media.write_data("a.mp3", SOUND)
        _cloze_type(col)
        deck = col.decks.id("Languages::French")
        assert deck is not None
        for made in NOTES:
            model = col.models.by_name(made.note_type)
            assert model is not None
            note = col.new_note(model)
            note.fields = list(made.fields)
            note.guid = made.guid or note.guid
            col.add_note(note, deck)
        assert col.db is not None
        col.db.execute("update notes set mod = ? + id % 1000", LONG_AGO)
        col.db.execute("update notetypes set mtime_secs = ?", LONG_AGO)
        if request.param == "without ids":
            _without_ids(col)
        target = folder / "out.apkg"
        col.export_anki_package(
            out_path=str(target),
            options=_export_options(legacy=request.param == "legacy"),
            limit=ExportLimit(deck_id=col.decks.id_for_name("Languages") or 0),
        )
        return target.read_bytes()


def _export_options(*, legacy: bool) -> Any:
    from anki.import_export_pb2 import ExportAnkiPackageOptions

    return ExportAnkiPackageOptions(with_scheduling=False, with_media=True, with_deck_configs=False, legacy=legacy)


def _note_type(col: Any, name: str, fields: tuple[str, ...], templates: tuple[tuple[str, str, str], ...]) -> None:
    model = col.models.new(name)
    model["css"] = ".card { color: black; }\n.word { background: url(https://example.org/x.png); }\n@import url(x.css);"
    for field in fields:
        col.models.add_field(model, col.models.new_field(field))
    for title, front, back in templates:
        template = col.models.new_template(title)
        template["qfmt"], template["afmt"] = front, back
        col.models.add_template(model, template)
    col.models.add(model)


def _cloze_type(col: Any) -> None:
    model = col.models.by_name("Cloze").copy()
    model["id"] = 0
    model["name"] = "Lesson"
    for field in ("Source", "Notes"):
        col.models.add_field(model, col.models.new_field(field))
    model["tmpls"][0]["qfmt"] = "<h1>Lesson</h1>{{cloze:Text}}"
    model["tmpls"][0]["afmt"] = (
        "<h1>Lesson</h1>{{cloze:Text}}<br>{{Back Extra}}{{#Source}}<p>Source: {{hint:Source}}</p>{{/Source}} {{Notes}}"
    )
    col.models.add_dict(model)


def _without_ids(col: Any) -> None:
    for name in ("Basic", "Words"):
        model = col.models.by_name(name)
        for item in (*model["flds"], *model["tmpls"]):
            item["id"] = None
        col.models.update_dict(model)
        assert all(item["id"] is None for item in col.models.by_name(name)["flds"])
    col.db.execute("update notetypes set mtime_secs = ?", LONG_AGO)


class Project:
    """An imported deck, and its releases."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def card(self, words: str) -> Path:
        """The file of the card with these words."""
        [found] = [path for path in self.root.glob("source/cards/**/*.yaml") if words in path.read_text("utf-8")]
        return found

    def change(self, words: str, old: str, new: str) -> None:
        path = self.card(words)
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def export(self) -> bytes:
        """The package as it is now."""
        return package_bytes(self._deck(), lambda _done, _all: None)

    def release(self, version: str, when: int) -> bytes:
        """The package of a release that the guard allows."""
        deck = self._deck()
        lock, shipped = deck.settings.lock, shipment(deck)
        changes = compare(of_lock(lock), of_shipment(shipped, lock))
        assert not refusals(lock, shipped, changes, version)
        lock = advance(lock, shipped, version, when, mark=False)
        (self.root / "source/release.lock").write_text(dump(lock), "utf-8")
        deck = dataclasses.replace(deck, settings=dataclasses.replace(deck.settings, lock=lock))
        return package_bytes(deck, lambda _done, _all: None)

    def _deck(self) -> Any:
        prepared = prepare(self.root, "anki", no_progress, trust=NOBODY)
        assert prepared.rendered is not None, prepared.checked.diagnostics
        return prepared.rendered


@pytest.fixture
def project(original: bytes, tmp_path: Path) -> Project:
    """The original, imported."""
    return imported(original, tmp_path)


def imported(data: bytes, folder: Path, *options: str) -> Project:
    (folder / "original.apkg").write_bytes(data)
    result = CliRunner().invoke(cli, ["import", str(folder / "original.apkg"), "--into", str(folder / "p"), *options])
    assert result.exit_code == 0, result.output
    return Project(folder / "p")


@pytest.fixture
def learner(original: bytes, tmp_path: Path) -> Iterator[Learner]:
    """Who studied the original, and edited a note."""
    with collection(tmp_path / "learner") as made:
        made.import_package(original)
        for [number] in made.rows("select id from cards order by id"):
            card = made.col.get_card(number)
            card.start_timer()
            made.col.sched.answerCard(card, 4)
        [number] = made.col.find_notes("Edited*")
        note = made.col.get_note(number)
        note["Back"] = OWN_WORDS
        made.col.update_note(note)
        made.col.fix_integrity()
        yield made


def history(learner: Learner) -> list[Any]:
    """What must not change."""
    columns = "id, nid, did, ord, type, queue, due, ivl, factor, reps, lapses"
    return [
        learner.rows(f"select {columns} from cards order by id"),  # noqa: S608 - constant
        learner.rows("select id, cid, ease, ivl from revlog order by id"),
        learner.rows("select id, guid, mid from notes order by id"),
        [(one.id, one.name) for one in learner.col.models.all_names_and_ids()],
    ]


def text_of(learner: Learner, query: str) -> str:
    [number] = learner.col.find_notes(query)
    return " | ".join(learner.col.get_note(number).fields)


def test_an_import_without_edits_changes_nothing(project: Project, learner: Learner) -> None:
    before = [history(learner), learner.state()[0], learner.state()[3:]]
    log = learner.import_package(project.export())
    assert not [*log.conflicting, *log.new, *log.updated]
    assert [history(learner), learner.state()[0], learner.state()[3:]] == before


EDITS = (
    ("What is **one**", "The first", "The very first"),
    ("chien", "dog", "a dog"),
    ("chat", "cat", "a cat"),
    ("rodent", "rodent", "a rodent"),
    ("2 + 2", 'answer: "4"', "answer: four"),
    ("Paris", "a city", "a large city"),
    ("Rome", "is old", "is very old"),
    ("hound", "a dog", "a hunting dog"),
    ("still more", "still more", "much more"),
)


def test_edited_cards_land_with_their_history(project: Project, learner: Learner) -> None:
    before = history(learner)
    for words, old, new in EDITS:
        project.change(words, old, new)
    log = learner.import_package(project.release("1", int(time.time()) - 100))
    assert not [*log.conflicting, *log.new]
    assert len(log.updated) == len(EDITS)
    assert history(learner) == before
    assert "very first" in text_of(learner, "one")
    assert text_of(learner, "chien") == "chien | a dog"
    assert text_of(learner, "chat") == "chat | a cat | y"
    assert text_of(learner, "rat") == "rat | a rodent | "
    assert text_of(learner, "four") == "2 + 2 | four"
    assert text_of(learner, "Paris").endswith("| a large city")
    assert text_of(learner, "note:Lesson") == "{{c1::Rome}} is very old | a city | <p>book</p>\n<p>more</p> | "
    assert text_of(learner, "hunting") == "hound | a hunting dog | a hound barks |  | book"
    assert text_of(learner, "note:Plain") == "front | back | more | much more"
    assert text_of(learner, "Edited*").endswith(OWN_WORDS)
    assert not learner.col.get_empty_cards().notes


def kept_type(project: Project, learner: Learner, key: str) -> Any:
    """The learner's note type that a file in `source/anki/` describes."""
    [number] = re.findall(r"(?m)^id: ([0-9]+)$", (project.root / f"source/anki/{key}.yaml").read_text("utf-8"))
    model = learner.col.models.get(int(number))  # type: ignore[arg-type]  # a NotetypeId is an int
    assert model is not None
    return model


def test_a_second_release_lands_over_the_first(project: Project, learner: Learner) -> None:
    before = history(learner)
    project.change("chien", "dog", "a dog")
    learner.import_package(project.release("1", int(time.time()) - 100))
    project.change("chien", "a dog", "the dog")
    learner.import_package(project.release("2", int(time.time()) - 50))
    assert text_of(learner, "chien") == "chien | the dog"
    assert history(learner) == before


def test_a_changed_template_lands_and_a_new_card_is_added(project: Project, learner: Learner) -> None:
    before = history(learner)
    file = project.root / "source/anki/basic.yaml"
    file.write_text(file.read_text("utf-8").replace("{{FrontSide}}", "<p>Answer</p>{{FrontSide}}"), "utf-8")
    card = project.card("chien")
    new = card.with_name(f"{card.stem[:-4]}0999.yaml")
    new.write_text(f"id: {new.stem}\nquestion: New?\nanswer: Yes.\ndetails: And *more*.\n", "utf-8")
    log = learner.import_package(project.release("1", int(time.time()) + 10))
    assert (len(log.new), len(log.conflicting)) == (1, 0)
    assert "<p>Answer</p>" in kept_type(project, learner, "basic")["tmpls"][0]["afmt"]
    assert text_of(learner, "New?") == "New? | <p>Yes.</p>\n\n<p>And <em>more</em>.</p>"
    [[deck]] = learner.rows("select did from cards where id = (select max(id) from cards)")
    assert learner.col.decks.name(deck) == "Languages::French"
    after = history(learner)
    assert all(row in rows for rows, old in zip(after, before, strict=True) for row in old)


def test_corrections_in_kept_note_types_come_back(project: Project, learner: Learner, tmp_path: Path) -> None:
    git(project.root, "init", "-q", "-b", "main")
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", "imported")
    for query, name, words in (
        ("chien", "Back", "the dog"),
        ("Paris", "Text", "{{c1::Paris}} is the capital of {{c2::France}}"),
        ("note:Words hound", "Meaning", "a hunting dog"),
        ("note:Plain", "D", "much more"),
    ):
        [number] = learner.col.find_notes(query)
        note = learner.col.get_note(number)
        note[name] = words
        learner.col.update_note(note)
    path = tmp_path / "learner.apkg"
    learner.col.export_anki_package(out_path=str(path), options=_export_options(legacy=False), limit=None)
    result = CliRunner().invoke(cli, ["-C", str(project.root), "feedback", str(path), "--all"])
    assert result.exit_code == 0, result.output
    found = "".join(path.read_text("utf-8") for path in project.root.glob("source/[ct]a*/**/*.yaml"))
    for words in ("the dog", "is the capital of", "hunting dog", "much more", OWN_WORDS):
        assert words in found, result.output
    assert "Not taken" not in result.output


def test_nothing_unsafe_of_a_template_is_shipped(project: Project, tmp_path: Path) -> None:
    report = (project.root / "import-report.md").read_text("utf-8")
    assert "kept without the element \\<script\\>" in report
    assert "kept without the rule of .word" in report
    with collection(tmp_path / "new") as learner:
        learner.import_package(project.export())
        shipped = str([kept_type(project, learner, file.stem) for file in project.root.glob("source/anki/*.yaml")])
    assert "Say: " in shipped
    assert re.search(r"<script|example\.org|@import|x\.css", shipped) is None


def test_converted_note_types_are_refused_by_anki(original: bytes, learner: Learner, tmp_path: Path) -> None:
    converted = imported(original, tmp_path, "--convert")
    assert not {"anki", "release.lock"} & {path.name for path in (converted.root / "source").iterdir()}
    report = (converted.root / "import-report.md").read_text("utf-8")
    assert report.count("Progress ends: it was converted, as you asked.") == 6
    assert report.count("Learners tick “Merge note types” once") == 2
    before = [history(learner)[:3], learner.state()[0]]
    log = learner.import_package(converted.export())
    assert len(log.conflicting) == len(NOTES)
    assert [history(learner)[:3], learner.state()[0]] == before


def test_clozes_go_on_by_merging_and_others_do_not(original: bytes, learner: Learner, tmp_path: Path) -> None:
    converted = imported(original, tmp_path, "--convert")
    converted.change("Paris", "a city", "a large city")
    cloze = "select c.* from cards c join notes n on n.id = c.nid where n.flds like '%Paris%' order by c.id"
    before, studied = learner.rows(cloze), learner.rows("select id from cards where reps > 0 order by id")
    with_merging(learner, converted.release("1", int(time.time()) + 1))
    columns = slice(5, 14)
    assert [row[columns] for row in learner.rows(cloze)] == [row[columns] for row in before]
    assert "a large city" in text_of(learner, "Paris")
    emptied = {card for note in learner.col.get_empty_cards().notes for card in note.card_ids}
    lost = [number for [number] in studied if number in emptied]
    assert len(lost) >= len(NOTES) // 2, "what the report says of the other note types"


def with_merging(learner: Learner, data: bytes) -> None:
    path = learner.folder / "merged.apkg"
    path.write_bytes(data)
    options = ImportAnkiPackageOptions(
        merge_notetypes=True,
        update_notes=0,  # type: ignore[arg-type]  # protobuf enums are numbers: 0 is "if newer"
        update_notetypes=0,  # type: ignore[arg-type]  # the same
        with_scheduling=False,
        with_deck_configs=False,
    )
    learner.col.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options))
    learner.col.models._clear_cache()


def test_two_imports_give_the_same_files(original: bytes, project: Project, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    again = imported(original, tmp_path / "again")

    def files(root: Path) -> dict[str, bytes]:
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    assert files(again.root) == files(project.root)


def verified(folder: Path, newer: bytes, older: bytes) -> tuple[int, dict[str, Any]]:
    for name, data in (("newer.apkg", newer), ("older.apkg", older)):
        (folder / name).write_bytes(data)
    files = [str(folder / name) for name in ("newer.apkg", "older.apkg")]
    result = CliRunner().invoke(cli, ["verify", *files, "--json"], standalone_mode=False)
    return result.return_value, json.loads(result.output)


def test_verify_finds_no_problem(project: Project, original: bytes, tmp_path: Path) -> None:
    for words, old, new in EDITS:
        project.change(words, old, new)
    code, found = verified(tmp_path, project.release("1", int(time.time()) - 100), original)
    assert (code, found["problems"]) == (0, [])
    assert found["update"]["as_imported"] == ["A formula \\unknowncommand{x}"]


def test_verify_finds_builds_between_releases_with_the_same_time(project: Project, tmp_path: Path) -> None:
    project.release("1", int(time.time()) - 100)
    packages = []
    for old, new in (("left as", "kept as"), ("kept as", "retained as")):
        project.change("A formula", old, new)
        packages.append(project.export())
    code, found = verified(tmp_path, packages[1], packages[0])
    assert (code, [problem["code"] for problem in found["problems"]]) == (1, ["not-landed"])
    assert found["update"]["as_imported"] == []
