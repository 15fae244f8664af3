"""The cache of a project, so that nothing is computed twice.

A cache is optional: if its file is corrupt, foreign, locked or read-only, or the disk is full, values are not found and
the caller computes them. No exception is raised because of the file.

Cached values are not trusted by default: each is signed with the user's key, so that values of a file that a
contribution brings are not found.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import time
from typing import TYPE_CHECKING, NamedTuple

from cardpipe.cache.signing import signing_key
from cardpipe.errors import ProjectError
from cardpipe.files.reading import is_link, read_below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_FILE = "cache.sqlite3"

_FORMAT = 0x43500003
"""SQLite's `user_version`; a file with another number belongs to another program or format, and is not changed."""

_FORMER_FORMATS = (0x43500001, 0x43500002)
"""Formats of earlier versions, whose files are emptied and reused."""

_TABLE = "CREATE TABLE entries (key TEXT PRIMARY KEY, digest BLOB, value BLOB, day INTEGER) WITHOUT ROWID"
"""The day of the last use, counted from 1970."""

_BATCH = 64
"""The number of values that are buffered before they are written; at most these are lost on a kill."""

_BATCH_BYTES = 4 * 1024 * 1024

_LIMIT = 256 * 1024 * 1024
"""The maximum size of the file in bytes; beyond, the least recently used entries are removed until half remains."""

_PAGE = 32 * 1024
"""Bytes of a page of a new file: large values are spread over pages, and each page takes a call of the system."""

_WAIT = 2.0
"""Seconds to wait for another process that writes; then values are not stored."""

_DIGEST = 16


_KIND = re.compile(r"[a-z][a-z-]{0,30}")

_HEADER = re.compile(rb"SQLite format 3\x00..\x01\x01.{40}(.{4}).{36}", re.DOTALL)
"""The header of a database file (SQLite, "Database File Format", 1.3): bytes 18 and 19 are 1 without a write-ahead log,
and bytes 60 to 63 hold `user_version`.
"""

_JOURNAL_MARK = bytes.fromhex("d9d505f920a163d7")
"""The end of a rollback journal that names a super-journal ("Database File Format", 3), which SQLite deletes."""


class Kind(NamedTuple):
    """Statistics of one kind of cached values."""

    name: str
    entries: int
    size: int
    """Bytes."""
    age: int
    """Days since the oldest was last used."""


