"""`cardpipe rename`, `move` and `tag rename`: everything that names a card or a tag, all or nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardpipe.authoring.source_change import SourceChange, apply, editing
from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError
from cardpipe.source.load import load
from cardpipe.text.positions import SourceFile

DECK = """\
uid: u
slug: deck
name: Deck
language: en
authors: [A]
description: See [the first](card:EX0001).
# The vocabulary.
tags:
  nets: Networks
  nets::cnn: Convolutional ones  # with a comment
  'other': "Other things"
subdecks:
  EX: Examples
  AB: Others
editions:
  short: {ids: [EX0001, "EX0002"], tags: [nets], without: [nets::cnn]}
lint:
  per-path:
    cards/EX0001.yaml: [WRD]
"""
FIRST = """\
# EX0001 is mentioned here.
id:   "EX0001"   # the ID
title: First
question: What is [this](card:EX0001)?
answer: |
  See [it](<card:EX0001> "EX0001"), and `card:EX0001` as code.

  [ref]: card:EX0001
tags: [nets, 'nets::cnn']   # two
figures:
  - {id: a, kind: image, file: EX0001/a.png, alt: A.}
  - {id: b, kind: script, script: ex0001_b.py, alt: B.}
"""
SECOND = """\
- id: EX0002
  title: Second
  question: ">"
  answer: >-
    A folded [text](card:EX0001) ![picture](EX0001-b.png)
  related:
    - EX0001   # the first
  tags:
    - nets::cnn
    - other
- id: EX0003
  title: Third
  question: Q
  answer: 'It''s [x](card:EX0001)'
  status: retired
  replaced_by: 'EX0001'
