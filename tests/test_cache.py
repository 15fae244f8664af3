from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.cache.store import Cache

if TYPE_CHECKING:
    from pathlib import Path

KEY = Cache.key("kind", b"value")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".cardpipe"


def _filled(folder: Path) -> None:
    with Cache(folder) as cache:
        cache.put(KEY, b"kept")


def test_a_value_is_found_at_once_and_by_the_next_process(folder: Path) -> None:
    with Cache(folder) as cache:
        assert cache.get(KEY) is None
        cache.put(KEY, b"kept")
        assert cache.get(KEY) == b"kept"
    with Cache(folder) as cache:
        assert cache.get(KEY) == b"kept"
        assert cache.get(Cache.key("other")) is None
    assert (folder / ".gitignore").read_text() == "*\n"


def test_looking_makes_no_folder(folder: Path) -> None:
    with Cache(folder) as cache:
        assert cache.get(KEY) is None
    assert not folder.exists()


@given(st.lists(st.text() | st.binary(), max_size=5), st.lists(st.text() | st.binary(), max_size=5))
def test_keys_differ_exactly_where_parts_do(one: list[str | bytes], two: list[str | bytes]) -> None:
    assert (Cache.key(*one) == Cache.key(*two)) == (one == two)


def test_borders_between_parts_count() -> None:
    assert (
        len({Cache.key("ab", "c"), Cache.key("a", "bc"), Cache.key("abc"), Cache.key(b"abc"), Cache.key("abc", "")})
        == 5
    )


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 200, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_an_empty_cache(folder: Path, damage: bytes) -> None:
    folder.mkdir()
    (folder / "cache.sqlite3").write_bytes(damage)
    _filled(folder)
    _filled(folder)  # the damaged file was moved out of the way by the first
    with Cache(folder) as cache:
        assert cache.get(KEY) == b"kept"


def test_every_single_damaged_byte_is_noticed_or_harmless(folder: Path) -> None:
    _filled(folder)
    path = folder / "cache.sqlite3"
    sound = path.read_bytes()
    for place in range(0, len(sound), 61):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0xFF]) + sound[place + 1 :])
        with Cache(folder) as cache:
            assert cache.get(KEY) in {None, b"kept"}


def test_a_truncated_file_is_no_failure(folder: Path) -> None:
    _filled(folder)
    path = folder / "cache.sqlite3"
    sound = path.read_bytes()
    for length in (1, 100, 4096, len(sound) - 1):
        path.write_bytes(sound[:length])
        with Cache(folder) as cache:
            assert cache.get(KEY) in {None, b"kept"}
            cache.put(KEY, b"kept")


def test_a_changed_value_is_not_found(folder: Path) -> None:
    _filled(folder)
    with sqlite3.connect(folder / "cache.sqlite3") as connection:
        connection.execute("UPDATE entries SET value = ?", (b"wrong",))
    connection.close()
    with Cache(folder) as cache:
        assert cache.get(KEY) is None


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE entries (a, b, c)"],
        ["PRAGMA user_version = 7"],
        ["PRAGMA user_version = 1129316353", "CREATE VIEW entries AS SELECT 1 AS key, 2 AS digest, 3 AS value"],
    ],
)
def test_another_programs_file_is_left_alone(folder: Path, statements: list[str]) -> None:
    folder.mkdir()
    path = folder / "cache.sqlite3"
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    before = path.read_bytes()
    _filled(folder)
    with Cache(folder) as cache:
        assert cache.get(KEY) is None
    assert path.read_bytes() == before


def test_a_folder_that_leads_elsewhere_is_not_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    _filled(folder)
    assert list(elsewhere.iterdir()) == []


def test_a_file_in_the_folders_place_is_no_failure(folder: Path) -> None:
    folder.write_text("not a folder")
    _filled(folder)
    assert folder.read_text() == "not a folder"


def test_a_missing_project_is_no_failure(tmp_path: Path) -> None:
    _filled(tmp_path / "gone" / ".cardpipe")
    assert not (tmp_path / "gone").exists()


def test_a_read_only_folder_is_no_failure(tmp_path: Path, bound_by_permissions: list[str]) -> None:
    tmp_path.chmod(0o555)
    code = (
        "import sys; from pathlib import Path; from cardpipe.cache.store import Cache\n"
        "with Cache(Path(sys.argv[1])) as cache: cache.put(Cache.key('kind'), b'lost')"
    )
    try:
        subprocess.run([*bound_by_permissions, sys.executable, "-c", code, tmp_path / ".cardpipe"], check=True)
        assert list(tmp_path.iterdir()) == []
    finally:
        tmp_path.chmod(0o755)


