"""Hostile packages for `diff` and `verify`: each ends quickly, with little memory and one clear message.

A new attack is a line in PACKAGES: a function of a sound package's entries that gives the bytes of another package.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
from typing import TYPE_CHECKING, TypeAlias

import pytest

from cardpipe.errors import UsageError
from cardpipe.release.package_file import of_package
from cardpipe.verify import package_check
from cardpipe.verify.package_check import check_package
from import_sample import compressed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from conftest import Run

Entries: TypeAlias = dict[str, bytes]

SOON = 5.0
"""Seconds of CPU for what takes at most one."""
COLLECTION = "collection.anki2"
MILLION = 1_000_000


def packed(entries: Iterable[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as package:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, data in entries:
            package.writestr(name, data)
    return stream.getvalue()


def listing(count: int, *, told: int | None = None, comment: bytes = b"") -> bytes:
    """An archive that lists a file with one letter again and again; its end record gives another number if told."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    number = min(count if told is None else told, 0xFFFF)
    size = len(entry) * count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, number, number, size, 0, len(comment))
    return entry * count + end + comment


def replaced(name: str, data: bytes) -> Callable[[Entries], bytes]:
    return lambda entries: packed({**entries, name: data}.items())


def changed(*statements: str, **values: str) -> Callable[[Entries], bytes]:
    """The package with its database changed; `answer(flds)` has another text in the fourth field."""

    def answered(fields: str) -> str:
        parts = fields.split("\x1f")
        return "\x1f".join([*parts[:3], values["text"], *parts[4:]])

    def make(entries: Entries) -> bytes:
        connection = sqlite3.connect(":memory:")
        connection.deserialize(entries[COLLECTION])
        connection.create_function("answer", 1, answered)
        for statement in statements:
            connection.execute(statement, values if ":" in statement else {})
        connection.commit()
        data = connection.serialize()
        connection.close()
        return packed({**entries, COLLECTION: data}.items())

    return make


def with_answer(text: str) -> Callable[[Entries], bytes]:
    return changed("UPDATE notes SET flds = answer(flds)", text=text)


def with_tags(tags: str) -> Callable[[Entries], bytes]:
    return changed("UPDATE notes SET tags = :tags", tags=f" {tags} ")


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id"
PACKAGES: dict[str, Callable[[Entries], bytes]] = {
    "nothing": lambda _entries: b"",
    "words": lambda _entries: b"not a package " * 1000,
    "an empty archive": lambda _entries: packed([]),
    "an archive cut short": lambda entries: packed(entries.items())[:-200],
    "no collection": lambda _entries: packed([("media", b"{}")]),
    "an empty collection": replaced(COLLECTION, b""),
    "noise for a collection": replaced(COLLECTION, b"\x5a" * 100_000),
    "a collection cut short": lambda entries: replaced(COLLECTION, entries[COLLECTION][:5000])(entries),
    "a damaged collection": lambda entries: replaced(
        COLLECTION, entries[COLLECTION][:4200] + bytes(byte ^ 0x55 for byte in entries[COLLECTION][4200:])
    )(entries),
    "pages of a strange size": lambda entries: replaced(
        COLLECTION, entries[COLLECTION][:16] + b"\xff\xff" + entries[COLLECTION][18:]
    )(entries),
    "a collection of zeros": replaced(COLLECTION, b"\0" * 120 * 1024**2),
    "no notes": changed("DELETE FROM notes"),
    "no table of notes": changed("DROP TABLE notes"),
    "no table of cards": changed("DROP TABLE cards"),
    "no table of decks": changed("DROP TABLE col"),
    "no row of decks": changed("DELETE FROM col"),
    "no note types": changed("UPDATE col SET models = '{}'"),
    "a list of note types": changed("UPDATE col SET models = '[]'"),
    "a number for note types": changed("UPDATE col SET models = 5"),
    "deep note types": changed("UPDATE col SET models = :deep", deep="[" * 100_000),
    "deep media": replaced("media", b"[" * 200_000),
    "a list of media": replaced("media", b"[]"),
    "a map of media like a bomb": replaced("media", b"{" + b" " * 20 * 1024**2 + b"}"),
    "words for numbers": changed("UPDATE notes SET mid = 'x'", "UPDATE cards SET did = 'y'"),
    "bytes for words": changed("UPDATE notes SET flds = x'ff41ff'"),
    "no UTF-8": changed("UPDATE notes SET flds = CAST(x'ff41ff' AS TEXT)"),
    "a view without end": changed(
        "ALTER TABLE notes RENAME TO other",
        f"CREATE VIEW notes AS {ENDLESS}, 'g' AS guid, 1 AS mid, 1 AS mod, '' AS tags, 'a' AS flds FROM n",
    ),
    "tags of ten megabytes": with_tags("a" * 10 * MILLION),
    "a million tags": with_tags(" ".join(map(str, range(MILLION)))),
    "fifty thousand levels of a tag": with_tags("::".join(["a"] * 50_000)),
    "twenty thousand levels of decks": changed(
        "UPDATE col SET decks = replace(decks, '::', :levels)", levels="::a" * 20_000 + "::"
    ),
    "five million fields": changed("UPDATE notes SET flds = :fields", fields="\x1f" * 5 * MILLION),
    "a list of a million files": lambda _entries: listing(1_300_000),
    "a list of a million files that says it has one": lambda _entries: listing(1_300_000, told=1),
    "a list of a million files with a comment": lambda _entries: listing(1_300_000, comment=b"c" * 60_000),
    "a list of more files than a deck has": lambda _entries: listing(150_000),
    "unknown compression": lambda entries: packed(entries.items(), zipfile.ZIP_LZMA),
}
"""What `diff` refuses."""

