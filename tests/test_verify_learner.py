"""`cardpipe verify --learner`: changes of a package count as what the real Anki makes of them; remedies are tried."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from learner_packages import (
    CLOZES,
    NEW,
    NOTES,
    OLD,
    Change,
    added_field,
    added_template,
    dropped_cloze,
    exchanged_guids,
    moved_note,
    other_first_texts,
    other_guids,
    other_note_type_id,
    other_note_type_name,
    other_style,
    other_texts,
    package,
    removed_field,
    removed_notes,
    removed_template,
    renamed_deck,
    renamed_field,
    renamed_template,
    swapped_questions,
    swapped_templates,
    texts,
)

pytest.importorskip("anki")

from anki_collection import Learner, collection
from cardpipe.cli.verify import command
from cardpipe.errors import UsageError
from cardpipe.verify import remedies
from cardpipe.verify.anki_collection import CollectionNote
from cardpipe.verify.outcome import shows_same
from cardpipe.verify.verification import Verification, verify

ALL = NOTES + CLOZES
MERGE, ALWAYS = "“Merge note types”", "“Update notes: Always”"
BOTH = f"{MERGE} and {ALWAYS}"
CLASSES = ("landed", "unchanged", "kept", "not_landed", "conflicting", "added", "restored")
"""Each note of the newer package is in one of them."""


def verified(newer: Path, older: Path, *, learner: bool = True) -> Verification:
    return verify(newer, older, lambda *_: None, learner=learner)


def codes(found: Verification) -> set[str]:
    return {problem.code for problem in found.problems}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The older package without and with ids of fields and templates."""
    folder = tmp_path_factory.mktemp("old")
    return {ids: package(folder / f"old-{ids}.apkg", OLD, ids=ids) for ids in (False, True)}


LANDS: dict[str, tuple[Change, ...]] = {
    "texts": (texts,),
    "a style": (texts, other_style),
    "a dropped cloze": (texts, dropped_cloze),
    "removed notes": (texts, removed_notes),
    "a deck's name": (texts, renamed_deck),
    "a note's deck": (texts, moved_note),
}


@pytest.mark.quick_cases("texts", "a dropped cloze")
@pytest.mark.parametrize("changes", LANDS.values(), ids=LANDS)
def test_a_change_that_lands(changes: tuple[Change, ...], old: dict[bool, Path], tmp_path: Path) -> None:
    found = verified(package(tmp_path / "new.apkg", NEW, *changes), old[False])
    assert found.problems == []
    update = found.update
    assert update is not None
    assert not found.remedies
    expected = ALL - 2 * (removed_notes in changes)
    assert sum(len(getattr(update, name)) for name in CLASSES) == expected == found.fresh.imported.found
    assert len(update.landed) >= 2
    assert update.overwritten
    assert len(update.restored) == 1
    assert len(update.emptied) == (dropped_cloze in changes)
    assert sorted(update.only_older) == (["G05", "G06"] if removed_notes in changes else [])
    assert len(update.moved) == (ALL if renamed_deck in changes else moved_note in changes)
    assert update.reviewed > ALL


# The change, whether ids of fields and templates are constant, what helps, and whether at each import.
NOTE_TYPES: dict[str, tuple[Change, bool, str, bool]] = {
    "an added field": (added_field, False, BOTH, False),
    "an added field with ids": (added_field, True, BOTH, False),
    "a removed field": (removed_field, False, MERGE, True),
    "a removed field with ids": (removed_field, True, MERGE, True),
    "a renamed field": (renamed_field, False, BOTH, True),
    "a renamed field with ids": (renamed_field, True, "", False),
    "an added template": (added_template, False, MERGE, False),
    "an added template with ids": (added_template, True, MERGE, False),
    "a removed template": (removed_template, False, MERGE, True),
    "a removed template with ids": (removed_template, True, MERGE, True),
    "a renamed template": (renamed_template, False, MERGE, True),
    "a renamed template with ids": (renamed_template, True, "", False),
    "swapped templates": (swapped_templates, False, MERGE, True),
    "swapped templates with ids": (swapped_templates, True, MERGE, True),
    "another id": (other_note_type_id, False, MERGE, False),
    "another id with ids": (other_note_type_id, True, MERGE, False),
}


