"""The commands `cardpipe release` and `cardpipe diff`."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from cardpipe.model.anki_identity import FIRST_RELEASE
from cardpipe.model.release_lock import ReleaseLock, parse

if TYPE_CHECKING:
    from pathlib import Path

    from command_server import Result
    from conftest import Run

DAY = 86_400
CARD = "id: EX0009\ntitle: A card\nquestion: What is $x$?\nanswer: It is $y$.\ntags: [example]\n"


def at(day: int) -> dict[str, str]:
    return {"SOURCE_DATE_EPOCH": str(FIRST_RELEASE + day * DAY)}


def lock_of(project: Path) -> ReleaseLock:
    return parse((project / "source" / "release.lock").read_text(encoding="utf-8"))


def add(project: Path, text: str = CARD) -> Path:
    path = project / "source" / "cards" / "EX0009.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


@pytest.fixture(scope="module")
def released_once(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "sample"
    assert run("init", folder).returncode == 0
    for other_kind in ("EX0003", "EX0004", "EX0005"):
        (folder / "source" / "cards" / f"{other_kind}.yaml").unlink()
    add(folder)
    result = run("-C", folder, "release", env=at(1))
    assert result.returncode == 0, result.stderr
    assert run("-C", folder, "export", "--format", "anki").returncode == 0
    return folder


@pytest.fixture
def released(released_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(released_once, tmp_path / "project")


def test_a_first_release_fixes_every_card(released: Path) -> None:
    lock = lock_of(released)
    assert (lock.version, lock.time) == ("1.0", FIRST_RELEASE + DAY)
    assert list(lock.cards) == ["EX0001", "EX0002", "EX0009"]
    assert {card.mod for card in lock.cards.values()} == {lock.time}
    notes = (released / "output" / "release-notes-1.0.md").read_text(encoding="utf-8")
    assert "**EX0009** A card" in notes


def test_only_what_changed_gets_a_newer_stamp(run: Run, released: Path) -> None:
    before = lock_of(released)
    replace(add(released), "$y$", "$z$")
    result = run("-C", released, "release", "--mark", env=at(2))
    assert result.returncode == 0, result.stderr
    assert "EX0009  A card: answer" in result.stdout
    after = lock_of(released)
    assert after.version == "1.1"
    assert (before.history, after.history) == ({}, {"1.0": FIRST_RELEASE + DAY})
    assert after.cards["EX0009"].mod == FIRST_RELEASE + 2 * DAY
    assert after.cards["EX0009"].mark == "1.1"
    assert after.cards["EX0001"] == before.cards["EX0001"]
    assert after.note_types == before.note_types


def test_nothing_new_is_no_release(run: Run, released: Path) -> None:
    before = (released / "source" / "release.lock").read_bytes()
    result = run("-C", released, "release", env=at(2))
    assert result.returncode == 0
    assert "Nothing to release" in result.stdout
    assert (released / "source" / "release.lock").read_bytes() == before


def test_a_dry_run_writes_nothing(run: Run, released: Path) -> None:
    before = {
        path: path.read_bytes() for path in released.rglob("*") if path.is_file() and ".cardpipe" not in path.parts
    }
    replace(add(released), "$y$", "$z$")
    before[released / "source" / "cards" / "EX0009.yaml"] = add(released, CARD.replace("$y$", "$z$")).read_bytes()
    result = run("-C", released, "release", "--dry-run", env=at(2))
    assert result.returncode == 0
    assert "# Sample 1.1" in result.stdout
    after = {
        path: path.read_bytes() for path in released.rglob("*") if path.is_file() and ".cardpipe" not in path.parts
    }
    assert after == before


def test_notes_go_where_they_are_wanted(run: Run, released: Path, tmp_path: Path) -> None:
    replace(add(released), "A card", "A card < b @all")
    result = run("-C", released, "release", "2.0", "--notes", tmp_path / "notes.md", env=at(2))
    assert result.returncode == 0, result.stderr
    text = (tmp_path / "notes.md").read_text(encoding="utf-8")
    assert text.startswith("# Sample 2.0\n\nReleased on 2026-01-03, 3 cards.\n")
    assert "**EX0009** A card &lt; b &#64;&#8203;all: title" in text


def refused(run: Run, project: Path, *args: str) -> str:
    before = (project / "source" / "release.lock").read_bytes()
    result: Result = run("-C", project, "release", *args, env=at(2))
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Nothing was released" in result.stderr
    assert (project / "source" / "release.lock").read_bytes() == before
    return result.stderr


@pytest.mark.slow
def test_a_vanished_card_is_refused(run: Run, released: Path) -> None:
    (released / "source" / "cards" / "EX0009.yaml").unlink()
    assert "--allow-removed EX0009" in refused(run, released)
    result = run("-C", released, "release", "--allow-removed", "EX0009", env=at(2))
    assert result.returncode == 0, result.stderr
    lock = lock_of(released)
    assert lock.gone == {"EX0009": "1.1"}
    assert "ID:EX0009" in (released / "output" / "release-notes-1.1.md").read_text(encoding="utf-8")
    add(released)
    assert "is reused" in refused(run, released)


def test_a_card_that_became_a_draft_is_refused(run: Run, released: Path) -> None:
    add(released, CARD + "status: draft\n")
    assert "EX0009" in refused(run, released)


@pytest.mark.slow
def test_a_new_id_for_an_old_card_is_recognised(run: Run, released: Path) -> None:
    (released / "source" / "cards" / "EX0009.yaml").rename(released / "source" / "cards" / "EX0010.yaml")
    replace(released / "source" / "cards" / "EX0010.yaml", "EX0009", "EX0010")
    assert "seems to be EX0010" in refused(run, released)


@pytest.mark.slow
def test_a_changed_uid_is_refused(run: Run, released: Path) -> None:
    deck = released / "source" / "deck.yaml"
    deck.write_text(
        re.sub(r"(?m)^uid: .*$", "uid: 5b0f6c1e-8a52-4a57-9d5e-0c9a2f6f3c11", deck.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    assert "every card twice" in refused(run, released)


@pytest.mark.slow
def test_a_changed_note_type_is_refused(run: Run, released: Path) -> None:
    path = released / "source" / "release.lock"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"id": [0-9]+', '"id": 77', text), encoding="utf-8")
    assert "note type" in refused(run, released)
    path.write_text(re.sub(r'\[([0-9]+), "Title"\]', '[77, "Title"]', text), encoding="utf-8")
    assert "lost Title" in refused(run, released)
    path.write_text(re.sub(r'(\[[0-9]+, "ID"\]), (\[[0-9]+, "Title"\])', r"\2, \1", text), encoding="utf-8")
    assert "were reordered" in refused(run, released)


def test_a_changed_guid_is_refused(run: Run, released: Path) -> None:
    path = released / "source" / "release.lock"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(lock_of(released).cards["EX0009"].guid, "a" * 16), encoding="utf-8")
    assert "EX0009: its GUID" in refused(run, released)


@pytest.mark.slow
def test_another_name_must_be_said(run: Run, released: Path) -> None:
    replace(released / "source" / "deck.yaml", "Examples", "Specimens")
    assert "--allow-rename" in refused(run, released)
    before = lock_of(released)
    result = run("-C", released, "release", "--allow-rename", env=at(2))
    assert result.returncode == 0, result.stderr
    after = lock_of(released)
    assert after.cards["EX0001"].deck.endswith("::Specimens")
    assert after.cards["EX0001"].mod == before.cards["EX0001"].mod, "a deck's name is not worth a learner's edit"


@pytest.mark.slow
def test_a_version_that_is_not_newer_is_refused(run: Run, released: Path) -> None:
    replace(add(released), "$y$", "$z$")
    for version in ("1.0", "0.9", "1"):
        assert "not newer" in refused(run, released, version)


@pytest.mark.slow
def test_a_warning_is_enough_to_refuse(run: Run, released: Path) -> None:
    (released / "source" / "media").mkdir(exist_ok=True)
    (released / "source" / "media" / "unused.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "MED002" in refused(run, released)


@pytest.mark.slow
@pytest.mark.parametrize("time", ["99999999999", "1", "-5", "soon", str(FIRST_RELEASE + DAY)])
def test_a_time_that_would_hurt_is_refused(run: Run, released: Path, time: str) -> None:
    replace(add(released), "$y$", "$z$")
    result = run("-C", released, "release", env={"SOURCE_DATE_EPOCH": time})
    assert result.returncode == 2
    assert lock_of(released).version == "1.0"


@pytest.mark.quick_cases("args0", "args1")
@pytest.mark.parametrize("args", [("v1",), ("1.2-beta",), ("--allow-removed", "EX0001"), ("--allow-removed", "EX9")])
def test_a_wrong_call_is_one_message(run: Run, released: Path, args: tuple[str, ...]) -> None:
    result = run("-C", released, "release", *args, env=at(2))
    assert result.returncode == 2
    assert result.stderr.startswith("cardpipe: ")


def test_a_broken_lock_stops_release_and_export(run: Run, released: Path) -> None:
    (released / "source" / "release.lock").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    for command in ("release", "export", "diff"):
        result = run("-C", released, command)
        assert result.returncode == 1
        assert "REL001" in result.stderr


@pytest.mark.slow
def test_the_same_source_and_lock_give_the_same_bytes(run: Run, released: Path) -> None:
    first = (released / "output" / "sample.apkg").read_bytes()
    for changes in ({}, {"old": "$y$", "new": "$z$"}):
        if changes:
            replace(add(released), **changes)
        made = set()
        for env in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "SOURCE_DATE_EPOCH": "1", "TZ": "Asia/Tokyo"}):
            assert run("-C", released, "export", "--format", "anki", env=env).returncode == 0
            made.add((released / "output" / "sample.apkg").read_bytes())
        assert len(made) == 1
        assert (made == {first}) is not bool(changes)


# --- diff -------------------------------------------------------------------------------------------------------------


def git(project: Path, *args: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *args], cwd=project, check=True, capture_output=True)


@pytest.fixture
def edited(released: Path) -> Path:
    """A project with a commit, a release and a package, and another answer than they have."""
    git(released, "init", "-q", "-b", "main")
    git(released, "add", "source")
    git(released, "commit", "-q", "-m", "first")
    replace(add(released), "It is $y$.", "It is surely $y$.")
    return released


@pytest.mark.slow
@pytest.mark.parametrize("against", ["main", "HEAD", "output/sample.apkg"])
def test_known_words_are_compared_word_by_word(run: Run, edited: Path, against: str) -> None:
    result = run("diff", against, cwd=edited)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("1 changed.\n")
    assert "answer: It is {+surely +}$y$." in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("against", [(), ("source/release.lock",)])
def test_a_lock_knows_the_parts(run: Run, edited: Path, against: tuple[str, ...]) -> None:
    result = run("diff", *against, cwd=edited)
    assert result.returncode == 0, result.stderr
    assert "  EX0009  A card: answer\n" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("against", [(), ("HEAD",), ("output/sample.apkg",)])
def test_nothing_differs_where_nothing_was_done(run: Run, edited: Path, against: tuple[str, ...]) -> None:
    add(edited)
    result = run("diff", *against, cwd=edited)
    assert (result.returncode, result.stdout) == (0, "No changes.\n")


@pytest.mark.slow
def test_a_mark_is_no_difference(run: Run, edited: Path) -> None:
    assert run("release", "--mark", cwd=edited, env=at(2)).returncode == 0
    assert run("export", "--format", "anki", cwd=edited).returncode == 0
    with zipfile.ZipFile(edited / "output" / "sample.apkg") as package:
        assert b" changed::1.1 example " in package.read("collection.anki2")
    for against in ((), ("output/sample.apkg",)):
        assert run("diff", *against, cwd=edited).stdout == "No changes.\n"


@pytest.mark.slow
def test_another_subdeck_is_a_move(run: Run, edited: Path) -> None:
    add(edited)
    replace(edited / "source" / "deck.yaml", "Examples", "Specimens")
    for against in ("HEAD", "output/sample.apkg", "source/release.lock"):
        result = run("diff", against, cwd=edited)
        assert result.stdout.startswith("3 moved.\n"), result.stdout + result.stderr
        assert "EX0009  A card: Sample::Examples → Sample::Specimens" in result.stdout


def test_added_and_removed_cards_are_listed(run: Run, edited: Path) -> None:
    path = edited / "source" / "cards" / "EX0009.yaml"
    path.unlink()
    add(edited, CARD.replace("$x$", "$u$")).rename(path.with_name("EX0011.yaml"))
    replace(path.with_name("EX0011.yaml"), "EX0009", "EX0011")
    result = run("diff", "HEAD", "--output-format", "json", cwd=edited)
    found = json.loads(result.stdout)
    assert [card["id"] for card in found["added"]] == ["EX0011"]
    assert [card["id"] for card in found["removed"]] == ["EX0009"]
    assert found["changed"] == found["moved"] == found["renamed"] == []


@pytest.mark.slow
def test_markdown_mentions_no_one_and_contains_no_markup(run: Run, edited: Path) -> None:
    add(edited, CARD.replace("A card", "'<b>@someone</b>'"))
    result = run("diff", "HEAD", "--output-format", "markdown", cwd=edited)
    assert result.returncode == 0
    assert "<b>" not in result.stdout
    assert "&#64;&#8203;someone" in result.stdout


@pytest.mark.quick_cases("$(id)", "--upload-pack=x", "gone.lock")
@pytest.mark.parametrize(
    "against", ["nowhere", "HEAD~5", "HEAD:source", "--upload-pack=x", "gone.apkg", "gone.lock", "", "a\nb", "$(id)"]
)
def test_a_wrong_argument_is_one_message(run: Run, edited: Path, against: str) -> None:
    result = run("diff", "--", against, cwd=edited)
    assert result.returncode == 2
    assert result.stderr.startswith("cardpipe: ")
    assert "Traceback" not in result.stderr


def test_without_a_release_or_a_repository_there_is_a_message(run: Run, project: Path) -> None:
    assert "release.lock" in run("-C", project, "diff").stderr
    assert run("-C", project, "diff", "HEAD").returncode == 2


@pytest.mark.slow
def test_hostile_packages_are_refused(run: Run, edited: Path, tmp_path: Path) -> None:
    endless = sqlite3.connect(":memory:")
    endless.executescript(
        "create table col (models, decks); insert into col values ('{}', '{}'); create table cards (nid, did, due);"
        "create view notes as with recursive n(id) as (select 1 union all select id + 1 from n) "
        "select id, id as guid, 1 as mid, '' as tags, '' as flds from n;"
    )
    contents = {
        "empty": {},
        "no-database": {"collection.anki2": b"no database"},
        "other": {"collection.anki21b": b"\x28\xb5\x2f\xfd"},
        "endless": {"collection.anki2": endless.serialize()},
        "bomb": {"collection.anki2": b"\0" * (300 * 1024 * 1024)},
        "map": {"collection.anki2": b"", "media": b"[" * 100_000},
    }
    endless.close()
    (tmp_path / "text.apkg").write_text("no archive", encoding="utf-8")
    for name, files in contents.items():
        with zipfile.ZipFile(tmp_path / f"{name}.apkg", "w", zipfile.ZIP_DEFLATED) as package:
            for file, data in files.items():
                package.writestr(file, data)
    for path in sorted(tmp_path.glob("*.apkg")):
        result = run("diff", path, cwd=edited)
        assert result.returncode == 2, path
        assert "cannot be compared" in result.stderr, path
