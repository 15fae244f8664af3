"""A temporary file for pages until they are joined: those of ten thousand cards take a hundred megabytes."""

from __future__ import annotations

import io
import tempfile
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from cardpipe.errors import RenderError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

IN_MEMORY: Final = 16 * 1024 * 1024
"""The size in bytes up to which data stay in memory: a deck of some hundred cards needs no file."""
_AT_ONCE: Final = 16 * 1024


def spooled() -> BinaryIO:
    """Return a temporary file that is in memory until it grows; the caller closes it."""
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(IN_MEMORY))


class Spool:
    """A temporary file to which bytes are appended; it is deleted with the last reference to it."""

    def __init__(self) -> None:
        self._file = spooled()
        self._end = 0
        weakref.finalize(self, self._file.close)

    def append(self, data: bytes) -> SpooledBytes:
        """Append bytes; raises RenderError if there is no space."""
        start = self._end
        try:
            self._file.seek(start)
            self._file.write(data)
        except OSError as error:
            raise RenderError(f"The pages of the PDF cannot be written to a temporary file: {error}.") from error
        self._end += len(data)
        return SpooledBytes(self, start, len(data))

    def read(self, start: int, size: int) -> bytes:
        """Read a part of the file."""
        self._file.seek(start)
        return self._file.read(size)


@dataclass(frozen=True, slots=True)
class SpooledBytes:
    """Bytes in a spool."""

    spool: Spool
    start: int
    size: int

    def read(self) -> bytes:
        """Return all of them."""
        return self.spool.read(self.start, self.size)

    def stream(self) -> BinaryIO:
        """Return them as a file, of which only a small part is in memory at a time."""
        return io.BufferedReader(_Window(self), _AT_ONCE)


class _Window(io.RawIOBase):
    """Reads a part of a spool as a file."""

    def __init__(self, spooled: SpooledBytes) -> None:
        super().__init__()
        self._bytes = spooled
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._bytes.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        size = max(0, min(len(view), self._bytes.size - self._place))
        found = self._bytes.spool.read(self._bytes.start + self._place, size)
        view[: len(found)] = found
        self._place += len(found)
        return len(found)
