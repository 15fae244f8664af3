"""Hostile files of a pull request: nothing outside of the project is read, written or deleted."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cardpipe.build.publish import MANIFEST, publish, write_file
from cardpipe.cache import signing
from cardpipe.cache.store import Cache
from cardpipe.errors import PluginError, ProjectError, PublishError
from cardpipe.files.reading import LinkError, NotRegularError, open_named, read_below, read_whole
from cardpipe.writers.api import Artefact, file_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows, and there are no FIFOs")

DECK = """\
uid: 7e4e631f-5be9-4023-a07e-de1296e0ae1a
slug: sample
name: Sample
language: en
authors: [A. Author]
licence: CC-BY-4.0
description: Cards to learn from.
tags:
  example: Cards that show something
subdecks:
  EX: Examples
formats:
  csv:
"""
SECRET = "what the user keeps"  # noqa: S105 - no password


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    """A deck of one card that is made in no time, beside a folder that is no part of it."""
    root = tmp_path / "deck"
    for folder in ("cards", "media", "figures"):
        (root / "source" / folder).mkdir(parents=True)
    (root / "source/deck.yaml").write_text(DECK, encoding="utf-8")
    card = 'id: EX0001\ntitle: Sum\nquestion: What is 1 + 1?\nanswer: "2"\n'
    (root / "source/cards/EX0001.yaml").write_text(card, encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text(SECRET)
    return root


OBSTACLES: dict[str, Callable[[Path, Path], object]] = {
    "a link to a file": lambda place, outside: place.symlink_to(outside / "file"),
    "a link to a folder": lambda place, outside: place.symlink_to(outside),
    "a link to nothing": lambda place, outside: place.symlink_to(outside / "nothing"),
    "a link to itself": lambda place, _: place.symlink_to(place),
    "an endless device": lambda place, _: place.symlink_to("/dev/zero"),
    "a FIFO": lambda place, _: os.mkfifo(place),
    "a folder": lambda place, _: place.mkdir(),
    "a socket": lambda place, _: bind(place),
}
READ = [
    "source/deck.yaml",
    "source/cards/EX0001.yaml",
    "source/cards/EX0002.yaml",
    "source/media/a.png",
    "source/figures/a.py",
    "source/release.lock",
    "source/lint-baseline.json",
    "output/.cardpipe-manifest.json",
    "output/.cardpipe-lock",
    "output/sample.csv",
    ".cardpipe",
    ".cardpipe/.gitignore",
    ".cardpipe/cache.sqlite3",
    ".cardpipe/cache.sqlite3-journal",
    ".cardpipe/cache.sqlite3-wal",
    "source/cards",
    "source/media",
    "source/figures",
    "source",
    "output",
]
"""Whatever a run reads or writes in a project; a line more tests another."""


def bind(place: Path) -> None:
    # A socket's path may have 107 bytes only.
    with contextlib.chdir(place.parent), socket.socket(socket.AF_UNIX) as one:
        one.bind(place.name)


def limited(root: Path, *args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command with little memory and time, so that what is endless is noticed."""
    return subprocess.run(
        ["bash", "-c", 'ulimit -v 3000000 -t 20; exec "$@"', "bash", sys.executable, "-m", "cardpipe", *map(str, args)],
        cwd=root.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.quick_cases(every=5)
@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_no_obstacle_in_the_project_leads_outside_or_hangs(
    deck: Path, path: str, obstacle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(deck)
    place = deck / path
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    OBSTACLES[obstacle](place, deck.parent / "outside")
    done = in_process(deck)
    assert done in {0, 1, 2}
    assert contents(deck.parent / "outside") == {"file": SECRET}
    if path.startswith("output") and "link" in obstacle:
        assert done == 2
    written = deck / "output/sample.csv"
    if written.is_file() and not written.is_symlink() and not written.parent.is_symlink():
        assert SECRET not in written.read_text()


def in_process(deck: Path) -> int:
    """Lint and export without the cost of a process; every failure must be one of ours."""
    from cardpipe.build.pipeline import export
    from cardpipe.model.selection import Request

    try:
        result = export(deck, deck / "output", Request(formats=("csv",)), lambda *_: None)
    except ProjectError:
        return 2
    except PublishError:
        return 2
    return 1 if result.checked.errors else 0


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("path", ["source/lint-baseline.json", "source/deck.yaml", "output/.cardpipe-manifest.json"])
@pytest.mark.parametrize("command", ["lint", "export", "fmt"])
def test_an_endless_device_ends_no_command(deck: Path, path: str, command: str) -> None:
    place = deck / path
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to("/dev/zero")
    done = limited(deck, "-C", deck, command)
    assert "internal error" not in done.stderr
    assert "MemoryError" not in done.stderr
    touches = (command, path.partition("/")[0]) not in {("lint", "output"), ("fmt", "output")} and not (
        command == "fmt" and "baseline" in path
    )
    assert (done.returncode != 0) == touches, done.stderr


def test_a_baseline_that_is_a_link_is_named(deck: Path, run: Run) -> None:
    (deck / "source/lint-baseline.json").symlink_to(deck.parent / "outside/file")
    done = run("-C", deck, "lint")
    assert done.returncode == 2
    assert "lint-baseline.json is a link" in done.stderr
    assert SECRET not in done.stderr


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"version":1,"findings":{"a":{"b":1e999}}}', '{"version":[],"findings":{}}', "[" * 100_000]
)
def test_a_broken_baseline_is_one_clear_message(deck: Path, text: str) -> None:
    from cardpipe.lint.baseline import read_baseline

    (deck / "source/lint-baseline.json").write_text(text)
    with pytest.raises(ProjectError, match="baseline"):
        read_baseline(deck)


