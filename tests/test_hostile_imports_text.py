"""Hostile texts for `cardpipe import`: no reader of texts takes long, and none reads what is outside of its folder.

A new attack is a line in PATTERNS (a piece that is repeated in a text of each format), in RECIPES, TABLES or CROWDS.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError, ProjectError, UsageError
from cardpipe.importing.api import ReadOptions, Source
from cardpipe.importing.readers import note_files
from cardpipe.importing.sources import reader_of
from import_sample import CROWD, PNG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cardpipe.importing.api import ImportedDeck

SECONDS = 2.0
"""CPU time of a reader for a text of this size; what is linear takes a tenth of it."""
SIZE = 60_000

BEGINNINGS = {
    "markdown": ("x.md", "# A list\n\n## What?\n\n"),
    "obsidian": ("x.md", "#flashcards\n\n"),
    "hashcards": ("x.md", "Q: a\nA: "),
    "quizlet": ("x.txt", "a\tb\n"),
    "table": ("x.csv", "front,back\na,"),
    "anki-text": ("x.txt", "#separator:tab\n#html:true\na\t"),
}
PATTERNS = {
    "nothing": "\0",
    "open brackets": "[",
    "closed brackets": "]",
    "empty links": "[](",
    "links without ends": "[a](b",
    "pictures without ends": "![a](b ",
    "pictures in links": "[![a](b)](",
    "references": "[a][b] ",
    "definitions": "[a]: b\n",
    "wiki links": "[[a|",
    "wiki pictures": "![[a.png]]",
    "comments": "<!--",
    "ends of comments": "-->",
    "histories": "<!--SR:",
    "details": "<details><summary>",
    "ends of details": "</details>",
    "summaries": "<summary>",
    "tags": "<a ",
    "sources": "<img src='",
    "pictures": "<img src='a.png'>",
    "pictures of Markdown": "![a](a.png)\n",
    "headings": "# a\n",
    "deep headings": "###### a?\n",
    "numbers": "1. # a\n",
    "bold": "**",
    "bold lines": "**a?**\n\n",
    "bold numbers": "**1) a** b\n",
    "emphasis": "*_",
    "fences": "```\n",
    "fences of another length": "````\n```\n",
    "ticks": "`",
    "tildes": "~~~\n",
    "colons": "::",
    "inline cards": "a::b\n",
    "separators": "a\n?\n",
    "marks": "==a",
    "braces": "{{",
    "deletions": "{{c1::",
    "tasks": "- [x] a\n",
    "alerts": "> [!a]\n",
    "quotations": "> ",
    "tops": "[back to top ",
    "spaces": " ",
    "lines": "\n",
    "tabs": "\t",
    "rules": "---\n",
    "front matter": "---\na: b\n",
    "letters": "Q:\n",
    "quotation marks": '"',
    "delimiters": ",",
    "dollars": "$",
    "formulas": "$$a$$ ",
    "ampersands": "&amp",
    "sounds": "[sound:",
    "clozes of hashcards": "C: [a]\n",
    "combining marks": "a\u0301",
    "directions": "\u202e",
    "answers": "**Answer:**\n",
}


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(path: Path, name: str | None = None) -> ImportedDeck:
    source = Source(path)
    with reader_of(source, name).open(source, ReadOptions()) as deck:
        assert sum(1 for _ in deck.notes()) >= 0
        return deck


def imported(path: Path, into: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["import", str(path), "--into", str(into), *options], catch_exceptions=True)


@pytest.mark.quick_cases("markdown-details", "obsidian-colons", "table-quotation marks")
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", BEGINNINGS)
def test_no_text_takes_a_reader_long(name: str, pattern: str, tmp_path: Path) -> None:
    file, beginning = BEGINNINGS[name]
    piece = PATTERNS[pattern]
    path = written(tmp_path / file, (beginning + piece * (SIZE // len(piece))).encode())
    begun = time.process_time()
    with contextlib.suppress(CardpipeError):
        read(path, name)
    assert time.process_time() - begun < SECONDS


@pytest.mark.quick_cases("open brackets")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_question_takes_the_importer_long(pattern: str, tmp_path: Path) -> None:
    piece = PATTERNS[pattern]
    path = written(
        tmp_path / "x.md", ("# A\n\n## What?\n\n" + piece * (20_000 // len(piece)) + "\n\n## Why?\n\nSo.\n").encode()
    )
    begun = time.process_time()
    result = imported(path, tmp_path / "made", "--format", "markdown", "--dry-run")
    assert time.process_time() - begun < 2 * SECONDS
    assert result.exception is None or isinstance(result.exception, CardpipeError | SystemExit)


def bomb(levels: int) -> str:
    return "".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, levels))


NOTES = "- notes_from_csvs: {part_id: a, note_model_mappings: [], file_mappings: "
RECIPES = {
    "aliases of aliases": "a0: &a0 [x]\n" + bomb(12) + "notes_from_csvs: *a11\n",
    "aliases beside each other": "a: &a [x]\nnotes_from_csvs: [" + "*a, " * 2_000 + "]\n",
    "merge keys": "a: &a {x: y}\nnotes_from_csvs: {" + "<<: *a, " * 2_000 + "}\n",
    "depth": "notes_from_csvs: " + "{a: " * 2_000,
    "depth of lists": "notes_from_csvs: " + "[" * 100_000,
    "keys": "notes_from_csvs:\n" + "? " * 10_000,
    "a tag of Python": "notes_from_csvs: !!python/name:os.system\n",
    "an unhashable key": "notes_from_csvs: {[a]: b, {c: d}: e}\n",
    "numbers": "notes_from_csvs: " + "9" * 100_000 + "\n",
    "base 60": "notes_from_csvs: " + "1:" * 20_000 + "1\n",
    "a date": "notes_from_csvs: 9999-99-99\n",
    "a file elsewhere": NOTES + "[{file: ../s.csv, note_model: a}]}\n",
    "an absolute file": NOTES + "[{file: /etc/hosts, note_model: a}]}\n",
    "a folder": NOTES + "[{file: ., note_model: a}]}\n",
    "no file": NOTES + "[{file: '', note_model: a}]}\n",
    "a name with a NUL": NOTES + '[{file: "a\\0.csv", note_model: a}]}\n',
    "no text": "- notes_from_csvs: {part_id: a, file_mappings: [{file: [a], note_model: {}}]}\n",
    "null": "- notes_from_csvs: {part_id: a, file_mappings: [null]}\n",
    "steps without notes": "- generate_crowd_anki: 5\n" + NOTES + "[{file: a.csv, note_model: a}]}\n",
}


@pytest.mark.quick_cases("aliases of aliases", "a file elsewhere")
@pytest.mark.parametrize("name", RECIPES)
def test_a_hostile_recipe_is_refused(name: str, tmp_path: Path) -> None:
    written(tmp_path / "s.csv", b"secret,words\na,b\n")
    path = written(tmp_path / "recipes" / "x.yaml", RECIPES[name].encode())
    begun = time.process_time()
    with pytest.raises(CardpipeError):
        read(path, "brain-brew")
    assert time.process_time() - begun < SECONDS


def test_media_of_a_recipe_are_within_its_folder(tmp_path: Path) -> None:
    written(tmp_path / "out" / "secret.png", PNG)
    deck = tmp_path / "deck"
    written(deck / "a.csv", b"q,r\na,b\n")
    (deck / "flags").mkdir()
    (deck / "flags" / "a.png").symlink_to(tmp_path / "out" / "secret.png")
    (deck / "linked").symlink_to(tmp_path / "out")
    notes = (
        "- notes_from_csvs: {part_id: a, note_model_mappings: [{note_models: [a], columns_to_fields: {q: Q, r: R}}], "
    )
    notes += "file_mappings: [{file: a.csv, note_model: a}]}\n"
    for folder, expected in (("flags", True), ("linked", True), ("../out", False)):
        media = f"- media_group_from_folder: {{part_id: m, source: {folder}, recursive: true}}\n"
        path = written(deck / "x.yaml", (media + notes).encode())
        result = imported(path, tmp_path / f"made {expected} {folder.strip('./')}")
        assert (result.exit_code == 0) is expected
    assert not list(tmp_path.glob("made*/source/media/*"))


def crowd(**changes: object) -> str:
    return json.dumps({**CROWD, **changes})


def nested(depth: int) -> str:
    return '{"name": "a", "notes": [], "children": [' * depth + "]}" * depth


CROWDS = {
    "children in children": nested(2_000),
    "brackets": "[" * 100_000,
    "objects": '{"a":' * 100_000,
    "twice the same key": crowd()[:-1] + ', "notes": 5}',
    "a list": "[]",
    "text": '"a"',
    "numbers": "9" * 100_000,
    "infinity": crowd(notes=float("inf")),
    "a lone surrogate": crowd().replace("Top", "\\ud800"),
    "children of themselves": crowd(children=["a"]),
    "notes of another kind": crowd(notes=[{"guid": 5, "fields": [5], "note_model_uuid": "u1", "tags": 5}]),
    "types without fields": crowd(note_models=[{"crowdanki_uuid": "u1"}]),
    "a NUL": "\0" * 1_000,
    "half": crowd()[:-10],
    "media of another kind": crowd(media_files=[{"a": 1}, None, 5, "..", "", "a/b", "\0", "x" * 10_000]),
    "many media": crowd(media_files=[f"{number}.png" for number in range(100_000)]),
}


@pytest.mark.quick_cases("children in children", "media of another kind")
@pytest.mark.parametrize("name", CROWDS)
def test_a_hostile_folder_of_crowdanki_is_refused_or_harmless(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "x" / "deck.json", CROWDS[name].encode())
    begun = time.process_time()
    result = imported(path.parent, tmp_path / "made")
    assert time.process_time() - begun < SECONDS
    assert result.exit_code == 0 or isinstance(result.exception, CardpipeError), result.exception
    assert (tmp_path / "made").exists() is (result.exit_code == 0)


ENCODINGS = {
    "UTF-16 with a mark": ("\ufefffront,back\nä,b\n".encode("utf-16-le"), True),
    "UTF-16 from the other end": ("\ufefffront,back\nä,b\n".encode("utf-16-be"), True),
    "UTF-8 with a mark": ("\ufefffront,back\nä,b\n".encode(), True),
    "UTF-16 without a mark": ("front,back\nä,b\n".encode("utf-16-le"), False),
    "UTF-32": ("\ufefffront,back\nä,b\n".encode("utf-32-le"), False),
    "Latin-1": ("front,back\nä,b\n".encode("latin-1"), False),
    "half of UTF-16": (b"\xff\xfe\x00", False),
    "NUL": (b"front,back\na\0a,b\n", None),
    "only NUL": (b"\0" * 10_000, False),
}


@pytest.mark.quick_cases("UTF-16 with a mark", "UTF-32")
@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings_are_read_right_or_refused(name: str, tmp_path: Path) -> None:
    data, is_read = ENCODINGS[name]
    result = imported(written(tmp_path / "x.csv", data), tmp_path / "made")
    assert result.exit_code == 0 or isinstance(result.exception, UsageError), result.exception
    if is_read is not None:
        assert (result.exit_code == 0) is is_read
    if result.exit_code == 0:
        assert "\0" not in (tmp_path / "made" / "import-report.md").read_text(encoding="utf-8")
        assert is_read is None or "question: ä" in next(tmp_path.rglob("*0001.yaml")).read_text(encoding="utf-8")


def strange_folder(root: Path) -> Path:
    """Return a folder in which only `a.md` is what it seems to be."""
    folder = root / "notes"
    written(folder / "a.md", b"# Q?\n\n![x](b.png) ![y](../out/s.png) ![z](link/s.png) ![w](pipe.png)\n")
    written(root / "out" / "s.png", PNG)
    written(root / "out" / "secret.md", b"# Secret?\n\nYes.\n")
    (folder / "link").symlink_to(root / "out")
    (folder / "b.png").symlink_to(root / "out" / "s.png")
    (folder / "secret.md").symlink_to(root / "out" / "secret.md")
    (folder / "loop").symlink_to(folder)
    (folder / "self.md").symlink_to("self.md")
    os.mkfifo(folder / "pipe.md")
    os.mkfifo(folder / "pipe.png")
    (folder / "null.md").symlink_to("/dev/zero")
    (folder / "folder.md").mkdir()
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(folder):  # a path of a socket must be short
        server.bind("socket.md")
    for name in (
        b"\xff\xfe.md",
        b"..md",
        b"-rf.md",
        b"a\nb.md",
        "\u202e.md".encode(),
        "ü.md".encode(),
        b" .md",
        b"con.md",
    ):
        written(folder / os.fsdecode(name), b"# Q2?\n\nA.\n")
    return folder


@pytest.mark.parametrize("name", ["markdown", "obsidian", "hashcards", None])
def test_a_strange_folder_is_read_without_leaving_it(name: str | None, tmp_path: Path) -> None:
    folder = strange_folder(tmp_path)
    result = imported(folder, tmp_path / "made", *(["--format", name] if name else []))
    if name in {"markdown", None}:
        assert result.exit_code == 0, result.output
        whole = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "made").rglob("*.*") if path.is_file())
        assert "Secret" not in whole
        assert not (tmp_path / "made" / "source" / "media").exists()
    else:
        assert isinstance(result.exception, UsageError)


@pytest.mark.slow
def test_a_folder_with_very_many_files_is_refused_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(30_000):
        (folder / f"{number}.md").touch()
    begun = time.process_time()
    with pytest.raises(UsageError, match="more than"):
        read(folder)
    assert time.process_time() - begun < 2 * SECONDS
    monkeypatch.setattr(note_files, "_MOST_ENTRIES", 10_000)
    with pytest.raises(UsageError, match="more than"):
        read(folder)


def test_a_deep_folder_ends(tmp_path: Path) -> None:
    deep = tmp_path / "notes"
    for _ in range(100):
        deep /= "d"
    written(deep / "x.md", b"# Q?\n\nA.\n")
    with pytest.raises(UsageError):
        read(tmp_path / "notes")


@pytest.mark.slow
def test_a_single_note_in_a_large_folder_does_not_search_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(note_files, "_MOST_ENTRIES", 100)
    for number in range(200):
        (tmp_path / f"{number}.txt").touch()
    path = written(tmp_path / "x.md", b"# Q?\n\n![a](a.png) and ![b](missing.png)\n")
    written(tmp_path / "a.png", PNG)
    assert list(read(path, "markdown").media) == ["a.png"]


NAMES = [
    "..",
    "../../x",
    "/etc/passwd",
    "con",
    "a\nb",
    "\u202eabc",
    "日本語",
    "العربية",
    "ก" * 300,
    "{{c1::a}}",
    "$(id)",
    "-rf",
    ": x",
    "'\"",
    "@",
    "#a",
    "a::b::c" * 50,
]


@pytest.mark.quick_cases("0")
@pytest.mark.parametrize("number", range(len(NAMES)), ids=str)
def test_names_from_texts_stay_within_the_target(number: int, tmp_path: Path) -> None:
    name = NAMES[number].replace("\n", " ")
    row = f"{name},a,b,{name},{name}\n" if '"' not in name else "a,a,b,a,a\n"
    path = written(tmp_path / "in" / "x.csv", f"guid,front,back,deck,tags\n{row}".encode())
    before = set(tmp_path.rglob("*"))
    result = imported(path, tmp_path / "made")
    assert result.exit_code == 0, result.output
    assert all(entry.is_relative_to(tmp_path / "made") for entry in tmp_path.rglob("*") if entry not in before)
    assert CliRunner().invoke(cli, ["-C", str(tmp_path / "made"), "lint", "-q"]).exit_code in {0, 1}


# --- Targets ----------------------------------------------------------------------------------------------------------


def state(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}


def with_deck(target: Path) -> None:
    written(target / "source" / "deck.yaml", b"a")


def with_report(target: Path) -> None:
    written(target / "import-report.md", b"a")


def with_file(target: Path) -> None:
    written(target, b"a")


def with_dangling_link(target: Path) -> None:
    target.symlink_to(target.parent / "nowhere")


def with_linked_source(target: Path) -> None:
    target.mkdir()
    (target / "source").symlink_to(target.parent)


def below_file(target: Path) -> None:
    written(target.parent / "f", b"a")
    target.symlink_to(target.parent / "f" / "x")


TARGETS: list[Callable[[Path], None]] = [
    with_deck,
    with_report,
    with_file,
    with_dangling_link,
    with_linked_source,
    below_file,
]


@pytest.mark.parametrize("prepare", TARGETS, ids=lambda prepare: prepare.__name__)
def test_a_target_in_use_is_left_alone(prepare: Callable[[Path], None], tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", b"front,back\na,b\n")
    prepare(tmp_path / "made")
    before = state(tmp_path)
    result = imported(path, tmp_path / "made")
    assert isinstance(result.exception, ProjectError), result.exception
    assert state(tmp_path) == before


def test_a_folder_with_other_files_keeps_them(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", b"front,back\na,b\n")
    written(tmp_path / "made" / "README.md", b"mine")
    assert imported(path, tmp_path / "made").exit_code == 0
    assert (tmp_path / "made" / "README.md").read_bytes() == b"mine"
    assert (tmp_path / "made" / "source" / "deck.yaml").exists()


SCRIPT = """
import os, resource, sys
from cardpipe.cli.main import main
if len(sys.argv) > 3:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.argv = ["cardpipe", "import", sys.argv[1], "--into", sys.argv[2]]
main()
"""


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", b"front,back\n" + b"a,b\n" * 300)
    made = tmp_path / "deep" / "made"
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), str(made), "4000"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    assert not made.parent.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "share"),
    [
        (signal.SIGKILL, 0.5),
        (signal.SIGKILL, 0.8),
        (signal.SIGKILL, 0.95),
        (signal.SIGTERM, 0.8),
        (signal.SIGINT, 0.8),
    ],
)
def test_a_killed_import_leaves_no_half_of_a_deck(number: signal.Signals, share: float, tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", b"front,back\n" + b"".join(b"a%d,<b>b</b>\n" % one for one in range(200)))
    command = [sys.executable, "-c", SCRIPT, str(path), str(tmp_path / "made")]
    begun = time.monotonic()
    subprocess.run([*command[:-1], str(tmp_path / "whole")], check=True, capture_output=True)
    whole = time.monotonic() - begun
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(whole * share)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    count = len(list((tmp_path / "whole").rglob("*.yaml")))
    if (tmp_path / "made").exists():
        assert len(list((tmp_path / "made").rglob("*.yaml"))) == count
    elif number is not signal.SIGKILL:
        assert not list(tmp_path.glob(".cardpipe-import-*"))
    # The next import cleans up what a killed one has left.
    assert imported(path, tmp_path / "again").exit_code == 0
    assert not list(tmp_path.glob(".cardpipe-import-*"))