"""


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {"deck.yaml": DECK, "cards/EX0001.yaml": FIRST, "cards/more.yaml": SECOND}
    files |= {"media/EX0001/a.png": b"a", "media/EX0001-b.png": b"b", "media/EX00011.png": b"c"}
    files |= {"figures/ex0001_b.py": "# EX0001\ndef draw(figure): pass\n"}
    folder = tmp_path / "deck"
    write(folder, files)
    return folder


def cardpipe(deck: Path, *args: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(deck), *args], standalone_mode=False)


def done(result: Result) -> Result:
    assert result.exception is None, repr(result.exception)
    assert result.return_value == 0, result.output
    return result


def refusal(result: Result) -> str:
    assert isinstance(result.exception, CardpipeError), repr(result.exception) + result.output
    return f"{result.exception.message} {result.exception.hint}"


def contents(deck: Path) -> dict[str, bytes]:
    folder = deck / "source"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_that_names_a_card_names_its_new_id(deck: Path) -> None:
    before = contents(deck)
    result = done(cardpipe(deck, "rename", "EX0001", "AB0007"))
    after = contents(deck)
    first = FIRST.replace('"EX0001"   #', '"AB0007"   #').replace("card:EX0001", "card:AB0007")
    first = first.replace("`card:AB0007`", "`card:EX0001`").replace("EX0001/a", "AB0007/a")
    first = first.replace("ex0001_", "ab0007_")
    assert after.pop("cards/AB0007.yaml").decode() == first
    second = SECOND.replace("EX0001", "AB0007")
    assert after.pop("cards/more.yaml").decode() == second
    settings = DECK.replace("EX0001", "AB0007")
    assert after.pop("deck.yaml").decode() == settings
    moved = {"media/AB0007/a.png", "media/AB0007-b.png", "figures/ab0007_b.py", "media/EX00011.png"}
    assert after.keys() == moved
    assert after["media/AB0007/a.png"] == before["media/EX0001/a.png"]
    # What only mentions it is listed.
    assert "source/cards/AB0007.yaml:1" in result.stderr
    assert "source/figures/ab0007_b.py:1" in result.stderr


def test_the_way_back_gives_the_same_bytes(deck: Path) -> None:
    before = contents(deck)
    done(cardpipe(deck, "rename", "EX0001", "AB0007"))
    done(cardpipe(deck, "rename", "AB0007", "EX0001"))
    assert contents(deck) == before


def test_a_dry_run_is_a_diff_that_git_can_apply(deck: Path) -> None:
    before = contents(deck)
    result = done(cardpipe(deck, "rename", "EX0001", "AB0007", "--dry-run"))
    assert contents(deck) == before
    applied = deck.parent / "applied"
    shutil.copytree(deck / "source", applied / "source")
    subprocess.run(["git", "init", "-q"], cwd=applied, check=True)
    subprocess.run(["git", "apply"], cwd=applied, check=True, input=result.stdout.encode())
    done(cardpipe(deck, "rename", "EX0001", "AB0007"))
    assert contents(applied) == contents(deck)


@pytest.mark.parametrize("change", ["crlf", "bom"])
def test_line_ends_and_byte_order_marks_stay(deck: Path, change: str) -> None:
    def changed(text: str) -> bytes:
        return text.replace("\n", "\r\n").encode() if change == "crlf" else text.encode("utf-8-sig")

    write(deck, {"cards/EX0001.yaml": changed(FIRST), "cards/more.yaml": changed(SECOND), "deck.yaml": changed(DECK)})
    done(cardpipe(deck, "rename", "EX0001", "AB0007"))
    assert (deck / "source/cards/more.yaml").read_bytes() == changed(SECOND.replace("EX0001", "AB0007"))
    assert (deck / "source/deck.yaml").read_bytes() == changed(DECK.replace("EX0001", "AB0007"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("EX0009", "EX0010", "no card “EX0009”"),
        ("EX0001", "EX0002", "EX0002 is used already. EX0004 is free."),
        ("EX0001", "ex0009", "Did you mean EX0009?"),
        ("EX0001", "EX\u0660\u0660\u0660\u0669", "not a valid card ID"),
        ("EX0001", "EX0009\n", "not a valid card ID"),
        ("EX0001", "AC0009", "Unknown ID prefix “AC”"),
        ("EX0001", "EX0001", "is used already"),
        ("../x", "EX0009", "no card"),
    ],
)
def test_an_id_that_cannot_be_is_refused(deck: Path, old: str, new: str, said: str) -> None:
    before = contents(deck)
    assert said in refusal(cardpipe(deck, "rename", old, new))
    assert contents(deck) == before


@pytest.mark.parametrize("command", [("rename", "EX0005", "EX0009"), ("move", "EX0005", "AB")])
def test_a_card_in_an_unreadable_file_is_not_called_missing(deck: Path, command: tuple[str, ...]) -> None:
    write(deck, {"cards/EX0005.yaml": "id: EX0005\nquestion: a: b\n"})
    assert "EX0005 cannot be read" in refusal(cardpipe(deck, *command))


LOCK = {
    "cards": {
        "EX0001": {
            "deck": "Deck::Examples",
            "digest": "0" * 16,
            "guid": "g",
            "kind": "basic",
            "mod": 1,
            "parts": {},
            "tags": [],
            "title": "First",
        }
    },
    "deck": {"name": "Deck", "subdecks": {"EX": "Deck::Examples"}, "uid": "u"},
    "format": 1,
    "gone": {"EX0008": "1.0"},
    "note_types": {},
    "release": {"time": 10, "version": "1.2"},
}


@pytest.mark.parametrize(
    "args", [("rename", "EX0001", "EX0009"), ("move", "EX0001", "AB"), ("move", "EX", "AB"), ("move", "EX", "NEW")]
)
@pytest.mark.parametrize("lock", [json.dumps(LOCK), "{broken"])
def test_a_released_card_keeps_its_id(deck: Path, args: tuple[str, ...], lock: str) -> None:
    write(deck, {"release.lock": lock})
    before = contents(deck)
    result = cardpipe(deck, *args)
    assert result.return_value == 1
    assert result.stderr.startswith("refused: ")
    assert ("replaced_by" in result.stderr) == (lock != "{broken")
    assert contents(deck) == before


def test_an_unreleased_card_of_a_released_deck_can_change_but_takes_no_old_id(deck: Path) -> None:
    write(deck, {"release.lock": json.dumps(LOCK)})
    assert "EX0008 was a card that 1.0 removed" in refusal(cardpipe(deck, "rename", "EX0003", "EX0008"))
    done(cardpipe(deck, "rename", "EX0003", "EX0009"))
    assert (deck / "source/release.lock").read_text() == json.dumps(LOCK)


BROKEN = {
    "an anchor": "id: EX0005\nrelated: &a [EX0001]\ntitle: *a\n",
    "two documents": "id: EX0005\ntitle: T\n---\nrelated: [EX0001]\n",
    "no YAML": "id: EX0005\nrelated: [EX0001\n",
    "a conflict": "<<<<<<< ours\nid: EX0001\n=======\nid: EX0005\n>>>>>>> theirs\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("args", [("rename", "EX0001", "EX0009"), ("move", "EX0001", "AB")])
def test_a_file_that_cannot_be_read_and_mentions_it_stops_the_change(
    deck: Path, text: str, args: tuple[str, ...]
) -> None:
    write(deck, {"cards/EX0005.yaml": text})
    before = contents(deck)
    assert "source/cards/EX0005.yaml has errors" in refusal(cardpipe(deck, *args))
    assert contents(deck) == before


def test_cards_with_errors_are_changed_too(deck: Path) -> None:
    write(deck, {"cards/EX0005.yaml": "id: EX0005\ntitle:\nquestion:\nrelated: [EX0001]\nwrong: 1\n"})
    done(cardpipe(deck, "rename", "EX0001", "EX0009"))
    assert "related: [EX0009]" in (deck / "source/cards/EX0005.yaml").read_text()
    done(cardpipe(deck, "rename", "EX0005", "EX0006"))
    assert (deck / "source/cards/EX0006.yaml").is_file()


def test_a_file_with_another_name_keeps_it(deck: Path) -> None:
    (deck / "source/cards/EX0001.yaml").rename(deck / "source/cards/first.yaml")
    done(cardpipe(deck, "rename", str(deck / "source/cards/first.yaml"), "EX0009"))
    assert '"EX0009"' in (deck / "source/cards/first.yaml").read_text()


def test_a_taken_name_or_a_link_stops_the_change(deck: Path) -> None:
    (deck / "source/cards/EX0009.yaml").symlink_to("nowhere")
    before = contents(deck)
    assert "EX0009.yaml was not read" in refusal(cardpipe(deck, "rename", "EX0001", "EX0009"))
    assert contents(deck) == before


def test_the_schema_and_the_folder_follow_the_prefix(deck: Path) -> None:
    line = "# yaml-language-server: $schema=../card.schema.json\n"
    write(deck, {"cards/EX0001.yaml": line + FIRST, "cards/deep/er/AB0001.yaml": "id: AB0001\ntitle: T\n"})
    write(deck, {"cards/deep/er/AB0001.yaml": "id: AB0001\ntitle: T\nquestion: Q\nanswer: A\n"})
    done(cardpipe(deck, "move", "EX0001", "AB"))
    moved = (deck / "source/cards/deep/er/AB0002.yaml").read_text()
    assert moved.startswith("# yaml-language-server: $schema=../../../card.schema.json\n")
    assert 'id:   "AB0002"' in moved


def test_a_prefix_is_renamed_with_all_of_its_cards(deck: Path) -> None:
    done(cardpipe(deck, "move", "EX", "NEW"))
    loaded = load(deck)
    assert loaded.deck is not None
    assert [card.id.text for card in loaded.deck.cards] == ["NEW0001", "NEW0002", "NEW0003"]
    assert "\n  NEW: Examples\n" in (deck / "source/deck.yaml").read_text()
    assert "Unknown ID prefix “EX”" in refusal(cardpipe(deck, "move", "NEW0001", "EX"))
    assert "no card and no prefix" in refusal(cardpipe(deck, "move", "XY", "AB"))
    assert "already" in refusal(cardpipe(deck, "move", "NEW0001", "NEW"))


def test_cards_of_two_prefixes_with_one_number_get_two_ids(deck: Path) -> None:
    write(deck, {"deck.yaml": DECK.replace("  AB: Others", "  AB: Others\n  CD: More")})
    write(deck, {"cards/AB0001.yaml": "id: AB0001\ntitle: T\nquestion: Q\nanswer: A\n"})
    done(cardpipe(deck, "move", "EX", "AB0001", "CD"))
    loaded = load(deck)
    assert loaded.deck is not None
    ids = sorted(card.id.text for card in loaded.deck.cards)
    assert len(set(ids)) == 4
    assert {card_id[:2] for card_id in ids} == {"CD"}


def test_a_tag_is_renamed_with_its_subtags_and_nothing_else_changes(deck: Path) -> None:
    done(cardpipe(deck, "tag", "rename", "nets", "networks"))
    after = contents(deck)
    assert after["cards/EX0001.yaml"].decode() == FIRST.replace("nets", "networks")
    assert after["cards/more.yaml"].decode() == SECOND.replace("nets", "networks")
    assert after["deck.yaml"].decode() == DECK.replace("nets", "networks")


def test_two_tags_are_united_only_on_request(deck: Path) -> None:
    assert "--merge" in refusal(cardpipe(deck, "tag", "rename", "nets::cnn", "other"))
    done(cardpipe(deck, "tag", "rename", "nets::cnn", "other", "--merge"))
    settings = (deck / "source/deck.yaml").read_text()
    assert "cnn: Conv" not in settings
    assert "without: [other]" in settings
    assert "tags:\n    - other\n" in (deck / "source/cards/more.yaml").read_text()
    loaded = load(deck)
    assert not [found for found in loaded.findings if found.span.path == "source/deck.yaml"]


@pytest.mark.parametrize(
    "new", ["a b", "a:b", "::a", "a::", 'a"b', "a\nb", "leech", "#a", "", "x" * 300, "a\u202eb", "nets"]
)
def test_a_tag_that_cannot_be_is_refused(deck: Path, new: str) -> None:
    before = contents(deck)
    assert isinstance(cardpipe(deck, "tag", "rename", "nets", new).exception, CardpipeError)
    assert contents(deck) == before


def test_an_unknown_tag_is_answered_with_the_nearest(deck: Path) -> None:
    assert "Did you mean nets?" in refusal(cardpipe(deck, "tag", "rename", "netz", "x"))


@pytest.mark.parametrize("tag", ["größe", "سلام", "c++", "a/b&c", "12", "yes", "null"])
def test_any_valid_tag_can_be_the_new_one(deck: Path, tag: str) -> None:
    done(cardpipe(deck, "tag", "rename", "other", tag))
    loaded = load(deck)
    assert loaded.deck is not None
    assert tag in [item.text for card in loaded.deck.cards for item in card.tags]


# All or nothing


@pytest.mark.parametrize("failing", range(0, 9, 2))
def test_after_a_failure_nothing_has_changed(deck: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    before = contents(deck)
    left = [failing]
    replace = Path.replace

    def failing_replace(self: Path, target: Path) -> Path:
        if "edit-" in str(self) or "edit-" in str(target):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing_replace)
    left[0] = failing + 1
    result = cardpipe(deck, "rename", "EX0001", "AB0007")
    monkeypatch.undo()
    assert isinstance(result.exception, CardpipeError)
    assert contents(deck) == before


def kill_a_rename(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rename EX0001 to AB0007 in a process that is killed when half of the files are new."""

    class Killed(BaseException):
        pass

    count = [0]
    replace = Path.replace

    def killing_replace(self: Path, target: Path) -> Path:
        count[0] += self.name.startswith("new-")
        if count[0] == 3:
            raise Killed
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killing_replace)
        # A killed process removes nothing.
        patched.setattr("tempfile.TemporaryDirectory._rmtree", lambda *_args, **_kwargs: None)
        with pytest.raises(Killed):
            cardpipe(deck, "rename", "EX0001", "AB0007")
    assert "cards/EX0001.yaml" in contents(deck)


