"""Hostile files for `cardpipe import`: each ends soon, in little memory, with one clear message, and writes nothing.

A new attack is a line in PACKAGES (what is refused), HARMLESS (what is imported, but must do no harm), FIELDS or NAMES.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cardpipe.cache.store import Cache
from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError, UsageError
from cardpipe.importing.readers.anki import container
from cardpipe.lint.project import lint_project
from cardpipe.model.card_ids import is_reserved
from cardpipe.model.diagnostics import Severity
from import_sample import (
    BASIC,
    CLOZE,
    CROWD,
    PNG,
    Note,
    collection,
    compressed,
    decompressed,
    field,
    package,
    packed,
    unpacked,
    varint,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTES = [Note(BASIC, ("a", "b")), Note(CLOZE, ("{{c1::a}}", ""))]
OLD = unpacked(package(NOTES, {"a.png": PNG}, form="legacy1"))
NEW = unpacked(package(NOTES, {"a.png": PNG}, form="latest"))
SOON = 5.0
"""Seconds of CPU for what takes at most one."""
MEBIBYTE = 1024**2


def old(**entries: bytes) -> bytes:
    return packed({**OLD, **{name.replace("_", "."): data for name, data in entries.items()}})


def changed(*statements: str, is_new: bool = False) -> bytes:
    """A package whose database was changed at the end."""
    if is_new:
        return packed({**NEW, "collection.anki21b": compressed(collection(NOTES, is_new=True, also=statements))})
    return packed({**OLD, "collection.anki2": collection(NOTES, also=statements)})


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id"
PACKAGES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "words": lambda: b"not a package " * 1000,
    "an empty archive": lambda: packed({}),
    "an archive cut short": lambda: packed(OLD)[:-300],
    "no collection": lambda: packed({"media": b"{}"}),
    "an empty collection": lambda: old(collection_anki2=b""),
    "zeros": lambda: old(collection_anki2=b"\0" * 40 * MEBIBYTE),
    "noise": lambda: old(collection_anki2=b"\x5a" * 100_000),
    "a collection cut short": lambda: old(collection_anki2=OLD["collection.anki2"][:5000]),
    "damaged pages": lambda: old(
        collection_anki2=OLD["collection.anki2"][:4200] + bytes(one ^ 85 for one in OLD["collection.anki2"][4200:])
    ),
    "zstd cut short": lambda: packed({**NEW, "collection.anki21b": NEW["collection.anki21b"][:-50]}),
    "zstd of noise": lambda: packed({**NEW, "collection.anki21b": b"\x28\xb5\x2f\xfd" + b"\x55" * 1000}),
    "zstd of zeros": lambda: packed({**NEW, "collection.anki21b": compressed(b"\0" * 100 * MEBIBYTE)}),
    "a huge window": lambda: packed({**NEW, "collection.anki21b": b"\x28\xb5\x2f\xfd\x00\xff" + b"\1\0\0" * 50}),
    "a form of the future": lambda: packed({**NEW, "meta": b"\x08\x09"}),
    "meta of noise": lambda: packed({**NEW, "meta": b"\xff" * 500}),
    "meta like a bomb": lambda: packed({**NEW, "meta": b"\0" * 5 * MEBIBYTE}),
    "media of noise": lambda: packed({**NEW, "media": compressed(b"\xff" * 500)}),
    "media like a bomb": lambda: packed({**NEW, "media": compressed(field(1, b"\0" * 40 * MEBIBYTE))}),
    "media that are deep": lambda: old(media=b"[" * 200_000),
    "media in a list": lambda: old(media=b"[]"),
    "media of numbers": lambda: old(media=b'{"0": 1}'),
    "no notes": lambda: changed("DELETE FROM notes"),
    "no table of notes": lambda: changed("DROP TABLE notes"),
    "no table of cards": lambda: changed("DROP TABLE cards"),
    "no note types": lambda: changed("UPDATE col SET models = '{}'"),
    "deep note types": lambda: changed("UPDATE col SET models = printf('%.*c', 100000, '[')"),
    "note types in a list": lambda: changed("UPDATE col SET models = '[]'"),
    "a note type without fields": lambda: changed("UPDATE col SET models = json_replace(models, '$.1001.flds', 1)"),
    "no row of decks": lambda: changed("DELETE FROM col"),
    "a view without end": lambda: changed(
        "ALTER TABLE notes RENAME TO other",
        f"CREATE VIEW notes AS {ENDLESS}, 'g' AS guid, 1001 AS mid, 1 AS mod, '' AS tags, 'a' AS flds FROM n",
    ),
    "a virtual table": lambda: changed("DROP TABLE notes", "CREATE VIRTUAL TABLE notes USING fts5(guid, mid, flds)"),
    "columns that are computed": lambda: changed(
        "ALTER TABLE notes RENAME TO other",
        "CREATE TABLE notes (id integer primary key, guid text, mid integer, mod integer, tags text, "
        "flds text GENERATED ALWAYS AS (hex(zeroblob(50000000))))",
        "INSERT INTO notes (id, guid, mid, mod, tags) SELECT id, guid, mid, mod, tags FROM other",
    ),
    "bytes for texts": lambda: changed("UPDATE notes SET flds = x'ff41ff'"),
    "no UTF-8": lambda: changed("UPDATE notes SET flds = CAST(x'ff41ff' AS TEXT)"),
    "words for numbers": lambda: changed("UPDATE notes SET mid = 'x'"),
    "a field of 100 MB": lambda: changed("UPDATE notes SET flds = printf('%.*c', 100000000, 'a')"),
    "a field of 20 MB": lambda: changed("UPDATE notes SET flds = printf('%.*c', 20000000, 'a')"),
    "protobuf of noise": lambda: changed("UPDATE notetypes SET config = x'ffffffffff'", is_new=True),
    "protobuf cut short": lambda: changed("UPDATE fields SET config = x'0aff01'", is_new=True),
    "a number that never ends": lambda: changed(
        "UPDATE templates SET config = x'08ffffffffffffffffffffffffffff'", is_new=True
    ),
    "protobuf in decks": lambda: changed("UPDATE decks SET kind = x'0a05'", is_new=True),
}
HARMLESS: dict[str, Callable[[], bytes]] = {
    "a trigger": lambda: changed("CREATE TRIGGER t AFTER UPDATE ON notes BEGIN DELETE FROM notes; END"),
    "an index with an expression": lambda: changed("CREATE INDEX i ON notes (length(flds))"),
    "write-ahead logging": lambda: old(
        collection_anki2=OLD["collection.anki2"][:18] + b"\2\2" + OLD["collection.anki2"][20:]
    ),
    "a home deck that is the deck": lambda: changed("UPDATE cards SET odid = did"),
    "a deck that is missing": lambda: changed("UPDATE cards SET did = 7, odid = 8"),
    "paths of media": lambda: old(media=json.dumps({"0": "../../a.png"}).encode()),
    "a path of Windows": lambda: old(media=json.dumps({"0": "C:\\a.png"}).encode()),
    "media that are missing": lambda: old(
        media=json.dumps({str(index): f"{index}.png" for index in range(9)}).encode()
    ),
    "a damaged picture": lambda: packed({**OLD, "0": PNG[:40]}),
    "zstd of a picture cut short": lambda: packed({**NEW, "0": NEW["0"][:-8]}),
    "a picture like a bomb": lambda: packed({**NEW, "0": compressed(b"\0" * 100 * MEBIBYTE)}),
    "an SVG with a script": lambda: packed(
        {**OLD, "0": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"}
    ),
}
LONG, LONGEST = 60_000, 290_000
FIELDS: dict[str, str] = {
    "signs": "<" * LONG,
    "ampersands": "&" * LONG,
    "elements": "<b>" * (LONG // 3),
    "elements inside of others": "<i>" + "<b>" * (LONG // 3) + "</b>" * 5000,
    "closing tags": "</b>" * (LONG // 4),
    "comments": "<!--" * (LONG // 4),
    "pictures": "<img src='" * (LONG // 10),
    "attributes": "<a " + "x='1' " * (LONG // 6) + ">",
    "scripts": "<script>" * (LONG // 8),
    "lists": "<ul><li>" * (LONG // 8),
    "tables": "<table><tr><td>" * (LONG // 15),
    "deletions": "{{c1::" * (LONG // 6),
    "closed deletions": "{{c1::a}}" * (LONG // 9),
    "ends of deletions": "}}" * (LONG // 2),
    "LaTeX": "[latex]" * (LONG // 7),
    "formulas": "\\(" * (LONG // 2),
    "displayed formulas": "\\[" * (LONG // 2),
    "old formulas": "[$]" * (LONG // 3),
    "formulas of the editor": "<anki-mathjax>" * (LONG // 14),
    "sounds": "[sound:" * (LONG // 7),
    "line ends": "a\n" * (LONG // 2),
    "breaks": "a<br>" * (LONG // 5),
    "backticks": "`" * LONG,
    "dollars": "$" * LONG,
    "brackets": "[" * LONG,
    "stars": "*a " * (LONG // 3),
    "quotations": "> " * (LONG // 2),
    "spaces": "a" + " " * LONG + "b",
    "styles": "<span style='color:red;" + "a:b;" * (LONG // 4) + "'>x</span>",
    "data": "<img src='data:image/png;base64," + "A" * LONG + "'>",
    "private characters": "\ue000\ue010\ue01100\ue011" * (LONG // 6),
    "NUL": "a\0" * (LONG // 2),
    "nested lists": "<ul><li>" * (LONGEST // 8),
    "nested divisions": "<div>" * (LONGEST // 5),
    "nested elements with ends of others": "<div></p>" * (LONGEST // 9),
    "nested elements behind scopes": "<div><svg><desc></div></svg>" * (LONGEST // 28),
    "nested elements with attributes like tags": '<div x="<">' * (LONGEST // 11),
    "nested cells": "<table><tr><td>a" * (LONGEST // 16),
}
NAMES = [
    "العربية::עברית",
    "日本語::한국어",
    "e\u0301\u200b\u202e::\u2066x",
    "::::",
    " : ",
    "a\nb\tc",
    "'\"`$*_[](){}<>&#|\\",
    "x" * 5000,
    "::".join("abcdefghijklmnopqrstuvwxyz"),
    "🇩🇪👩‍👩‍👧‍👧",
    "CON",
    "nul",
    "no",
    "0x1f",
    "0b1",
    "2001-01-01",
    "<!-- x -->",
    "@all fixes #1",
    "[a](javascript:alert(1))",
    "| x",
    "---",
    "\u2028a\u0085b",
    "- a: b",
]


def imported(path: Path, target: Path) -> Result:
    return CliRunner().invoke(cli, ["import", str(path), "--into", str(target)], standalone_mode=False)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def is_refused(path: Path, folder: Path) -> str:
    before = sorted(one.name for one in folder.iterdir())
    begun = time.process_time()
    result = imported(path, folder / "made")
    assert time.process_time() - begun < SOON
    assert isinstance(result.exception, CardpipeError), result.output
    message = result.exception.message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 200
    assert sorted(one.name for one in folder.iterdir()) == before
    return message


@pytest.mark.quick_cases(
    "words", "zstd cut short", "a view without end", "columns that are computed", "protobuf of noise", "media of noise"
)
@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    is_refused(written(tmp_path / "x.apkg", PACKAGES[name]()), tmp_path)


@pytest.mark.quick_cases("paths of media", "an SVG with a script")
@pytest.mark.parametrize("name", HARMLESS)
def test_a_strange_package_does_no_harm(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "x.apkg", HARMLESS[name]())
    result = imported(path, tmp_path / "made")
    assert result.exit_code == 0, result.exception
    assert {one.name for one in tmp_path.iterdir()} == {"x.apkg", "made"}
    assert {one.name for one in (tmp_path / "made").iterdir()} == {"source", "import-report.md", ".gitignore"}
    assert errors(tmp_path / "made") == []


def errors(folder: Path) -> list[str]:
    found = lint_project(folder, Cache.in_memory()).diagnostics
    return [f"{one.code} {one.message}" for one in found if one.severity is Severity.ERROR]


@pytest.mark.quick_cases("scripts", "tables", "deletions", "styles")
@pytest.mark.parametrize("name", FIELDS)
def test_no_field_takes_long(name: str, tmp_path: Path) -> None:
    text = FIELDS[name]
    path = written(tmp_path / "x.apkg", package([Note(BASIC, (text, "b")), Note(CLOZE, (text, text)), *NOTES]))
    begun = time.process_time()
    result = imported(path, tmp_path / "made")
    assert time.process_time() - begun < 4 * SOON
    assert result.exit_code == 0, result.exception
    assert errors(tmp_path / "made") == []


def test_names_in_every_script_become_allowed_ones(tmp_path: Path) -> None:
    notes = [
        Note(BASIC, (f"a {index}", "b"), name.replace(" ", "\u3000"), name, f"g{index}")
        for index, name in enumerate(NAMES)
    ]
    media = {f"{name[:60]}.png".replace("/", ""): PNG for name in NAMES}
    path = written(tmp_path / "x.apkg", package(notes, media))
    result = imported(path, tmp_path / "made")
    assert result.exit_code == 0, result.exception
    assert errors(tmp_path / "made") == []
    made = list((tmp_path / "made").rglob("*"))
    assert [one for one in made if is_reserved(one.name.partition(".")[0])] == []
    assert len({str(one).casefold() for one in made}) == len(made)


@pytest.mark.quick_cases("30")
@pytest.mark.parametrize("depth", [30, 5_000])
def test_decks_inside_of_each_other_without_end_are_refused(depth: int, tmp_path: Path) -> None:
    text = json.dumps(CROWD)[:-1].replace('"children": []', '"children": [CHILD]')
    for _ in range(depth):
        text = text.replace("CHILD", '{"name": "x", "notes": [], "children": [CHILD]}')
    folder = tmp_path / "crowd"
    folder.mkdir()
    (folder / "deck.json").write_text(text.replace("CHILD", "") + "}", encoding="utf-8")
    assert "is not a deck of CrowdAnki" in is_refused(folder, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\nb: &b [*a, *a]\nnotes_from_csvs: *b\n",
        "- notes_from_csvs: " + "[" * 5_000,
        "- notes_from_csvs:\n  - " + "*a " * 3,
        "- notes_from_csvs: 5\n",
        "- notes_from_csvs: {file_mappings: [{file: ../../secret.csv}]}\n",
        "notes_from_csvs: !!python/object/apply:os.system [echo]\n",
    ],
)
def test_a_recipe_like_a_bomb_is_refused(text: str, tmp_path: Path) -> None:
    is_refused(written(tmp_path / "x.yaml", text.encode()), tmp_path)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", b"front,back\n" + b'"' * 300_000),
        ("x.csv", b"front,back\n" + b"," * 200_000),
        ("x.csv", b"\xff\xfe\x00"),
        ("x.tsv", b"\x80\x81"),
        ("x.md", b"# a\n" * 20),
        ("x.bin", b"\0" * 100),
    ],
)
def test_a_text_that_is_none_is_refused(name: str, data: bytes, tmp_path: Path) -> None:
    import cardpipe.serve.views  # noqa: F401 - it raises the limit of `csv` for the whole process

    is_refused(written(tmp_path / name, data), tmp_path)


@pytest.mark.quick_cases("details")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<details><summary>" * 20_000, id="details"),
        pytest.param("# a" + " " * 200_000 + "b\n\nc\n", id="heading"),
        pytest.param("# a\n" + "\n" * 200_000 + "b\n", id="lines"),
        pytest.param("# a\n\n" + "x" * 200_000 + "\n- a\n<div>", id="line"),
        pytest.param("Q: a\nA: " + "[" * 100_000, id="brackets"),
        pytest.param("a::" + ":" * 100_000, id="colons"),
        pytest.param("==" * 100_000 + "\n#flashcards\n", id="marks"),
    ],
)
def test_no_markdown_takes_long(text: str, tmp_path: Path) -> None:
    path = written(tmp_path / "x.md", text.encode())
    begun = time.process_time()
    result = imported(path, tmp_path / "made")
    assert time.process_time() - begun < 2 * SOON
    assert result.exit_code == 0 or isinstance(result.exception, UsageError)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "crowd"
    (folder / "media").mkdir(parents=True)
    (folder / "deck.json").write_text(json.dumps(CROWD), encoding="utf-8")
    written(tmp_path / "secret.png", PNG)
    (folder / "media" / "a.png").symlink_to(tmp_path / "secret.png")
    assert imported(folder, tmp_path / "made").exit_code == 0
    assert not (tmp_path / "made" / "source" / "media").exists()


def test_a_collection_is_only_unpacked_up_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "LARGEST_COLLECTION", 8 * MEBIBYTE)
    data = NEW["collection.anki21b"]
    bomb = compressed(decompressed(data) + b"\0" * 50 * MEBIBYTE)
    path = written(tmp_path / "x.apkg", packed({**NEW, "collection.anki21b": bomb}))
    assert "its collection is larger than 8 MiB" in is_refused(path, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs the memory limits of Linux")
@pytest.mark.parametrize("name", ["zeros", "zstd of zeros", "a field of 100 MB", "media like a bomb", "a huge window"])
def test_memory_is_bounded(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "x.apkg", PACKAGES[name]())
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (500 * 1024**2,) * 2); "
        "from cardpipe.cli.main import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "import", str(path), "--into", str(tmp_path / "made")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 2
    assert result.stderr.startswith(f"cardpipe: {path} cannot be imported: ")
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux reports it")
def test_a_large_collection_streams(tmp_path: Path) -> None:
    media = {f"{index}.mp3": b"ID3" + os.urandom(8 * MEBIBYTE) for index in range(26)}
    path = written(tmp_path / "x.colpkg", package(NOTES, media, form="latest"))
    assert path.stat().st_size > 200 * MEBIBYTE
    code = (
        "import pathlib, re, sys\nfrom cardpipe.cli.main import _run\n"
        "assert _run(['import', sys.argv[1], '--into', sys.argv[2]]) == 0\n"
        "print(re.search('VmHWM:[^0-9]*([0-9]+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "made")]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert int(result.stdout.split()[-1]) < 200 * 1024


def test_lengths_in_protobuf_are_checked() -> None:
    from cardpipe.importing.readers.anki.protobuf import DamagedMessageError, fields

    assert list(fields(field(1, b"ab") + varint(2 << 3) + varint(300))) == [(1, b"ab"), (2, 300)]
    for data in (b"\x0a\x05a", b"\x0f", b"\0\0", b"\xff" * 11, b"\x0a" + varint(2**63)):
        with pytest.raises(DamagedMessageError):
            list(fields(data))
