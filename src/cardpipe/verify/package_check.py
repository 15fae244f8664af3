"""Check a package before Anki unpacks it: its kind, its database, and its real size, whatever the archive declares.

Anki unpacks the collection and all media to disk, and the list of media into memory, without limits.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Final, cast

from cardpipe.errors import UsageError
from cardpipe.files.archives import TooManyFilesError, opened_archive
from cardpipe.files.reading import open_named
from cardpipe.files.zstd import MAGIC, ZstdReader
from cardpipe.verify.collection_check import check_collection
from cardpipe.writers.anki.container import COLLECTIONS, LARGEST_COLLECTION, MOST_FILES, UnusableError

LARGEST_LIST: Final = 32 * 1024 * 1024
"""Maximum bytes of the list of media, and of any other entry that Anki reads into memory."""
LARGEST_MEDIA: Final = 4 * 1024**3
"""Maximum bytes of all media."""
_CHUNK: Final = 1024 * 1024


def is_collection(path: Path) -> bool:
    """Return whether a file is a whole collection by its name, as Anki decides it."""
    return path.suffix.lower() == ".colpkg"


def refusal(path: Path, reason: str) -> UsageError:
    """Return the error for a package that cannot be verified."""
    return UsageError(f"{path} cannot be verified: {reason}.")


def check_package(path: Path) -> None:
    """Raise UsageError if a file is not a package, unpacks to more than the limits, or has a database unlike Anki's."""
    try:
        with open_named(path) as file, opened_archive(file, MOST_FILES) as package:
            _check_entries(path, package)
    except UnusableError as error:
        raise refusal(path, str(error)) from None
    except TooManyFilesError as error:
        raise refusal(path, f"it lists more than {MOST_FILES:,} files") from error
    except OSError as error:
        if error.errno is None:
            raise refusal(path, "it is damaged or not a package") from error
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise refusal(path, "it is damaged or not a package") from error


def _check_entries(path: Path, package: zipfile.ZipFile) -> None:
    entries = package.infolist()
    if not {entry.filename for entry in entries}.intersection(COLLECTIONS):
        raise refusal(path, "it has no collection")
    left = LARGEST_MEDIA
    for entry in entries:
        if entry.filename in COLLECTIONS:
            _check_database(path, package, entry)
            continue
        is_media = entry.filename.isdecimal()
        limit = left if is_media else LARGEST_LIST
        size = _unpacked(package, entry, limit)
        if size > limit:
            what = "its media unpack" if is_media else f"“{entry.filename[:60]}” in it unpacks"
            raise _too_large(path, what, LARGEST_MEDIA if is_media else limit)
        left -= size if is_media else 0


def _check_database(path: Path, package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with tempfile.TemporaryDirectory(prefix="cardpipe-", ignore_cleanup_errors=True) as folder:
        unpacked = Path(folder) / "collection.anki"
        with unpacked.open("wb") as file:
            size = _unpacked(package, entry, LARGEST_COLLECTION, file)
        if size > LARGEST_COLLECTION:
            raise _too_large(path, f"“{entry.filename}” in it unpacks", LARGEST_COLLECTION)
        check_collection(unpacked)


def _too_large(path: Path, what: str, limit: int) -> UsageError:
    return refusal(path, f"{what} to more than {limit // 1024**2:,} MiB")


def _unpacked(package: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int, target: BinaryIO | None = None) -> int:
    """Return the number of bytes of an entry, also of a compressed file in it, and write them to a file if given.

    Counting stops above the limit.
    """
    # Read to the end of the data instead of the size that the archive declares.
    entry.file_size = sys.maxsize
    with package.open(entry) as raw:
        beginning = raw.read(len(MAGIC))
    with contextlib.ExitStack() as stack:
        file = cast("BinaryIO", stack.enter_context(package.open(entry)))
        if beginning == MAGIC:
            file = cast("BinaryIO", stack.enter_context(ZstdReader(file)))
        size = 0
        while size <= limit and (chunk := file.read(_CHUNK)):
            size += len(chunk)
            if target is not None:
                target.write(chunk)
    return size