def test_the_reader_stops_at_its_limit(deck: Path) -> None:
    (deck / "large").write_bytes(bytes(3_000_000))
    assert len(read_below(deck, "large", 1000)) == 1001
    with pytest.raises(ProjectError, match="larger than 1 MiB"):
        read_whole(deck, "large", 1024 * 1024)


def test_the_reader_follows_no_folder_on_the_way(deck: Path) -> None:
    (deck / "inner").symlink_to(deck.parent / "outside")
    with pytest.raises(LinkError, match="inner"):
        read_below(deck, "inner/file", 100)
    assert read_below(deck.parent, "outside/file", 100) == SECRET.encode()


def test_a_named_file_may_be_a_link_only_outside_of_a_project(deck: Path) -> None:
    (deck.parent / "mine").symlink_to(deck.parent / "outside/file")
    with open_named(deck.parent / "mine") as file:
        assert file.read() == SECRET.encode()
    (deck / "theirs").symlink_to(deck.parent / "outside/file")
    with pytest.raises(LinkError):
        open_named(deck / "theirs")
    os.mkfifo(deck / "pipe")
    with pytest.raises(NotRegularError):
        open_named(deck / "pipe")


# Reading outside of the guarded reader

READERS = {
    "authoring/source_change.py": "a file of a staging folder of our own",
    "assets/svg/names.py": "the package's own table of names",
    "cli/docs.py": "a tool of this repository's own, for its own documents",
    "cli/forge_files.py": "the package's own files for code hosts",
    "cli/init.py": "the package's own scaffold",
    "figures/declared.py": "the package's own examples",
    "figures/landlock.py": "opens folders for the sandbox, and reads nothing",
    "figures/namespaces.py": "the kernel's files for the user of a namespace",
    "figures/reference.py": "the package's own manual",
    "figures/runner.py": "a child's standard input, which our own process writes",
    "figures/seccomp.py": "the package's own table of system calls",
    "figures/sandbox.py": "files of a temporary folder of our own",
    "cli/streams.py": "the standard streams",
    "cache/installed.py": "installed packages",
    "feedback/package.py": "the reader of packages, which uses the guarded one",
    "forge/api.py": "an answer of a code host",
    "forge/github.py": "an archive in memory",
    "cli/import_.py": "writes into a staging folder of our own",
    "importing/adoption.py": "writes into a staging folder of our own",
    "importing/history.py": "writes into a staging folder of our own",
    "importing/partial_projects.py": "reads and writes a staging folder of our own",
    "importing/media_store.py": "writes into a staging folder of our own",
    "importing/records.py": "writes into a staging folder of our own",
    "importing/project.py": "writes into a staging folder of our own",
    "importing/staging.py": "a staging folder of our own",
    "importing/readers/anki/container.py": "members of an archive that the guarded reader opened, into such a folder",
    "importing/readers/anki/__init__.py": "an archive that the guarded reader opened",
    "importing/readers/brainbrew.py": "YAML in memory",
    "importing/sources.py": "readers, which use the guarded one",
    "mathjax/engine.py": "the package's and MathJax's own files",
    "mathjax/fonts.py": "fonts of installed packages",
    "cache/store.py": "SQLite opens its file itself, after the guarded reader has looked at it",
    "files/archives.py": "an archive in memory or that the guarded reader opened",
    "files/reading.py": "the guarded reader",
    "files/untrusted_database.py": "a copy in a temporary folder of our own, opened with limits",
    "build/publish.py": "writes new files, to names that are refused where anything is there",
    "plugins/extras.py": "pip's record of this installation",
    "progress/schedule.py": "the package's own script",
    "release/revision.py": "files of a temporary folder of our own",
    "cache/signing.py": "the user's own key, outside of every project",
    "build/swap.py": "writes into a staging folder of our own",
    "serve/documents.py": "the package's own script and style",
    "source/kinds/__init__.py": "the package's own declarations",
    "text/translation.py": "the package's own catalogues",
    "source/reference.py": "the package's own manual",
    "testing/deck.py": "the package's own sample",
    "testing/readers.py": "readers, which use the guarded one",
    "testing/processes.py": "files of a temporary folder of our own",
    "verify/anki_collection.py": "a collection in a temporary folder of our own, which Anki opens",
    "verify/package_check.py": "members of an archive that the guarded reader opened",
    "verify/verification.py": "the same collection again",
    "writers/anki/container.py": "a database and archives in memory, and members of one that the guarded reader opened",
    "writers/anki/note_type.py": "the package's own templates",
    "writers/anki/package.py": "a database and an archive in memory",
    "writers/page/document.py": "the package's own style",
    "writers/pdf/engines/browser.py": "files of a temporary folder of our own",
    "writers/pdf/composing/missing.py": "a stream of a PDF in memory",
    "writers/pdf/composing/fonts.py": "fonts of installed packages",
    "writers/pdf/composing/style.py": "the package's own style",
    "writers/pdf/composing/text_layer.py": "a stream of a PDF in memory",
    "writers/site/content_names.py": "the package's own scripts and styles",
    "writers/site/fonts.py": "licences of installed packages",
    "writers/site/offline.py": "the package's own script",
}
"""Modules that open files in another way than by the guarded reader, with the reason."""
OPENING = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "connect", "ZipFile", "copy2", "copyfile"}
MEMORY = {"pikepdf", "Image"}
"""Names whose `open` is handed bytes in memory."""