@pytest.mark.quick_cases("an added field", "a renamed field with ids", "another id")
@pytest.mark.parametrize(("change", "ids", "options", "each"), NOTE_TYPES.values(), ids=NOTE_TYPES)
def test_a_change_of_a_note_type(
    change: Change, ids: bool, options: str, each: bool, old: dict[bool, Path], tmp_path: Path
) -> None:
    found = verified(package(tmp_path / "new.apkg", NEW, change, texts, ids=ids), old[ids])
    update = found.update
    assert update is not None
    if not options:
        assert (found.problems, found.remedies) == ([], [])
        assert len(update.landed) >= 2
        return
    assert codes(found) == {"conflicting", "note-type-doubled"}
    # The learner deleted one note, which comes back.
    assert len(update.conflicting) == NOTES - len([name for name in update.restored if not name.startswith("Number")])
    assert update.note_types_doubled == ["Capitals+"]
    assert not update.has_lost
    works = found.remedies[-1]
    assert (works.works, works.options, works.every_time) == (True, options, each)
    assert not any(remedy.works for remedy in found.remedies[:-1])
    assert bool(works.cards_added) == (change in (added_template, renamed_template))
    [problem] = [problem for problem in found.problems if problem.code == "conflicting"]
    assert list(problem.notes) == update.conflicting
    assert f"Learners choose {options} {'at each import' if each else 'once'} (tried)" in problem.remedy


def test_another_name_and_id_of_a_note_type(old: dict[bool, Path], tmp_path: Path) -> None:
    newer = package(tmp_path / "new.apkg", NEW, other_note_type_id, other_note_type_name, texts)
    found = verified(newer, old[False])
    assert codes(found) == {"conflicting"}


def test_a_history_that_goes_to_another_question(old: dict[bool, Path], tmp_path: Path) -> None:
    found = verified(package(tmp_path / "new.apkg", NEW, swapped_questions), old[False])
    assert codes(found) == {"question-changed"}
    assert found.update is not None
    # All but the one that the learner deleted; clozes have another note type.
    assert len(found.update.questions_changed) in {NOTES - 1, NOTES}


@pytest.mark.parametrize("is_other", [False, True], ids=["the same text", "another text"])
def test_another_guid(is_other: bool, old: dict[bool, Path], tmp_path: Path) -> None:
    changes = (other_guids, other_first_texts) if is_other else (other_guids,)
    found = verified(package(tmp_path / "new.apkg", NEW, *changes), old[False])
    assert codes(found) == {"came-twice"}
    update = found.update
    assert update is not None
    # Of clozes, the other field is not unique.
    assert len(update.added) == ALL
    assert len(update.duplicated) == (NOTES if is_other else ALL)
    assert "`guid`" in found.problems[0].remedy


def test_notes_that_exchange_their_guids(old: dict[bool, Path], tmp_path: Path) -> None:
    found = verified(package(tmp_path / "new.apkg", NEW, exchanged_guids), old[False])
    assert codes(found) == {"history-exchanged"}
    update = found.update
    assert update is not None
    assert len(update.exchanged) == 3
    assert "`guid`" in found.problems[0].remedy


def test_packages_of_other_decks_prove_nothing(old: dict[bool, Path], tmp_path: Path) -> None:
    newer = package(tmp_path / "new.apkg", NEW, other_guids, other_texts)
    assert codes(verified(newer, old[False], learner=False)) == {"no-common-notes"}


def test_the_same_timestamp_is_helped_by_no_option(old: dict[bool, Path], tmp_path: Path) -> None:
    found = verified(package(tmp_path / "new.apkg", OLD, texts), old[False])
    assert codes(found) == {"not-landed"}
    assert [remedy.options for remedy in found.remedies] == [ALWAYS]
    assert not found.remedies[0].works
    assert "cardpipe release" in found.problems[0].remedy


