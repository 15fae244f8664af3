"""Commits that expand to more than a machine can hold: `new`, `review`, `diff` and lint end soon, with one message.

A new payload is a generator in TREES: it gets a function that writes an object and returns its ID.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError
from cardpipe.files import git, git_process
from cpu_time import measured
from test_hostile_review import git as run_git
from test_review import DECK

if TYPE_CHECKING:
    from pathlib import Path

Write = Callable[[str, bytes], str]
_CARD = b"id: EX0001\ntitle: T\nquestion: What?\nanswer: This.\n"


def tree(write: Write, entries: list[tuple[str, str]]) -> str:
    """Write a folder of files, whose names have a dot, and folders, with their object IDs."""
    listed = [
        (b"100644 " if "." in name else b"40000 ") + name.encode() + b"\0" + bytes.fromhex(found)
        for name, found in entries
    ]
    return write("tree", b"".join(listed))


def nested(write: Write, inner: list[tuple[str, str]], levels: int, width: int) -> str:
    found = tree(write, inner)
    for _ in range(levels):
        found = tree(write, [(f"d{number}", found) for number in range(width)])
    return found


def copies(write: Write, count: int, content: bytes) -> str:
    blob = write("blob", content)
    return tree(write, [(f"EX{number:07}.yaml", blob) for number in range(count)])


TREES: dict[str, Callable[[Write], str]] = {
    "files without end": lambda write: nested(write, [("EX0009.yaml", write("blob", _CARD))], 12, 10),
    "folders without end": lambda write: nested(write, [], 60, 2),
    "too many files": lambda write: copies(write, git.MOST_FILES + 1, _CARD),
    "long names": lambda write: nested(write, [("n" * 50_000 + ".yaml", write("blob", _CARD))], 3, 10),
    "a name without end": lambda write: tree(write, [("n" * 200_000 + ".yaml", write("blob", _CARD))]),
    "large files": lambda write: copies(write, 40, b"#" * 2**20),
}
HARMLESS: dict[str, Callable[[Write], str]] = {
    "a deep path": lambda write: nested(write, [("EX0009.yaml", write("blob", _CARD))], 1500, 1),
    "a file of many folders": lambda write: tree(
        write, [("EX0009.yaml", write("blob", _CARD)), ("more", nested(write, [], 3, 3))]
    ),
    "nothing": lambda write: tree(write, []),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A deck with one commit."""
    folder = tmp_path / "deck"
    (folder / "source/cards").mkdir(parents=True)
    run_git(folder, "init", "-q", "-b", "main")
    (folder / "source/deck.yaml").write_text(DECK)
    (folder / "source/cards/EX0001.yaml").write_bytes(_CARD)
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-qm", "one")
    return folder


def branch(folder: Path, name: str, cards: Callable[[Write], str]) -> None:
    """Make a branch whose cards are in a hostile tree."""

    def write(kind: str, content: bytes) -> str:
        data = f"{kind} {len(content)}".encode() + b"\0" + content
        found = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        place = folder / ".git/objects" / found[:2] / found[2:]
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(zlib.compress(data, 1))
        return found

    deck = write("blob", DECK.encode())
    root = tree(write, [("source", tree(write, [("cards", cards(write)), ("deck.yaml", deck)]))])
    who = "A <a@example.org> 1700000000 +0000"
    commit = write("commit", f"tree {root}\nauthor {who}\ncommitter {who}\n\nhostile\n".encode())
    (folder / f".git/refs/heads/{name}").write_text(f"{commit}\n")


@pytest.fixture
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little time for what only time ends; the others must end by their size, however slow the machine is."""
    if "folders without end" in request.node.name:
        monkeypatch.setattr(git, "_BRANCH_SECONDS", 0.2)
        monkeypatch.setattr(git, "_LIST_SECONDS", 0.3)


@pytest.mark.usefixtures("patience")
@pytest.mark.quick_cases("folders without end", "large files")
@pytest.mark.parametrize("name", TREES)
def test_a_commit_that_is_too_large_is_one_message(name: str, project: Path) -> None:
    branch(project, "hostile", TREES[name])
    for command in ("review", "diff", "lint --changed-since"):
        args = [*command.split(), "hostile"]
        if command == "lint --changed-since":
            args = ["lint", "--changed=hostile"]
        result = CliRunner().invoke(cli, ["-C", str(project), *args])
        assert isinstance(result.exception, CardpipeError), (command, result.output)
        assert "git" in result.exception.message or "MiB" in result.exception.message


@pytest.mark.usefixtures("patience")
@pytest.mark.quick_cases("files without end", "too many files")
@pytest.mark.parametrize("name", TREES)
def test_a_new_card_takes_no_longer_for_a_branch(name: str, project: Path) -> None:
    branch(project, "hostile", TREES[name])
    result = CliRunner().invoke(cli, ["-C", str(project), "new", "--title", "T"])
    assert result.exit_code == 0, result.output
    assert "Created" in result.output
    # Names alone do not show how large the files are.
    assert ("The branch hostile was not read: git" in result.output) == (name != "large files"), result.output


@pytest.mark.parametrize("name", HARMLESS)
def test_unusual_commits_are_compared(name: str, project: Path) -> None:
    branch(project, "other", HARMLESS[name])
    for command in (["review", "other"], ["diff", "other"], ["new", "--title", "T"]):
        result = CliRunner().invoke(cli, ["-C", str(project), *command])
        assert result.exception is None or isinstance(result.exception, SystemExit | CardpipeError), result.output
        assert "not read" not in result.output


def test_many_large_branches_share_one_limit(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "MOST_FILES", 30)
    for number in range(6):
        branch(
            project,
            f"large{number}",
            lambda write, number=number: tree(  # type: ignore[misc] # a default
                write, [(f"EX{number}{index:03}.yaml", write("blob", _CARD)) for index in range(25)]
            ),
        )
    found = git.Git(project).paths_in_branches("source/cards")
    assert len(found.paths) <= 60
    assert len(found.unread) == 4


def test_git_that_does_not_end_is_ended(tmp_path: Path) -> None:
    waiting = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        pytest.raises(git_process.LimitError, match="took more than"),
        git_process.started(waiting, tmp_path, seconds=0.2) as process,
    ):
        process.wait()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the memory of a process is counted differently")
@pytest.mark.parametrize("command", [["new", "--title", "T"], ["review", "hostile"]])
@pytest.mark.parametrize("name", TREES)
def test_a_hostile_commit_takes_little_memory(name: str, command: list[str], project: Path) -> None:
    branch(project, "hostile", TREES[name])
    done, seconds, memory = measured(project, *command)
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if command[0] == "review" else 0), done.stderr
    assert memory < 195
    assert seconds < 25
