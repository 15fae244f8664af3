"""Read SQLite databases of strangers: nothing in their schema may run, and sizes and steps are limited."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_STEPS: Final = 10_000
_VERSIONS: Final = slice(18, 20)
"""The file format versions: 2 is write-ahead logging, which cannot be read without a second file."""
_HEADER: Final = b"SQLite format 3\0"


def open_untrusted(path: Path, *, largest_value: int, most_steps: int) -> sqlite3.Connection:
    """Open a database read-only, without its log; its header is changed for that, so it must be a copy.

    `largest_value` is in bytes, `most_steps` in units of 10,000 instructions for all queries together. Raises
    sqlite3.Error if the file is not a database, as queries do for damage and beyond the limits.
    """
    with path.open("r+b") as file:
        if not file.read(_VERSIONS.stop).startswith(_HEADER):
            raise sqlite3.DatabaseError("file is not a database")
        file.seek(_VERSIONS.start)
        file.write(b"\1\1")
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.execute("PRAGMA mmap_size=0")
        connection.execute("PRAGMA cache_size=-16000")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, largest_value)
        connection.create_collation("unicase", _compare)
        steps = iter(range(most_steps))
        connection.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
    except BaseException:
        connection.close()
        raise
    return connection


def _compare(one: str, other: str) -> int:
    """Compare as Anki's collation does, which indices of its collections use."""
    first, second = one.casefold(), other.casefold()
    return (first > second) - (first < second)