@pytest.mark.parametrize("edited", [False, True])
def test_a_killed_change_is_completed_unless_a_file_was_edited_since(
    deck: Path, monkeypatch: pytest.MonkeyPatch, edited: bool
) -> None:
    kill_a_rename(deck, monkeypatch)
    half = contents(deck)
    if edited:
        write(deck, {"deck.yaml": DECK + "# mine\n"})
        half["deck.yaml"] = (DECK + "# mine\n").encode()
    with editing(deck) as completed:
        assert completed != edited
    if edited:
        assert contents(deck) == half
    else:
        assert "cards/EX0001.yaml" not in contents(deck)
        assert contents(deck)["deck.yaml"].decode() == DECK.replace("EX0001", "AB0007")
    assert not list((deck / ".cardpipe").glob("edit-*"))


@pytest.mark.parametrize(
    "args",
    [
        ("rename", "AB0007", "AB0008"),
        ("move", "AB0007", "EX"),
        ("tag", "rename", "nets", "networks"),
        ("lint", "--fix"),
        ("fmt",),
        ("new", "--prefix", "EX", "--title", "T"),
    ],
)
def test_every_command_that_edits_completes_a_killed_change_before_it_reads(
    deck: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    kill_a_rename(deck, monkeypatch)
    result = cardpipe(deck, *args)
    assert not isinstance(result.exception, CardpipeError), result.exception
    assert "An earlier change that was interrupted has been completed first." in result.output
    assert "cards/EX0001.yaml" not in contents(deck)


def test_a_command_waits_for_another_one_before_it_reads(deck: Path) -> None:
    code = "import sys; from cardpipe.cli.main import main; main(sys.argv[1:])"
    commands = [("rename", "EX0001", "EX0021"), ("tag", "rename", "nets", "networks")]
    with editing(deck):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code, "-C", str(deck), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for args in commands
        ]
        time.sleep(1)
        # What they would overwrite, had they read it before.
        write(deck, {"deck.yaml": DECK + "# mine\n"})
    results = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for _, code in results] == [0, 0], results
    assert (
        contents(deck)["deck.yaml"].decode()
        == DECK.replace("EX0001", "EX0021").replace("nets", "networks") + "# mine\n"
    )