def test_nothing_else_opens_files() -> None:
    source = Path(__file__).parent.parent / "src/cardpipe"
    found = {}
    for path in sorted(source.rglob("*.py")):
        lines = [node.lineno for node in calls(ast.parse(path.read_text("utf-8"))) if opens(node)]
        if lines:
            found[path.relative_to(source).as_posix()] = lines
    assert {name: lines for name, lines in found.items() if name not in READERS} == {}
    assert sorted(READERS.keys() - found.keys()) == []


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def opens(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id == "open"
    if not isinstance(node.func, ast.Attribute):
        return False
    owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    if node.func.attr == "load":
        return owner in {"json", "tomllib", "pickle", "yaml"}
    if node.func.attr == "open" and owner in MEMORY:
        first = node.args[0]
        return isinstance(first, ast.Name) and first.id == "path"
    # A stream of a PDF has `read_bytes` too.
    return node.func.attr in OPENING and not (node.func.attr == "read_bytes" and owner in {"stream", "function"})


# Writing


@pytest.mark.quick_cases("output-given0", "output/below-given0")
@pytest.mark.parametrize("given", [[], ["--output", "output"], ["--output", "output/below"]])
@pytest.mark.parametrize("above", ["output", "output/below"])
def test_nothing_is_written_through_a_link_of_the_project(deck: Path, run: Run, given: list[str], above: str) -> None:
    if above == "output/below":
        if given != ["--output", "output/below"]:
            return
        (deck / "output").mkdir()
    (deck / above).symlink_to(deck.parent / "outside")
    done = run("export", *given, cwd=deck)
    assert done.returncode == 2
    assert "symbolic link" in done.stderr
    assert contents(deck.parent / "outside") == {"file": SECRET}


def test_a_link_of_the_users_own_outside_is_followed(deck: Path, run: Run) -> None:
    (deck.parent / "mine").symlink_to(deck.parent / "outside")
    assert run("-C", deck, "export", "--output", deck.parent / "mine").returncode == 0
    assert (deck.parent / "outside/sample.csv").is_file()


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize(
    "args",
    [
        ("lint", "--output-format", "sarif", "--output-file"),
        ("schema", "--output"),
    ],
)
@pytest.mark.parametrize("name", ["a.svg", "inner/a.svg"])
def test_no_command_writes_through_a_link(deck: Path, run: Run, args: tuple[str, ...], name: str) -> None:
    if name.startswith("inner"):
        (deck / "inner").symlink_to(deck.parent / "outside")
    else:
        (deck / name).symlink_to(deck.parent / "outside/file")
    done = run(*args, name, cwd=deck)
    assert (done.returncode, done.stdout) == (2, "")
    assert "link" in done.stderr
    assert contents(deck.parent / "outside") == {"file": SECRET}


def test_a_device_is_not_replaced(deck: Path) -> None:
    os.mkfifo(deck / "pipe")
    with pytest.raises(PublishError, match="not a regular file"):
        write_file(deck / "pipe", b"x")


def test_a_project_within_hides_no_link_above_it(deck: Path) -> None:
    (deck.parent / "outside/source").mkdir()
    (deck.parent / "outside/source/deck.yaml").write_text(DECK)
    (deck / "inner").symlink_to(deck.parent / "outside")
    with pytest.raises(PublishError, match="symbolic link"):
        write_file(deck / "inner/source/new.yaml", b"x")


@pytest.mark.parametrize("place", ["README.md", ".github", ".gitignore", "source"])
def test_a_new_project_is_not_written_through_links(tmp_path: Path, run: Run, place: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / place).symlink_to(tmp_path / "outside" / "target")
    run("init", tmp_path / "new")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    "path",
    ["con", "NUL.csv", "a/com1.md", "aux.tar.gz", "a.", "a ", "a/b.", "a:b", "a?b", "a*b", 'a"b', "a\nb", "a<b", "a|b"],
)
def test_a_name_that_some_system_cannot_have_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(PluginError, match="cannot be written safely"):
        publish({"x": [Artefact(path, b"")]}, tmp_path)


