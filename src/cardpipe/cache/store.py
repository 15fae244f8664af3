"""What was computed once, kept beside the project, so that it is not computed again.

A cache is never needed: whatever is wrong with its file (corrupt, foreign, locked, read-only, a full disk), a value
is then simply not found, and the caller computes it. Nothing here raises because of the file.

Nor is it believed for lying there: each value's digest is made with a secret of the user's, so that a file that came
along with somebody's change has no value that is found.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import time
from typing import TYPE_CHECKING, NamedTuple

from cardpipe.cache.signing import seal
from cardpipe.errors import ProjectError
from cardpipe.files.reading import is_link, read_below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_FILE = "cache.sqlite3"

_FORMAT = 0x43500003
"""In SQLite's `user_version`: another number is another program's file or another layout, and left alone."""

_FORMER_FORMATS = (0x43500001, 0x43500002)
"""Layouts of earlier versions, whose files are emptied and taken over."""

_TABLE = "CREATE TABLE entries (key TEXT PRIMARY KEY, digest BLOB, value BLOB, day INTEGER) WITHOUT ROWID"
"""The day is that of the last use, counted from 1970."""

_BATCH = 64
"""How many values are kept back before they are written; a kill loses no more than these."""

_BATCH_BYTES = 4 * 1024 * 1024

_LIMIT = 256 * 1024 * 1024
"""Bytes that the file may grow to; beyond, the next opening takes out the least recently used, until half is left."""

_WAIT = 2.0
"""Seconds to wait for another process that is writing; after that, this one goes on without."""

_DIGEST = 16


_KIND = re.compile(r"[a-z][a-z-]{0,30}")

_HEADER = re.compile(rb"SQLite format 3\x00..\x01\x01.{40}(.{4}).{36}", re.DOTALL)
"""The head of a database file (SQLite, "Database File Format", 1.3): bytes 18 and 19 are 1 where there is no
write-ahead log, and bytes 60 to 63 hold `user_version`."""

_JOURNAL_MARK = bytes.fromhex("d9d505f920a163d7")
"""The last bytes of a rollback journal that names a further one ("Database File Format", 3), which SQLite deletes."""


class Kind(NamedTuple):
    """What a cache keeps of one kind."""

    name: str
    entries: int
    size: int
    """Bytes."""
    age: int
    """Days since the oldest was used."""


class Cache:
    """A store of bytes by key, in one SQLite file of a folder that it makes when there is something to keep.

    Safe for several processes at once and after a kill; one instance belongs to one thread. Every value is stored
    with a digest, so that a damaged one is not found instead of wrong.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._usable = folder is not None
        self._pending: dict[str, bytes] = {}
        self._pending_bytes = 0
        self._seen: set[str] = set()
        self._memory: dict[str, bytes] | None = None
        self._seal = b""

    def __reduce__(self) -> tuple[type[Cache], tuple[Path | None]]:
        """In another process, a cache of its own on the same file."""
        return (Cache, (self._folder,))

    @classmethod
    def disabled(cls) -> Cache:
        """A cache that finds nothing and keeps nothing."""
        return cls(None)

    @classmethod
    def in_memory(cls) -> Cache:
        """A cache that ends with the process."""
        cache = cls(None)
        cache._memory = {}
        return cache

    @property
    def folder(self) -> Path | None:
        """Where the file is, for another process that opens the same; None for a cache without one."""
        return self._folder

    @staticmethod
    def key(*parts: str | bytes) -> str:
        """A key for a value that exactly these parts determine; no two lists of parts share one.

        A first part such as `equation` says what the value is, and stands in the key for people to read.
        """
        digest = hashlib.blake2b(digest_size=32)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            # With the kind and the length ahead of each part, the borders between parts count too.
            digest.update(b"%c%d:" % (b"s" if isinstance(part, str) else b"b", len(data)))
            digest.update(data)
        kind = parts[0] if parts and isinstance(parts[0], str) and _KIND.fullmatch(parts[0]) else "other"
        return f"{kind}:{digest.hexdigest()}"

    def get(self, key: str) -> bytes | None:
        """The value of a key, if it is there and sound."""
        if self._memory is not None:
            return self._memory.get(key)
        if key in self._pending:
            return self._pending[key]
        with self._guarded():
            connection = self._open(create=False)
            if connection is None:
                return None
            row = connection.execute("SELECT digest, value, day FROM entries WHERE key = ?", (key,)).fetchone()
            if row is not None and self._is_sound(key, row[0], row[1]):
                if row[2] != _today():
                    self._seen.add(key)
                value: bytes = row[1]
                return value
        return None

    def put(self, key: str, value: bytes) -> None:
        """Keep a value; it is on disk at the latest when the cache is closed."""
        if self._memory is not None:
            self._memory[key] = value
        elif self._usable:
            self._pending[key] = value
            self._pending_bytes += len(value)
            if len(self._pending) >= _BATCH or self._pending_bytes >= _BATCH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Write what was kept back."""
        pending, self._pending, self._pending_bytes = self._pending, {}, 0
        seen, self._seen = self._seen, set()
        if not pending and not seen:
            return
        with self._guarded():
            connection = self._open(create=True)
            if connection is not None:
                today = _today()
                rows = [(key, self._checksum(key, value), value, today) for key, value in pending.items()]
                connection.execute("BEGIN IMMEDIATE")
                with connection:  # commits, or takes everything back
                    connection.executemany("UPDATE entries SET day = ? WHERE key = ?", [(today, key) for key in seen])
                    connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Write what was kept back and let go of the file."""
        self.flush()
        self._disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Whatever the file does, go on without it."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            self._disconnect()
            if not busy and _is_damage(error):
                self._discard()
            self._usable = False
        except (OSError, ValueError, OverflowError):
            self._disconnect()
            self._usable = False

    def _open(self, *, create: bool) -> sqlite3.Connection | None:
        if self._connection is not None or not self._usable or self._folder is None:
            return self._connection
        path = self._folder / _FILE
        is_there = os.path.lexists(path)
        if not is_there and not create and not is_link(self._folder):
            return None
        own = seal()
        if own is None or not self._is_safe():
            self._usable = False
            return None
        self._seal = own
        if not is_there:
            _make_folder(self._folder)
        self._connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
        if not self._prepare(self._connection):
            self._disconnect()
            self._usable = False
        return self._connection

    def _is_safe(self) -> bool:
        """Whether SQLite may open what is there: it follows links, and does what logs beside a database tell it.

        So there must be no link, no file that is not regular, no write-ahead log, and no journal that names another.
        What is no database at all is taken out of the way.
        """
        if self._folder is None or is_link(self._folder):
            return False
        if any(os.path.lexists(self._folder / f"{_FILE}{suffix}") for suffix in ("-wal", "-shm")):
            return False
        try:
            head = self._read(_FILE, 100)
            if head and _version_of(head) is None:
                self._discard()
            journal = self._read(f"{_FILE}-journal", _LIMIT)
        except ProjectError:
            return False
        if journal.endswith(_JOURNAL_MARK) or len(journal) > _LIMIT:
            return False
        version = _version_of(head)
        return version is None or version in (0, _FORMAT, *_FORMER_FORMATS)

    def _read(self, name: str, limit: int) -> bytes:
        """The beginning of a file of the folder, empty where there is none; raises ProjectError for a link and such."""
        try:
            return read_below(self._folder, name, limit) if self._folder is not None else b""
        except FileNotFoundError:
            return b""

    def _prepare(self, connection: sqlite3.Connection) -> bool:
        """Bring a new file into shape; False where the file is not ours."""
        connection.execute("PRAGMA trusted_schema = OFF")
        # A crash of the machine may cost the cache, which the digests notice; a crash of the program costs nothing.
        connection.execute("PRAGMA synchronous = OFF")
        version, schema = _version(connection), _schema(connection)
        if version == 0 and not schema:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                if not _schema(connection):  # another process may have been quicker
                    connection.execute(_TABLE)
                    connection.execute(f"PRAGMA user_version = {_FORMAT}")
            version, schema = _version(connection), _schema(connection)
        if version in _FORMER_FORMATS:
            version, schema = self._take_over(connection)
        # Anything beside our table (a view, a trigger) could make a look-up do anything.
        if version != _FORMAT or schema != [_TABLE]:
            return False
        if self._size() > _LIMIT:
            _shrink(connection, _LIMIT // 2)
        return True

    @staticmethod
    def _take_over(connection: sqlite3.Connection) -> tuple[int, list[str]]:
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                connection.execute(f'DROP TABLE "{name}"')  # a name that a file gave us, so only between quotes
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
        return _version(connection), _schema(connection)

    def contents(self) -> list[Kind]:
        """What is kept, by kind; empty where there is nothing or where the file cannot be read."""
        with self._guarded():
            connection = self._open(create=False)
            if connection is not None:
                # Values of other types were not put there by us; what is kept is looked at only when it is asked for.
                rows = connection.execute(
                    "SELECT CAST(substr(key, 1, instr(key, ':') - 1) AS BLOB), count(*), sum(length(value)), min(day)"
                    " FROM entries"
                    " WHERE typeof(key) = 'text' AND typeof(value) = 'blob' AND typeof(day) = 'integer'"
                    " GROUP BY 1 ORDER BY 1"
                )
                today = _today()
                told = [
                    Kind(name.decode("latin-1"), count, size, max(0, today - day)) for name, count, size, day in rows
                ]
                return [kind for kind in told if _KIND.fullmatch(kind.name)]
        return []

    def prune(self, *, unused_days: int | None = None, largest: int | None = None) -> int:
        """Forget what was not used for so many days, and then what was not used for longest until so many bytes stay.

        Answers how many entries went.
        """
        with self._guarded():
            connection = self._open(create=False)
            if connection is not None:
                before = _count(connection)
                if unused_days is not None:
                    connection.execute("DELETE FROM entries WHERE day <= ?", (_today() - unused_days,))
                _shrink(connection, largest)
                return before - _count(connection)
        return 0

    def verify(self) -> tuple[int, int]:
        """Look at every entry, and take out those that are damaged: how many are sound, and how many were not."""
        with self._guarded():
            connection = self._open(create=False)
            if connection is not None:
                before = _count(connection)
                connection.create_function("sound", 3, self._is_sound_row)
                # The key as bytes, because what is no UTF-8 could not be handed over as text.
                connection.execute("DELETE FROM entries WHERE NOT sound(CAST(key AS BLOB), digest, value)")
                sound = _count(connection)
                return sound, before - sound
        return 0, 0

    def _checksum(self, key: str, value: bytes) -> bytes:
        """What only somebody with the user's secret can make of a key and its value."""
        digest = hashlib.blake2b(b"%d:%s" % (len(key), key.encode("utf-8", "surrogatepass")), key=self._seal)
        digest.update(value)
        return digest.digest()[:_DIGEST]

    def _is_sound(self, key: str, digest: object, value: object) -> bool:
        return isinstance(value, bytes) and digest == self._checksum(key, value)

    def _is_sound_row(self, key: object, digest: object, value: object) -> bool:
        try:
            return isinstance(key, bytes) and self._is_sound(key.decode("utf-8"), digest, value)
        except UnicodeDecodeError:
            return False

    def _size(self) -> int:
        return 0 if self._folder is None else (self._folder / _FILE).stat().st_size

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _discard(self) -> None:
        """Take a damaged file out of the way, so that the next run starts with an empty cache."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / _FILE).replace(self._folder / f"{_FILE}.damaged")


def _today() -> int:
    return int(time.time() // 86_400)


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])


def _shrink(connection: sqlite3.Connection, largest: int | None) -> None:
    """Take out what was not used for longest until so many bytes stay, and give the room back to the system."""
    if largest is not None:
        connection.execute(
            "DELETE FROM entries WHERE key IN (SELECT key FROM (SELECT key, sum(length(value)) OVER"
            " (ORDER BY day DESC, key) AS total FROM entries) WHERE total > ?)",
            (largest,),
        )
    connection.execute("VACUUM")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _version_of(head: bytes) -> int | None:
    """The `user_version` in the head of a database file; None where it is none that we could have made."""
    match = _HEADER.fullmatch(head[:100])
    return int.from_bytes(match[1], "big") if match is not None else None


def _schema(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT sql FROM sqlite_master")]


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=False, exist_ok=True)
    # Made new or not at all, so that nothing is written through a link.
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as ignore:
        ignore.write("*\n")