SAME = {
    "lists": ("<ul><li>one</li><li>two<br></li></ul>", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
    "headings of tables": (
        "<table><tr><td>a</td><td>b</td></tr></table>",
        "<table><tr><th></th></tr><tr><td>a</td><td>b</td></tr></table>",
    ),
    "LaTeX": ("[latex]x^2[/latex], [$]y[/$] and [$$]z[/$$]", r"\[x^2\], \(y\) and \[z\]"),
    "pictures": ('<img src="bild 5.png">', '<img alt="A map" src="bild-5-0123456789ab.png">'),
    "sounds": ("[sound:a b.mp3]", '<span class="sound" title="Word">[sound:a-b-0123456789ab.mp3]</span>'),
    "emphasis": ("<div><b>one</b></div>two", "<p><strong>one</strong><br>two</p>"),
}
OTHER = {
    "words": ("one", "two"),
    "formulas": (r"\(x\)", r"\(y\)"),
    "a formula that became words": (r"\(x\)", "x"),
}


@pytest.mark.parametrize("case", [*SAME, *OTHER])
def test_what_an_import_does_to_html_is_no_change(case: str) -> None:
    texts = {**SAME, **OTHER}[case]
    note, other = (CollectionNote(1, "Basic", 1, OLD, ("Front",), (text,), ("t",)) for text in texts)
    assert shows_same(note, other) is (case in SAME)


def test_tags_of_a_learner_are_no_change() -> None:
    notes = [CollectionNote(1, "Basic", 1, OLD, ("Front",), ("x",), tags) for tags in (("leech", "t"), ("T",), ("s",))]
    assert shows_same(notes[0], notes[1])
    assert not shows_same(notes[0], notes[2])


def test_an_older_timestamp_is_helped_by_an_option(old: dict[bool, Path], tmp_path: Path) -> None:
    found = verified(package(tmp_path / "new.apkg", OLD - 1000, texts), old[False])
    assert codes(found) == {"not-landed"}
    assert found.remedies[0].works
    assert "Learners' own edits are replaced." in found.problems[0].remedy


@pytest.fixture(scope="module")
def histories(old: dict[bool, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A learner's exports of Anki's forms, each with a note that the learner edited after the newer package."""
    from anki.collection import ExportAnkiPackageOptions

    folder = tmp_path_factory.mktemp("histories")
    made = {}
    with collection(folder / "learner") as learner:
        learner.import_package(old[False].read_bytes())
        study(learner)
        for legacy in (False, True):
            kind = "legacy" if legacy else "new"
            options = ExportAnkiPackageOptions(
                with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy
            )
            made[f"{kind} apkg"] = folder / f"{kind}.apkg"
            learner.col.export_anki_package(out_path=str(made[f"{kind} apkg"]), options=options, limit=None)
            made[f"{kind} colpkg"] = folder / f"{kind}.colpkg"
            learner.col.export_collection_package(str(made[f"{kind} colpkg"]), include_media=True, legacy=legacy)
            learner.col.reopen(after_full_sync=False)
    return made


def study(learner: Learner) -> None:
    """Let all cards be due, and edit one of the notes that the newer package changes."""
    learner.col.set_config("fsrs", True)
    learner.col.sched.set_due_date(list(learner.col.find_cards("")), "5-9")
    learner.review("G03 -is:new card:1")
    note: Any = learner.col.get_note(learner.col.find_notes("ID:G01")[0])
    note.fields[2] = "my words"
    learner.col.update_note(note)


@pytest.mark.quick_cases("legacy apkg", "new colpkg")
@pytest.mark.parametrize("form", ["new apkg", "legacy apkg", "new colpkg", "legacy colpkg"])
def test_the_history_of_the_older_file_is_used(form: str, histories: dict[str, Path], tmp_path: Path) -> None:
    found = verified(package(tmp_path / "new.apkg", NEW, texts), histories[form])
    update = found.update
    assert update is not None
    assert (update.history, update.cards, update.reviewed) == ("own", 2 * ALL, 2 * ALL)
    assert not any(update.deeds.values())
    assert sorted(update.landed) == ["G00", "G02"]
    # In a collection, a newer note is the learner's edit; in a package, it is the text that others get.
    is_collection = form.endswith("colpkg")
    assert update.kept == (["G01"] if is_collection else [])
    assert codes(found) == (set() if is_collection else {"not-landed"})
    assert not update.has_lost


def test_without_the_option_a_package_is_imported_without_history(histories: dict[str, Path], tmp_path: Path) -> None:
    found = verified(package(tmp_path / "new.apkg", NEW, texts), histories["new apkg"], learner=False)
    assert found.update is not None
    assert found.update.history == "simulated"
    assert not found.remedies


def test_a_collection_is_not_a_deck_to_hand_out(histories: dict[str, Path], old: dict[bool, Path]) -> None:
    result = CliRunner().invoke(command, [str(histories["new colpkg"]), str(old[False]), "--learner"])
    assert "replaces the whole collection" in str(result.exception)


def test_the_option_needs_an_older_package(old: dict[bool, Path]) -> None:
    result = CliRunner().invoke(command, [str(old[False]), "--learner"])
    assert result.exit_code == 2
    assert "older package" in result.output


@pytest.mark.slow
def test_the_table_shows_counts_and_then_problems(old: dict[bool, Path], tmp_path: Path) -> None:
    newer = package(tmp_path / "new.apkg", NEW, other_note_type_id, texts)
    result = CliRunner().invoke(command, [str(newer), str(old[False]), "--learner"], standalone_mode=False)
    assert result.return_value == 1
    assert "    conflicting        1" in result.output
    assert f"  {MERGE}: " in result.output
    assert "    - G07\n" in result.output
    result = CliRunner().invoke(command, [str(newer), str(old[False]), "--learner", "--json"], standalone_mode=False)
    found = json.loads(result.output)
    assert [remedy["works"] for remedy in found["remedies"]] == [True]


def test_options_with_which_anki_refuses_the_package_do_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise UsageError("Cloze note types cannot be merged with regular note types.")

    monkeypatch.setattr(remedies, "_tried", refused)
    update: Any = SimpleNamespace(conflicting=["EX0001"])
    comparison: Any = None
    assert remedies.tried_remedies(Path("a"), Path("b"), comparison, update) == []