def test_two_forms_of_one_name_are_one_file(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="both write"):
        publish({"x": [Artefact("\u00e9.csv", b""), Artefact("e\u0301.csv", b"")]}, tmp_path)


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("slug", ["con", "nul", "com1", "lpt9"])
def test_a_slug_that_windows_reserves_is_a_finding(deck: Path, run: Run, slug: str) -> None:
    (deck / "source/deck.yaml").write_text(DECK.replace("slug: sample", f"slug: {slug}"))
    done = run("-C", deck, "lint")
    assert done.returncode == 1
    assert "deck.yaml:2:7" in done.stdout


# The manifest


MANIFESTS = [
    {"version": 1, "formats": {"x": ["mine.txt"]}},
    {"version": 2, "formats": {"x": {"mine.txt": file_digest(b"mine")}}},
    {"version": 2, "formats": {"x": {"mine.txt": file_digest(b"mine")}}, "signature": None},
    {"version": 2, "formats": {"x": {"mine.txt": file_digest(b"mine")}}, "signature": "0" * 64},
    {"version": 2, "formats": {"x": {"../mine.txt": file_digest(b"mine")}}, "signature": ""},
]


@pytest.mark.parametrize("manifest", MANIFESTS)
@pytest.mark.parametrize("key", [True, False])
def test_a_manifest_of_somebody_else_deletes_nothing(
    tmp_path: Path, manifest: object, key: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not key:
        monkeypatch.setattr(signing, "signing_key", lambda: None)
    (tmp_path / "mine.txt").write_bytes(b"mine")
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    publish({"x": [Artefact("a", b"")]}, tmp_path)
    assert (tmp_path / "mine.txt").read_bytes() == b"mine"


def test_a_file_that_somebody_has_changed_since_stays(tmp_path: Path) -> None:
    publish({"x": [Artefact("a", b"1"), Artefact("b", b"1")]}, tmp_path)
    (tmp_path / "a").write_bytes(b"my own words")
    publish({"x": [Artefact("c", b"1")]}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == ["a", "c"]


def test_a_leftover_that_has_become_a_link_is_refused(tmp_path: Path) -> None:
    publish({"x": [Artefact("a", b"1")]}, tmp_path / "out")
    (tmp_path / "victim").write_bytes(b"1")
    (tmp_path / "out/a").unlink()
    (tmp_path / "out/a").symlink_to(tmp_path / "victim")
    with pytest.raises(PublishError, match="symbolic link"):
        publish({"x": [Artefact("c", b"1")]}, tmp_path / "out")
    assert (tmp_path / "victim").read_bytes() == b"1"


# A kill in the swap

KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from cardpipe.build.publish import publish
    from cardpipe.writers.api import Artefact
    replace, left = Path.replace, [int(sys.argv[2])]
    def killing(self, target):
        if self.name.startswith("new-") or "stale-" in str(target):
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
        return replace(self, target)
    Path.replace = killing
    publish({"x": [Artefact(name, b"new") for name in "abc"], "y": [Artefact("d/e", b"new")]}, Path(sys.argv[1]))
    """
)


@pytest.mark.parametrize("renames", range(7))
def test_the_next_export_completes_a_killed_swap(tmp_path: Path, renames: int) -> None:
    publish({"x": [Artefact(name, b"old") for name in "abz"], "y": [Artefact("d/e", b"old")]}, tmp_path)
    (tmp_path / "mine").write_bytes(b"mine")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(renames)], check=False)
    assert killed.returncode == (-9 if renames < 6 else 0)
    assert all(path.read_bytes() in {b"old", b"new"} for path in tmp_path.glob("[a-c]"))
    # Another format than those of the killed export, which nothing else would bring up to date.
    publish({"other": [Artefact("o", b"o")]}, tmp_path)
    found = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    new = {**dict.fromkeys(("a", "b", "c", "d/e"), b"new"), "mine": b"mine", "o": b"o"}
    assert {name: data for name, data in found.items() if not name.startswith(".cardpipe-")} == new
    assert not list(tmp_path.glob(".cardpipe-staging-*"))


def test_a_plan_of_somebody_else_is_not_carried_out(tmp_path: Path) -> None:
    staging = tmp_path / ".cardpipe-staging-x"
    staging.mkdir()
    (tmp_path / "mine").write_bytes(b"mine")
    (staging / "new-0").write_bytes(b"theirs")
    plan = {"files": [["mine", file_digest(b"theirs")]], "stale": {"mine": file_digest(b"mine")}, "signature": "0" * 64}
    (staging / "plan.json").write_text(json.dumps(plan))
    publish({"x": [Artefact("a", b"")]}, tmp_path)
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert not staging.exists()


# The cache

ROWS = [
    "UPDATE entries SET day = 'x'",
    "UPDATE entries SET day = NULL",
    "UPDATE entries SET day = 1e300",
    "UPDATE entries SET day = -9223372036854775808",
    "UPDATE entries SET day = 9223372036854775807",
    "UPDATE entries SET day = x'00'",
    "UPDATE entries SET value = 'text'",
    "UPDATE entries SET value = NULL",
    "UPDATE entries SET value = 7, digest = 7",
    "UPDATE entries SET digest = NULL",
    "INSERT INTO entries VALUES (7, 7, 7, 7)",
    "INSERT INTO entries VALUES (x'ff00', x'00', x'00', 7)",
    "INSERT INTO entries VALUES (CAST(x'ff3aff' AS TEXT), x'00', x'00', 7)",
    "INSERT INTO entries VALUES (char(27) || '[31m:x', x'00', x'00', 7)",
    "INSERT INTO entries VALUES ('', x'00', x'00', 7)",
    "DELETE FROM entries",
    "DROP TABLE entries",
    "PRAGMA journal_mode = WAL",
    "PRAGMA user_version = 5",
    "CREATE TRIGGER t AFTER UPDATE ON entries BEGIN DELETE FROM entries; END",
    "CREATE VIEW v AS SELECT * FROM entries",
]


@pytest.mark.parametrize("statement", ROWS)
def test_a_foreign_cache_disturbs_nothing(tmp_path: Path, statement: str) -> None:
    folder = tmp_path / ".cardpipe"
    key = Cache.key("figure", "1")
    with Cache(folder) as cache:
        cache.put(key, b"kept")
    connection = sqlite3.connect(folder / "cache.sqlite3")
    connection.execute(statement)
    connection.commit()
    connection.close()
    with Cache(folder) as cache:
        assert all(re.fullmatch("[a-z-]+", kind.name) and kind.age >= 0 for kind in cache.contents())
        assert cache.get(key) in {None, b"kept"}
        sound, _ = cache.verify()
        assert sound <= 1
        assert cache.verify()[1] == 0
        cache.prune(unused_days=1)
        cache.prune(largest=0)
        cache.put(key, b"again")
    with Cache(folder) as cache:
        assert cache.get(key) in {None, b"again"}


def test_a_cache_with_a_row_of_another_type_is_reported(deck: Path, run: Run) -> None:
    assert run("-C", deck, "export").returncode == 0
    connection = sqlite3.connect(deck / ".cardpipe/cache.sqlite3")
    connection.execute("UPDATE entries SET day = 'x'")
    connection.commit()
    connection.close()
    for action in ("info", "clear"):
        done = run("-C", deck, "cache", action)
        assert done.stderr == ""
        assert done.returncode in {0, 1}


def journal_naming(victim: Path, pages: int) -> bytes:
    """A rollback journal that names a further one, which SQLite deletes once it has rolled back."""
    name = os.fsencode(victim)
    head = bytes.fromhex("d9d505f920a163d7") + (0).to_bytes(4, "big") + bytes(4) + pages.to_bytes(4, "big")
    head += (512).to_bytes(4, "big") + (4096).to_bytes(4, "big")
    page = (0x40000000 // 4096 + 1).to_bytes(4, "big")  # of the lock, which no journal holds
    total = sum(name) & 0xFFFFFFFF
    tail = page + name + len(name).to_bytes(4, "big") + total.to_bytes(4, "big") + bytes.fromhex("d9d505f920a163d7")
    return head.ljust(512, b"\0") + tail


def test_a_journal_that_came_along_deletes_nothing(tmp_path: Path) -> None:
    folder, victim = tmp_path / ".cardpipe", tmp_path / "victim"
    with Cache(folder) as cache:
        cache.put(Cache.key("figure", "1"), b"kept")
    victim.write_bytes(b"precious")
    (folder / "cache.sqlite3-journal").write_bytes(
        journal_naming(victim, (folder / "cache.sqlite3").stat().st_size // 4096)
    )
    copy = shutil.copytree(folder, tmp_path / "copy")
    with Cache(folder) as cache:
        cache.contents()
        cache.put(Cache.key("figure", "2"), b"kept")
    assert victim.read_bytes() == b"precious"
    connection = sqlite3.connect(copy / "cache.sqlite3")
    connection.execute("SELECT count(*) FROM entries").fetchall()
    connection.close()
    assert not victim.exists(), "without a guard SQLite does it, or this test would show nothing"


# Odd surroundings


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize(
    "args",
    [
        ("lint", "x" * 5000),
        ("lint", "loop"),
        ("lint", "source/cards/EX0001.yaml/x"),
        ("diff", "x" * 5000 + ".lock"),
        ("diff", "loop.lock"),
        ("diff", "source.lock"),
        ("verify", "loop"),
        ("verify", "source"),
        ("verify", "x" * 5000),
        ("-C", "loop", "list"),
        ("-C", "x" * 5000, "list"),
        ("export", "--output", "x" * 300),
        ("export", "--output", "source/deck.yaml"),
        ("export", "--output", "loop/x"),
        ("schema", "--output", "x" * 250 + ".json"),
        ("schema", "--output", "x" * 300),
        ("schema", "--output", "loop"),
        ("schema", "--output", "/dev/null/x"),
        ("init", "x" * 300),
        ("init", "loop"),
        ("init", "source/deck.yaml"),
    ],
    ids=lambda args: " ".join(args)[:40],
)
def test_an_odd_path_is_one_clear_message(deck: Path, run: Run, args: tuple[str, ...]) -> None:
    (deck / "loop").symlink_to("loop")
    (deck / "loop.lock").symlink_to("loop.lock")
    (deck / "source.lock").mkdir()
    done = run(*args, cwd=deck)
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode in ({0, 2} if args[0] == "schema" else {2}), done.stderr


@pytest.mark.parametrize("command", ["lint", "export", "init", "schema"])
def test_a_working_folder_that_is_gone_is_one_clear_message(tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    args = [command, "x"] if command == "init" else [command]
    done = subprocess.run(
        ["bash", "-c", 'rmdir ../gone; exec "$@"', "bash", sys.executable, "-P", "-m", "cardpipe", *args],
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 2}


def test_a_run_without_home_and_temporary_folder_works(deck: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cardpipe", "export"],
        cwd=deck,
        env={"PATH": os.environ["PATH"], "TMPDIR": "/no/such/folder"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_while_the_manifest_is_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish({"x": [Artefact("a", b"old")]}, tmp_path)
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if b'"formats"' in data or b'"stale"' in data:
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PublishError, match="No space left"):
        publish({"x": [Artefact("a", b"new")]}, tmp_path)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert not list(tmp_path.glob(".cardpipe-staging-*"))


def test_reading_ten_thousand_files_costs_little(deck: Path) -> None:
    path = "source/cards/EX0001.yaml"
    started = time.process_time()
    for _ in range(2000):
        read_below(deck, path, 1_000_000)
    guarded = time.process_time() - started
    started = time.process_time()
    for _ in range(2000):
        (deck / path).read_bytes()
    assert guarded < 5 * (time.process_time() - started)