class Cache:
    """A key-value store for bytes in one SQLite file, which is created when there is something to store.

    It is safe for several processes at once and after a kill; an instance belongs to one thread. Every value is stored
    with a digest, so that damaged values are not found.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._usable = folder is not None
        self._pending: dict[str, bytes] = {}
        self._pending_bytes = 0
        self._seen: set[str] = set()
        self._memory: dict[str, bytes] | None = None
        self._signing_key = b""
        self._closed = False

    def __reduce__(self) -> tuple[type[Cache], tuple[Path | None]]:
        """In another process, the same file is opened again."""
        return (Cache, (self._folder,))

    @classmethod
    def disabled(cls) -> Cache:
        """Return a cache that stores nothing."""
        return cls(None)

    @classmethod
    def in_memory(cls) -> Cache:
        """Return a cache that ends with the process."""
        cache = cls(None)
        cache._memory = {}
        return cache

    @property
    def folder(self) -> Path | None:
        """The folder of the file, to open it in another process; None without a file."""
        return self._folder

    @staticmethod
    def key(*parts: str | bytes) -> str:
        """Return a key for a value that is determined by these parts; different parts give different keys.

        The first part is the kind of the value, such as `equation`, and is readable in the key.
        """
        digest = hashlib.blake2b(digest_size=32)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            # Kind and lengths of the parts make the key unambiguous.
            digest.update(b"%c%d:" % (b"s" if isinstance(part, str) else b"b", len(data)))
            digest.update(data)
        kind = parts[0] if parts and isinstance(parts[0], str) and _KIND.fullmatch(parts[0]) else "other"
        return f"{kind}:{digest.hexdigest()}"

    def get(self, key: str) -> bytes | None:
        """Return the value of a key if it exists and is intact; it can be read after `close` too."""
        try:
            return self._value(key)
        finally:
            if self._closed:
                self._disconnect()

    def _value(self, key: str) -> bytes | None:
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
        """Store a value; it is written at the latest when the cache is closed, and not stored afterwards."""
        if self._memory is not None:
            self._memory[key] = value
        elif self._usable and not self._closed:
            self._pending[key] = value
            self._pending_bytes += len(value)
            if len(self._pending) >= _BATCH or self._pending_bytes >= _BATCH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Write buffered values."""
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
                with connection:  # commits, or rolls back
                    connection.executemany("UPDATE entries SET day = ? WHERE key = ?", [(today, key) for key in seen])
                    connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Write buffered values and close the file."""
        self.flush()
        self._disconnect()
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Ignore errors of the file."""
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
        own = signing_key()
        if own is None or not self._is_safe():
            self._usable = False
            return None
        self._signing_key = own
        if not is_there:
            make_folder(self._folder)
        self._connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
        if not self._prepare(self._connection):
            self._disconnect()
            self._usable = False
        return self._connection

    def _is_safe(self) -> bool:
        """Return whether SQLite can open the file safely: it follows links, and obeys logs next to a database.

        So links, special files, write-ahead logs and journals that name another are refused. A file that is not a
        database is removed.
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
        """Return the beginning of a file, empty if there is none; raises ProjectError for links and special files."""
        try:
            return read_below(self._folder, name, limit) if self._folder is not None else b""
        except FileNotFoundError:
            return b""

    def _prepare(self, connection: sqlite3.Connection) -> bool:
        """Initialise a new file; returns False if the file is not a cache."""
        connection.execute("PRAGMA trusted_schema = OFF")
        # A crash of the machine may damage the cache, which the digests detect; a crash of the program does not.
        connection.execute("PRAGMA synchronous = OFF")
        # Some systems overwrite deleted values with zeros, which doubles what a replaced value writes.
        connection.execute("PRAGMA secure_delete = OFF")
        version, schema = _version(connection), _schema(connection)
        if version == 0 and not schema:
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                if not _schema(connection):  # another process may have been faster
                    connection.execute(_TABLE)
                    connection.execute(f"PRAGMA user_version = {_FORMAT}")
            version, schema = _version(connection), _schema(connection)
        if version in _FORMER_FORMATS:
            version, schema = self._take_over(connection)
        # Other objects in the schema (a view, a trigger) could give a query any effect.
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
                connection.execute(f'DROP TABLE "{name}"')  # the name comes from the file, so it is quoted
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
        return _version(connection), _schema(connection)

    def contents(self) -> list[Kind]:
        """Return statistics by kind; empty if there is no readable file."""
        with self._guarded():
            connection = self._open(create=False)
            if connection is not None:
                # Values of other types are foreign; stored values are only checked when they are read.
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
        """Remove entries that were not used for a number of days, then the least recently used beyond a size in bytes.

        Returns the number of removed entries.
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
        """Check every entry and remove damaged ones; returns the numbers of intact and damaged entries."""
        with self._guarded():
            connection = self._open(create=False)
            if connection is not None:
                before = _count(connection)
                connection.create_function("sound", 3, self._is_sound_row)
                # The key as bytes, because invalid UTF-8 cannot be converted to text.
                connection.execute("DELETE FROM entries WHERE NOT sound(CAST(key AS BLOB), digest, value)")
                sound = _count(connection)
                return sound, before - sound
        return 0, 0

    def _checksum(self, key: str, value: bytes) -> bytes:
        """Return a digest of a key and its value with the user's signing key."""
        digest = hashlib.blake2b(b"%d:%s" % (len(key), key.encode("utf-8", "surrogatepass")), key=self._signing_key)
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
        """Remove a damaged file, so that the next run starts with an empty cache."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / _FILE).replace(self._folder / f"{_FILE}.damaged")


def _today() -> int:
    return int(time.time() // 86_400)


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])


def _shrink(connection: sqlite3.Connection, largest: int | None) -> None:
    """Remove the least recently used entries beyond a size in bytes, and shrink the file."""
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
    """Return the `user_version` in the header of a database file; None if it is not one of ours."""
    match = _HEADER.fullmatch(head[:100])
    return int.from_bytes(match[1], "big") if match is not None else None


def _schema(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT sql FROM sqlite_master")]


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def make_folder(folder: Path) -> None:
    """Create the folder of a cache, which git ignores."""
    folder.mkdir(parents=False, exist_ok=True)
    # Create it with its final mode, so that nothing is written through a link.
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as ignore:
        ignore.write("*\n")
