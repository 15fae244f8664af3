"""Streams compressed with Zstandard: by the standard library from Python 3.14, below it by its backport."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from typing import BinaryIO

MAGIC: Final = b"\x28\xb5\x2f\xfd"
"""The beginning of a frame (RFC 8878, 3.1.1)."""
_CHUNK: Final = 256 * 1024
_LARGEST_WINDOW: Final = 27
"""The binary logarithm of the memory that a frame may ask for: 128 MiB, what zstd itself allows without options."""


class ZstdReader(io.RawIOBase):
    """Reads the unpacked content of a stream; a damaged or shortened one raises EOFError or ValueError."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._module = _module()
        self._decompressor = self._new()
        self._ended = False

    def _new(self) -> Any:
        parameter = self._module.DecompressionParameter.window_log_max
        return self._module.ZstdDecompressor(options={parameter: _LARGEST_WINDOW})

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to the size of a buffer into it; 0 at the end."""
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, as many as there are; all of them if it is negative."""
        parts = []
        left = size
        while left:
            data = self._next(min(left, _CHUNK) if left > 0 else _CHUNK)
            if not data:
                break
            parts.append(data)
            left -= len(data) if left > 0 else 0
        return b"".join(parts)

    def close(self) -> None:
        """Close the source as well."""
        self._source.close()
        super().close()

    def _next(self, size: int) -> bytes:
        while not self._ended:
            if self._decompressor.eof:
                rest = self._decompressor.unused_data or self._source.read(_CHUNK)
                if not rest:
                    self._ended = True
                    break
                self._decompressor = self._new()
                data = self._unpacked(rest, size)
            else:
                more = self._source.read(_CHUNK) if self._decompressor.needs_input else b""
                if self._decompressor.needs_input and not more:
                    raise EOFError
                data = self._unpacked(more, size)
            if data:
                return data
        return b""

    def _unpacked(self, data: bytes, size: int) -> bytes:
        try:
            unpacked: bytes = self._decompressor.decompress(data, size)
        except self._module.ZstdError as error:
            raise ValueError(str(error)) from None
        return unpacked


def _module() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