TEXTS: dict[str, str] = {
    "signs": "<" * MILLION,
    "ampersands": "&" * MILLION,
    "references": "&#" * MILLION,
    "elements": "<b>" * MILLION,
    "closing tags": "</b>" * MILLION,
    "comments": "<!--" * 500_000,
    "pictures": "<img src='" * 300_000,
    "a picture": "<img " + 'a="b" ' * 300_000,
    "attributes": "<a " + "x='1' " * 300_000 + ">",
    "quotes": '<a b="' * 300_000,
    "scripts": "<script>" * 200_000,
    "lists": "<ul><li>" * 100_000,
    "deletions": "{{c1::" * 300_000,
    "NUL": "\0" * MILLION,
    "line ends": "\n" * 5 * MILLION,
    "words": "word " * 2 * MILLION,
}
"""What `diff` compares with."""


def most_memory(work: Callable[[], object]) -> int:
    """The most bytes that Python has allocated during a piece of work."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def sound(drawn_project: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its package."""
    project = tmp_path_factory.mktemp("packages") / "sample"
    shutil.copytree(drawn_project, project)
    assert run("-C", project, "export", "--format", "anki").returncode == 0
    return project


@pytest.fixture(scope="module")
def entries(sound: Path) -> Entries:
    with zipfile.ZipFile(sound / "output" / "sample.apkg") as package:
        return {name: package.read(name) for name in package.namelist()}


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize("make", PACKAGES.values(), ids=PACKAGES)
def test_a_package_that_is_none_is_refused(make: Callable[[Entries], bytes], entries: Entries, tmp_path: Path) -> None:
    path = written(tmp_path / "x.apkg", make(entries))
    begun = time.process_time()
    with pytest.raises(UsageError) as refused:
        of_package(path)
    assert time.process_time() - begun < SOON
    assert len(refused.value.message) < len(str(path)) + 200
    assert "\n" not in refused.value.message


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_of_a_package_takes_long(text: str, entries: Entries, tmp_path: Path) -> None:
    path = written(tmp_path / "x.apkg", with_answer(text)(entries))
    begun = time.process_time()
    assert of_package(path).cards
    assert time.process_time() - begun < SOON


def test_a_list_of_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "x.apkg", listing(1_300_000))

    def read() -> None:
        with pytest.raises(UsageError, match="lists more than 100000 files"):
            of_package(path)

    assert most_memory(read) < MILLION


@pytest.mark.quick_cases(every=3)
@pytest.mark.skipif(sys.platform != "linux", reason="needs the memory limits of Linux")
@pytest.mark.parametrize("name", ["an empty collection", "a collection of zeros", "tags of ten megabytes"])
def test_diff_says_one_line_in_little_memory(sound: Path, entries: Entries, tmp_path: Path, name: str) -> None:
    path = written(tmp_path / "x.apkg", PACKAGES[name](entries))
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (700 * 1024**2,) * 2); "
        "from cardpipe.cli.main import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "-C", str(sound), "diff", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("cardpipe: ")
    assert "fault" not in result.stderr
    assert len(result.stderr.splitlines()) == 2


