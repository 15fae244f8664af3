"""Check the database of a package before Anki opens it: nothing in it may run by itself, and no value may be huge.

Anki writes to the database of a package when it imports it, so triggers, views, checks and computed columns in it run.
It reads each value several times.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING, Final

from cardpipe.files.untrusted_database import open_untrusted
from cardpipe.writers.anki.container import UnusableError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_VALUE: Final = 32 * 1024 * 1024
"""Maximum bytes of a value; schema 11 keeps all note types in one, with their scripts."""
LONGEST_VALUES: Final = {
    "notes": {"guid": 1_000, "tags": 100_000, "flds": 8 * 1024 * 1024, "data": 100_000},
    "cards": {"data": 100_000},
    "tags": {"tag": 100_000},
}
"""Maximum bytes of values by table and column; Anki takes a minute for a tag of ten million characters."""
_TABLES: Final = frozenset(
    {
        *("col", "notes", "cards", "revlog", "graves"),
        *("config", "deck_config", "decks", "fields", "templates", "notetypes", "tags"),
    }
)
_COMMENT: Final = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_COMPUTED: Final = re.compile(r"\b(?:like|glob|match|regexp)\b|(?<!key)(?<!key )(?<!unique)(?<!unique )\(")
"""What SQLite computes for each row, in the columns of a definition: Anki's have only lists of keys in parentheses."""
_MOST_STEPS: Final = 50_000
"""Limit in units of 10,000 instructions: some seconds; a collection of 200,000 notes takes a tenth."""


def check_collection(path: Path) -> None:
    """Raise UnusableError if a database has something that Anki never writes, or a value beyond the limits.

    An empty file is none, from which Anki makes a new collection. The file must be a copy.
    """
    if not path.stat().st_size:
        return
    try:
        with contextlib.closing(
            open_untrusted(path, largest_value=LARGEST_VALUE, most_steps=_MOST_STEPS)
        ) as connection:
            _check_schema(connection)
            _check_values(connection)
    except sqlite3.DataError:
        raise UnusableError("a field in it is too large") from None
    except sqlite3.OperationalError as error:
        reason = "reading its collection takes too long" if "interrupted" in str(error) else "its collection is damaged"
        raise UnusableError(reason) from None
    except sqlite3.Error:
        raise UnusableError("its collection is damaged") from None


def _check_schema(connection: sqlite3.Connection) -> None:
    for kind, table, definition in connection.execute("SELECT type, tbl_name, sql FROM sqlite_master"):
        words = " ".join(_COMMENT.sub(" ", str(definition or "")).lower().split())
        if kind not in ("table", "index") or words.startswith("create virtual"):
            what = "virtual table" if kind == "table" else kind
            raise UnusableError(f"its collection has a {what}, which Anki never creates")
        if str(table).lower() in _TABLES and _COMPUTED.search(words.partition("(")[2]):
            raise UnusableError(f"“{table}” in its collection has an expression, which Anki never creates")


def _check_values(connection: sqlite3.Connection) -> None:
    for table, limits in LONGEST_VALUES.items():
        present = {str(row[1]).lower() for row in connection.execute(f"PRAGMA table_info({table})")}
        for column, most in limits.items():
            if column in present:
                sql = f"SELECT max(length(CAST({column} AS BLOB))) FROM {table}"  # noqa: S608 - constants
                [(longest,)] = connection.execute(sql)
                if (longest or 0) > most:
                    raise UnusableError(f"“{column}” of one of its {table} has more than {most:,} bytes")