def test_a_file_that_was_edited_meanwhile_is_not_overwritten(deck: Path) -> None:
    file = SourceFile("source/deck.yaml", DECK)
    write(deck, {"deck.yaml": DECK + "# mine\n"})
    with pytest.raises(CardpipeError, match="changed in the meantime"):
        apply(deck, SourceChange({file.path: file}, {file.path: b"x"}))
    assert contents(deck)["deck.yaml"] == (DECK + "# mine\n").encode()


# Two cards with one ID


def git(folder: Path, *args: str) -> None:
    names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, env={**os.environ, **names})


THEIRS = "id: EX0005\ntitle: Theirs\nquestion: What is theirs?\nanswer: It is theirs.\n"
MINE = "id: EX0005\ntitle: Mine\nquestion: What is my own?\nanswer: See [this](card:EX0005).\nrelated: [EX0001]\n"


@pytest.mark.parametrize("with_git", [True, False])
def test_the_card_that_the_main_branch_lacks_gets_another_id(deck: Path, with_git: bool) -> None:
    write(deck, {"cards/EX0004.yaml": "id: EX0004\ntitle: T\nquestion: Q?\nanswer: A.\nrelated: [EX0005]\n"})
    write(deck, {"cards/z/EX0005.yaml": THEIRS})
    git(deck, "init", "-b", "main")
    git(deck, "add", "source")
    git(deck, "commit", "-m", "theirs")
    git(deck, "switch", "-c", "mine")
    write(deck, {"cards/EX0005.yaml": MINE})
    write(deck, {"cards/EX0006.yaml": "id: EX0006\ntitle: T\nquestion: R?\nanswer: B.\nrelated: [EX0005]\n"})
    git(deck, "add", "source")
    git(deck, "commit", "-m", "mine")
    if not with_git:
        shutil.rmtree(deck / ".git")
    cardpipe(deck, "lint", "--select", "IDN002", "--unsafe-fixes")
    after = contents(deck)
    if with_git:
        assert after["cards/z/EX0005.yaml"].decode() == THEIRS
        assert after["cards/EX0007.yaml"].decode() == MINE.replace("EX0005", "EX0007")
        assert b"[EX0007]" in after["cards/EX0006.yaml"]
        assert b"[EX0005]" in after["cards/EX0004.yaml"]
    else:
        # The later one; what others mean by the ID is not known.
        assert after["cards/EX0005.yaml"].decode() == MINE
        assert b"id: EX0007" in after["cards/z/EX0007.yaml"]
        assert b"[EX0005]" in after["cards/EX0006.yaml"]


