"""The file of an `.apkg`: reproducible bytes where it is written, limits where it is read.

A package that is read is untrusted: sizes that an archive declares can be wrong, and a database can run code.
"""

from __future__ import annotations

import contextlib
import io
import sqlite3
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.files.archives import TooManyFilesError, opened_archive
from cardpipe.files.reading import open_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

LARGEST_DATABASE: Final = 96 * 1024 * 1024
"""Maximum bytes, of which three copies are briefly in memory; ten thousand large cards have a third of it."""
LARGEST_COLLECTION: Final = 1024**3
"""Maximum bytes of a collection that is not held in memory; one with 200,000 notes has about 300 MB."""
LARGEST_MAP: Final = 16 * 1024 * 1024
"""Maximum bytes of the list of media."""
LARGEST_FILE: Final = 64 * 1024 * 1024
"""Maximum bytes of a media file."""
LARGEST_MEDIA: Final = 2 * 1024**3
"""Maximum bytes of all media."""
MOST_FILES: Final = 100_000
"""Maximum files of a package; large shared decks have about 40,000 pictures."""
DATABASES: Final = ("collection.anki21", "collection.anki2")
"""Names of a package's collection without Zstandard, the one that Anki prefers first."""
COLLECTIONS: Final = ("collection.anki21b", *DATABASES)
"""Names of a package's collection in all forms, in the same order."""
_MOST_STEPS: Final = 5_000
"""Limit in units of 10,000 instructions: some seconds; a hundred thousand notes take less than one."""
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_PLAIN_FILE: Final = 0o100644 << 16
_COMPRESSION: Final = 4
"""The compression level; 6 takes two and a half times as long and makes the package only 5 % smaller."""
_SQLITE_VERSION: Final = slice(96, 100)
"""Where a database names the library that wrote it (https://www.sqlite.org/fileformat.html); nothing reads it."""
_DAMAGES: Final = (
    zipfile.BadZipFile,
    zlib.error,
    sqlite3.Error,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)
"""What reading a damaged package raises."""


class UnusableError(Exception):
    """Why a package cannot be used."""


@contextlib.contextmanager
def opened(path: Path, refusal: Callable[[str], UsageError]) -> Iterator[zipfile.ZipFile]:
    """Open a package; whatever is wrong with it within the block raises the refusal for that reason."""
    try:
        with open_named(path) as file, opened_archive(file, MOST_FILES) as package:
            yield package
    except UnusableError as error:
        raise refusal(str(error)) from None
    except TooManyFilesError:
        raise refusal(f"it lists more than {MOST_FILES} files") from None
    except MemoryError:
        raise refusal("it needs more memory than is available") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except _DAMAGES as error:
        raise refusal("it is damaged or not a package") from error


def bounded(package: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return a file of a package; raises UnusableError above the limit, whatever size the archive declares."""
    if package.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnusableError(f"“{name}” in it has an unknown compression")
    with package.open(name) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UnusableError(f"“{name}” in it is larger than {limit // 1024 // 1024} MiB")
    return data


@contextlib.contextmanager
def database(package: zipfile.ZipFile) -> Iterator[sqlite3.Connection]:
    """Open a copy of a package's collection in memory, with limits; raises UnusableError if there is none."""
    names = set(package.namelist())
    name = next((name for name in DATABASES if name in names), None)
    if name is None:
        raise UnusableError("it has no collection in cardpipe's format")
    data = bounded(package, name, LARGEST_DATABASE)
    if not data:
        raise UnusableError("its collection is empty")
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(data)
        del data
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_DATABASE)
        steps = iter(range(_MOST_STEPS))
        # A view in place of a table could run forever.
        connection.set_progress_handler(lambda: next(steps, None) is None, 10_000)
        yield connection


def serialised(connection: sqlite3.Connection) -> bytes:
    """Return the bytes of a database, which depend only on its content."""
    # Pages in order and without leftovers, whatever way they were filled.
    connection.execute("VACUUM")
    content = bytearray(connection.serialize())
    content[_SQLITE_VERSION] = (3_040_000).to_bytes(4, "big")
    return bytes(content)


def archive(files: Iterable[tuple[str, bytes, bool]]) -> bytes:
    """Return a package of files: name, bytes, and whether to compress them; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data, compress in files:
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.create_system = _UNIX
            entry.external_attr = _PLAIN_FILE
            method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            package.writestr(entry, data, compress_type=method, compresslevel=_COMPRESSION)
    return out.getvalue()
