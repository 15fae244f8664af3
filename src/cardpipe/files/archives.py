"""Open ZIP archives of strangers with a limit on the list of their files, which `zipfile` reads as a whole."""

from __future__ import annotations

import contextlib
import zipfile
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRY: Final = 100
"""Usual bytes of a file in the list: 46, its name and times."""
_LEAST: Final = 16 * 1024


class TooManyFilesError(Exception):
    """An archive lists more files than it may have."""


class _Reader:
    """A file of which no more than a number of bytes can be requested at once.

    `zipfile` requests the list of files in one piece, of the size that the end record says.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self.most: int | None = most
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Read as usual; raises TooManyFilesError beyond the limit."""
        if self.most is not None and size > self.most:
            raise TooManyFilesError
        return self._file.read(size)


@contextlib.contextmanager
def opened_archive(file: BinaryIO, most: int) -> Iterator[zipfile.ZipFile]:
    """Open an archive to read it; raises TooManyFilesError if it lists more files, before they are read.

    The errors of `zipfile` are raised too.
    """
    reader = _Reader(file, max(_LEAST, most * _ENTRY))
    with zipfile.ZipFile(reader) as archive:
        if len(archive.filelist) > most:
            raise TooManyFilesError
        reader.most = None
        yield archive