def test_a_locked_file_costs_the_cache_and_nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardpipe.cache.store._WAIT", 0.05)
    _filled(folder)
    other = sqlite3.connect(folder / "cache.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with Cache(folder) as cache:
        assert cache.get(KEY) is None
        cache.put(KEY, b"new")
    other.execute("ROLLBACK")
    other.close()
    with Cache(folder) as cache:
        assert cache.get(KEY) == b"kept"


_WRITER = """
import sys
from pathlib import Path
from cardpipe.cache.store import Cache
with Cache(Path(sys.argv[1])) as cache:
    for number in range(400):
        cache.put(Cache.key("shared", str(number)), b"%d" % number * 50)
        cache.put(Cache.key(sys.argv[2], str(number)), b"%d" % number)
    if sys.argv[2] == "killed":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
"""


def _writer(folder: Path, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(folder), name])


def test_two_processes_write_at_once(folder: Path) -> None:
    processes = [_writer(folder, name) for name in ("one", "two", "three")]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with Cache(folder) as cache:
        for number in range(400):
            assert cache.get(Cache.key("shared", str(number))) == b"%d" % number * 50
            assert cache.get(Cache.key("two", str(number))) == b"%d" % number


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_kill_loses_no_more_than_the_last_batch(folder: Path) -> None:
    assert _writer(folder, "killed").wait(60) != 0
    with Cache(folder) as cache:
        found = [cache.get(Cache.key("killed", str(number))) == b"%d" % number for number in range(400)]
        assert sum(found) >= 400 - 64
        cache.put(KEY, b"kept")
        cache.flush()
        assert cache.get(KEY) == b"kept"


def test_disabled_and_in_memory() -> None:
    with Cache.disabled() as cache:
        cache.put(KEY, b"kept")
        assert cache.get(KEY) is None
    with Cache.in_memory() as cache:
        cache.put(KEY, b"kept")
        assert cache.get(KEY) == b"kept"


def filled(folder: Path) -> None:
    with Cache(folder) as cache:
        for number in range(6):
            cache.put(Cache.key("figure" if number % 2 else "equation", str(number)), bytes(1000))


def aged(folder: Path, days: dict[str, int]) -> None:
    connection = sqlite3.connect(folder / "cache.sqlite3")
    with connection:
        for kind, age in days.items():
            connection.execute("UPDATE entries SET day = day - ? WHERE key LIKE ?", (age, f"{kind}:%"))
    connection.close()


def test_cached_data_is_reported_by_kind(folder: Path) -> None:
    filled(folder)
    aged(folder, {"figure": 3})
    with Cache(folder) as cache:
        assert cache.contents() == [("equation", 3, 3000, 0), ("figure", 3, 3000, 3)]


def test_what_was_not_used_for_long_goes_first(folder: Path) -> None:
    filled(folder)
    aged(folder, {"figure": 40, "equation": 10})
    key = Cache.key("figure", "1")
    with Cache(folder) as cache:
        assert cache.get(key) is not None
    with Cache(folder) as cache:
        assert cache.prune(unused_days=30) == 2
        assert cache.get(key) is not None
        assert cache.prune(largest=2500) == 2
        assert cache.get(key) is not None
        assert cache.prune(largest=0) == 2
        assert cache.contents() == []


def test_damaged_entries_are_counted_and_taken_out(folder: Path) -> None:
    filled(folder)
    connection = sqlite3.connect(folder / "cache.sqlite3")
    with connection:
        connection.execute("UPDATE entries SET value = ? WHERE key LIKE 'figure:%'", (b"wrong",))
    connection.close()
    with Cache(folder) as cache:
        assert cache.verify() == (3, 3)
        assert cache.verify() == (3, 0)


def test_a_file_of_an_earlier_version_is_taken_over(folder: Path) -> None:
    folder.mkdir()
    connection = sqlite3.connect(folder / "cache.sqlite3")
    connection.executescript(
        "CREATE TABLE entries (key TEXT PRIMARY KEY, digest BLOB, value BLOB) WITHOUT ROWID;"
        "PRAGMA user_version = 1129316353;"
    )
    connection.close()
    filled(folder)
    with Cache(folder) as cache:
        assert sum(kind.entries for kind in cache.contents()) == 6


def test_a_file_that_grew_too_large_keeps_what_was_used_last(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(folder)
    aged(folder, {"figure": 1})
    monkeypatch.setattr("cardpipe.cache.store._LIMIT", 6000)
    with Cache(folder) as cache:
        assert [(kind.name, kind.entries) for kind in cache.contents()] == [("equation", 3)]
