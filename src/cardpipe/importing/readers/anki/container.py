"""The file of an `.apkg` or `.colpkg`: which collection in it counts, and its media, with limits for hostile ones.

There are three forms: schema 18 with zstd (`collection.anki21b`), and schema 11 (`collection.anki21` or
`collection.anki2`). A `.anki2` beside a newer collection only asks users to update Anki.
(Anki's source, `rslib/src/import_export/package`.)
"""

from __future__ import annotations

import contextlib
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final, cast

from cardpipe.errors import UsageError
from cardpipe.files.zstd import ZstdReader
from cardpipe.importing.readers.anki.protobuf import DamagedMessageError, fields, text
from cardpipe.writers.anki.container import COLLECTIONS, LARGEST_COLLECTION, MOST_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

LARGEST_MAP: Final = 32 * 1024 * 1024
"""Maximum bytes of the list of media."""
LARGEST_FILE: Final = 64 * 1024 * 1024
"""Maximum bytes of a media file that is read; larger ones than lint allows are named in the report."""
_HEADER: Final = b"SQLite format 3\0"
_CHUNK: Final = 1024 * 1024
_NEWEST: Final = COLLECTIONS[0]
_LATEST_VERSION: Final = 3


class UnusableError(Exception):
    """Why a package cannot be used."""


class Container:
    """An opened package."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        entries = archive.infolist()
        if len(entries) > MOST_FILES:
            raise UnusableError(f"it has more than {MOST_FILES:,} files")
        self._entries = {entry.filename: entry for entry in entries}
        self.is_compressed = self._version() == _LATEST_VERSION
        names = COLLECTIONS if self.is_compressed else COLLECTIONS[1:]
        found = next((name for name in names if name in self._entries), None)
        if found is None:
            raise UnusableError("it has no collection")
        self.is_compressed = found == _NEWEST
        self._collection = found
        self._left = 0

    def _version(self) -> int:
        if "meta" not in self._entries:
            return _LATEST_VERSION if _NEWEST in self._entries else 0
        version = dict(fields(self._bounded("meta", 1024))).get(1, 0)
        if not isinstance(version, int) or version > _LATEST_VERSION:
            raise UnusableError("it has a newer form than cardpipe knows")
        return version

    def write_collection(self, path: Path) -> None:
        """Unpack the collection into a file; raises UnusableError above the limit."""
        left = LARGEST_COLLECTION
        with self._opened(self._collection, compressed=self.is_compressed) as source, path.open("wb") as target:
            while chunk := source.read(_CHUNK):
                if left == LARGEST_COLLECTION and not chunk.startswith(_HEADER):
                    raise UnusableError("its collection is not a database")
                left -= len(chunk)
                if left < 0:
                    raise UnusableError(f"its collection is larger than {LARGEST_COLLECTION // 1024**2} MiB")
                target.write(chunk)
        if left == LARGEST_COLLECTION:
            raise UnusableError("its collection is empty")

    def media_names(self) -> Mapping[str, str]:
        """Return the names of entries by the names of media; raises UnusableError if the list is damaged."""
        if "media" not in self._entries:
            return {}
        listed = self._new_list() if self.is_compressed else self._old_list()
        return {name: entry for entry, name in listed.items() if entry in self._entries}

    def _old_list(self) -> dict[str, str]:
        data = self._bounded("media", LARGEST_MAP) or b"{}"
        listed: Any = json.loads(data)
        if not isinstance(listed, dict) or not all(isinstance(name, str) for name in listed.values()):
            raise UnusableError("its list of media is damaged")
        return cast("dict[str, str]", listed)

    def _new_list(self) -> dict[str, str]:
        listed: dict[str, str] = {}
        with self._opened("media", compressed=True) as file:
            data = file.read(LARGEST_MAP + 1)
        if len(data) > LARGEST_MAP:
            raise UnusableError("its list of media is too long")
        for number, value in fields(data):
            if number == 1 and isinstance(value, bytes):
                entry = dict(fields(value))
                place = entry.get(255, len(listed))
                listed[str(place)] = text(entry, 1)
        return listed

    def open_media(self, entry: str) -> BinaryIO:
        """Open a media file by the name of its entry."""
        return self._opened(entry, compressed=self.is_compressed)

    def _bounded(self, name: str, limit: int) -> bytes:
        with self._opened(name, compressed=False) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise UnusableError(f"“{name}” in it is larger than {max(1, limit // 1024)} KiB")
        return data

    def _opened(self, name: str, *, compressed: bool) -> BinaryIO:
        entry = self._entries[name]
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnusableError(f"“{name}” in it has an unknown compression")
        if entry.flag_bits & 1:
            raise UnusableError("it is encrypted")
        file = cast("BinaryIO", self._archive.open(entry))
        return cast("BinaryIO", ZstdReader(file)) if compressed else file


@contextlib.contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a package into one message."""
    import sqlite3

    try:
        yield
    except UnusableError as error:
        raise refusal(path, str(error)) from None
    except MemoryError:
        raise refusal(path, "it needs more memory than is available") from None
    except DamagedMessageError:
        raise refusal(path, "it is damaged: a protobuf message cannot be read") from None
    except sqlite3.DataError:
        raise refusal(path, "a field in it is too large") from None
    except sqlite3.OperationalError as error:
        reason = "reading its collection takes too long" if "interrupted" in str(error) else "its collection is damaged"
        raise refusal(path, reason) from None
    except (sqlite3.Error, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise refusal(path, "it is damaged or not a package") from None
    except OSError as error:
        if error.errno is None:
            raise refusal(path, "it is damaged or not a package") from None
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, IndexError):
        raise refusal(path, "it is damaged or not a package") from None


def refusal(path: Path, reason: str) -> UsageError:
    """Return the error for a package that cannot be used."""
    return UsageError(f"{path} cannot be imported: {reason}.", hint="Export it again from Anki, and try that file.")