def test_what_is_no_file_is_a_wrong_call(sound: Path, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "folder.apkg"
    folder.mkdir()
    paths = [folder]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.apkg")
        paths.append(tmp_path / "pipe.apkg")
    for path in paths:
        for command in ("diff", "verify"):
            result = run("-C", sound, command, path)
            assert result.returncode == 2
            assert "Traceback" not in result.stderr


MEBIBYTE = 1024**2
SMALL_LIMITS = {"LARGEST_COLLECTION": 8 * MEBIBYTE, "LARGEST_LIST": 4 * MEBIBYTE, "LARGEST_MEDIA": 16 * MEBIBYTE}
ZEROS = b"SQLite format 3\0" + b"\0" * 20 * MEBIBYTE
PICTURE = compressed(b"\0" * MEBIBYTE)


def with_wrong_size(entries: Entries) -> bytes:
    """A collection of zeros in an archive that declares one byte."""
    data = bytearray(packed({**entries, COLLECTION: ZEROS}.items()))
    size = struct.pack("<L", len(ZEROS))
    assert data.count(size) == 2
    return bytes(data.replace(size, struct.pack("<L", 1)))


BOMBS: dict[str, Callable[[Entries], bytes]] = {
    "a collection": replaced(COLLECTION, ZEROS),
    "a collection with a wrong size": with_wrong_size,
    "a compressed collection": replaced("collection.anki21b", compressed(ZEROS)),
    "a compressed collection of two frames": replaced(
        "collection.anki21b", compressed(ZEROS[:1000]) + compressed(ZEROS)
    ),
    "a compressed collection in the wrong place": replaced(COLLECTION, compressed(ZEROS)),
    "a list of media": replaced("media", b"{" + b" " * 5 * MEBIBYTE + b"}"),
    "a compressed list of media": replaced("media", compressed(ZEROS)),
    "a picture": replaced("7", compressed(ZEROS)),
    "many pictures": lambda entries: packed([*entries.items(), *((str(number), PICTURE) for number in range(90, 110))]),
    "meta data": replaced("meta", ZEROS),
    "another file": replaced("x", ZEROS),
}
"""Packages that unpack to more than SMALL_LIMITS."""

COLLECTIONS: dict[str, tuple[str, ...]] = {
    "texts for times": ("UPDATE notes SET mod = 'x'",),
    "no table of cards": ("DROP TABLE cards",),
    "no table of the log": ("DROP TABLE revlog",),
    "a trigger that fails": ("CREATE TRIGGER t BEFORE UPDATE ON col BEGIN SELECT RAISE(ABORT, 'no'); END",),
}
"""Changes of a learner's collection in a `.colpkg` that Anki rejects."""


REVIEWS = f"INSERT INTO revlog SELECT id, 1, 1, 1, 1, 1, 1, 1, 1 FROM ({ENDLESS} FROM n)"  # noqa: S608 - a constant
COSTLY = "length(hex(zeroblob(100000000)))"


def with_value(column: str, text: str) -> Callable[[Entries], bytes]:
    """The package with another text in one of its notes."""
    statement = f"UPDATE notes SET {column} = :text WHERE id = (SELECT min(id) FROM notes)"  # noqa: S608 - constants
    return changed(statement, text=text)


def redefined(table: str, old: str, new: str) -> Callable[[Entries], bytes]:
    """The package with another definition of a table."""
    statement = "UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE name = :name"
    return changed("PRAGMA writable_schema = ON", statement, old=old, new=new, name=table)


UNLIKE_ANKI: dict[str, Callable[[Entries], bytes]] = {
    "a trigger without end": changed(f"CREATE TRIGGER t AFTER UPDATE ON col BEGIN {REVIEWS}; END"),
    "a trigger of an add-on's table": changed(
        "CREATE TABLE other (a)", f"CREATE TRIGGER t AFTER INSERT ON other BEGIN {REVIEWS}; END"
    ),
    "a view": changed("CREATE VIEW other AS SELECT * FROM notes"),
    "a view in place of a table": PACKAGES["a view without end"],
    "a virtual table": changed("CREATE VIRTUAL TABLE other USING fts5(a)"),
    "a costly index": changed("DELETE FROM notes", f"CREATE INDEX i ON notes ({COSTLY})"),
    "a costly condition of an index": changed("DELETE FROM notes", f"CREATE INDEX i ON notes (mod) WHERE {COSTLY} > 1"),
    "a pattern in an index": changed("CREATE INDEX i ON notes (mod) WHERE flds LIKE '%a%a%a%a%a%a%a%a%b'"),
    "a costly check": redefined("notes", "text not null", f"text not null check({COSTLY} > 1)"),
    "a costly default": redefined("cards", "text not null", f"text not null default ({COSTLY})"),
    "a computed column": redefined("revlog", "integer not null", f"integer as ({COSTLY})"),
    "a comment in a definition": redefined("notes", "text not null", f"text check/**/({COSTLY} > 1)"),
    "a tag of ten megabytes": with_value("tags", "a" * 10 * MILLION),
    "a million tags": with_value("tags", " ".join(map(str, range(MILLION)))),
    "a GUID of ten megabytes": with_value("guid", "a" * 10 * MILLION),
    "fields of ten megabytes": with_value("flds", "a" * 10 * MILLION),
    "fields of ten megabytes after a NUL": with_value("flds", "\0" + "a" * 10 * MILLION),
    "data of ten megabytes": changed("UPDATE cards SET data = :text", text="a" * MILLION),
}
"""Collections that Anki never writes, and with which it would take minutes."""


class TestVerify:
    """The real Anki reads them."""

    @pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
    def test_a_bomb_is_refused_before_anki_unpacks_it(
        self, make: Callable[[Entries], bytes], entries: Entries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in SMALL_LIMITS.items():
            monkeypatch.setattr(package_check, name, value)
        path = written(tmp_path / "x.apkg", make(entries))

        def read() -> None:
            with pytest.raises(UsageError, match=r"cannot be verified: .* unpacks? to more than"):
                check_package(path)

        assert most_memory(read) < 8 * MEBIBYTE

    def test_a_sound_package_passes_the_same_check(
        self, entries: Entries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in SMALL_LIMITS.items():
            monkeypatch.setattr(package_check, name, value)
        check_package(written(tmp_path / "x.apkg", packed(entries.items())))

    @pytest.mark.quick_cases("texts for times")
    @pytest.mark.parametrize("statements", COLLECTIONS.values(), ids=COLLECTIONS)
    def test_a_hostile_collection_is_one_line(
        self, statements: tuple[str, ...], entries: Entries, sound: Path, run: Run, tmp_path: Path
    ) -> None:
        pytest.importorskip("anki")
        path = written(tmp_path / "x.colpkg", changed(*statements)(entries))
        result = run("verify", sound / "output" / "sample.apkg", path, "--learner")
        assert result.returncode == 2
        assert result.stdout == ""
        assert result.stderr.startswith(f"cardpipe: {path} cannot be verified: ")
        assert len(result.stderr) < len(str(path)) + 300

    @pytest.mark.parametrize("make", UNLIKE_ANKI.values(), ids=UNLIKE_ANKI)
    def test_what_anki_never_writes_is_refused_before_it_opens_it(
        self, make: Callable[[Entries], bytes], entries: Entries, tmp_path: Path
    ) -> None:
        path = written(tmp_path / "x.colpkg", make(entries))
        begun = time.process_time()
        with pytest.raises(
            UsageError, match=r"x\.colpkg cannot be verified: .* (never creates|more than|too large)"
        ) as refused:
            check_package(path)
        assert time.process_time() - begun < SOON
        assert len(refused.value.message) < len(str(path)) + 150

    def test_tables_of_add_ons_are_no_reason_to_refuse_a_collection(self, entries: Entries, tmp_path: Path) -> None:
        statements = ("CREATE TABLE other (name varchar(20) DEFAULT (1 + 1))", "CREATE INDEX o ON other (lower(name))")
        check_package(written(tmp_path / "x.colpkg", changed(*statements)(entries)))

    def test_a_list_of_files_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        path = written(tmp_path / "x.apkg", listing(1_300_000))

        def read() -> None:
            with pytest.raises(UsageError, match="lists more than 100,000 files"):
                check_package(path)

        assert most_memory(read) < MILLION

    @pytest.mark.quick_cases(every=4)
    @pytest.mark.parametrize("name", ["an empty collection", "noise for a collection", "no row of decks", "deep media"])
    def test_what_anki_refuses_is_one_line(self, entries: Entries, run: Run, tmp_path: Path, name: str) -> None:
        pytest.importorskip("anki")
        result = run("verify", written(tmp_path / "x.apkg", PACKAGES[name](entries)))
        # Anki makes a new collection of an empty file.
        assert result.returncode == (1 if name == "an empty collection" else 2)
        assert "Traceback" not in result.stderr
        assert len(result.stderr) < 400

    @pytest.mark.slow
    def test_a_text_that_anki_never_finishes_with_ends(self, entries: Entries, tmp_path: Path) -> None:
        pytest.importorskip("anki")
        from cardpipe.verify.bounded import verify_within_limits

        path = written(tmp_path / "x.apkg", with_answer(TEXTS["scripts"])(entries))
        with pytest.raises(UsageError, match="not finish"):
            verify_within_limits(path, None, lambda *_: None, patience=4)