@pytest.mark.parametrize(
    ("first", "second", "renamed"),
    [("First", "Other", "b"), ("Other", "First", "a"), ("X", "Y", ""), ("First", "First", "")],
)
def test_a_released_card_keeps_its_id_against_a_duplicate(deck: Path, first: str, second: str, renamed: str) -> None:
    write(deck, {"release.lock": json.dumps(LOCK)})
    (deck / "source/cards/EX0001.yaml").unlink()
    text = "id: EX0001\ntitle: {}\nquestion: What?\nanswer: That.\n"
    write(deck, {"cards/a.yaml": text.format(first), "cards/b.yaml": text.format(second)})
    cardpipe(deck, "lint", "--select", "IDN002", "--unsafe-fixes")
    changed = {name for name in "ab" if "EX0001" not in (deck / f"source/cards/{name}.yaml").read_text()}
    assert changed == set(renamed)


@pytest.mark.parametrize("obstacle", ["large", "link"])
@pytest.mark.parametrize("args", [("rename", "EX0001", "EX0099"), ("tag", "rename", "nets", "networks")])
def test_a_file_that_was_not_read_stops_the_change(
    deck: Path, tmp_path: Path, obstacle: str, args: tuple[str, ...]
) -> None:
    if obstacle == "large":
        write(deck, {"cards/large.yaml": "#" * 1_100_000 + "\nid: EX0077\n"})
    else:
        (tmp_path / "outside.yaml").write_text("id: EX0077\n", encoding="utf-8")
        (deck / "source/cards/link.yaml").symlink_to(tmp_path / "outside.yaml")
    before = contents(deck)
    assert "was not read" in refusal(cardpipe(deck, *args))
    assert contents(deck) == before
