"""PDF I/O: reproducible bytes."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, BinaryIO, Final

from cardpipe.errors import RenderError
from cardpipe.parallel.free_memory import return_free_memory
from cardpipe.writers.pdf.composing import spool

if TYPE_CHECKING:
    import pikepdf
    from _typeshed import ReadableBuffer

_AT_ONCE: Final = 64 * 1024


def saved(pdf: pikepdf.Pdf) -> bytes:
    """Return the PDF with an identifier derived from its content, and without a date."""
    stream = io.BytesIO()
    _save(pdf, stream)
    return stream.getvalue()


def written(pdf: pikepdf.Pdf) -> BinaryIO:
    """Write the same to a temporary file, so that the PDF can be released before its bytes are `read_back`.

    Raises RenderError if there is no space.
    """
    stream = spool.spooled()
    careful = _Careful(stream)
    # qpdf writes each token by itself.
    buffered = io.BufferedWriter(careful, _AT_ONCE)
    _save(pdf, buffered)
    buffered.flush()
    if careful.error is not None:
        careful.give_up()
        raise RenderError(f"The PDF cannot be written to a temporary file: {careful.error}.") from careful.error
    return stream


class _Careful(io.RawIOBase):
    """Records errors of another file: an exception during writing would make qpdf end the program."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        if self.error is None:
            try:
                self._stream.write(data)
            except OSError as error:
                self.error = error
        return memoryview(data).nbytes

    def flush(self) -> None:
        if self.error is None:
            try:
                self._stream.flush()
            except OSError as error:
                self.error = error

    def give_up(self) -> None:
        """Close the other file, which may try once more to write buffered data."""
        with contextlib.suppress(OSError):
            self._stream.close()


def read_back(stream: BinaryIO) -> bytes:
    """The bytes of what was `written`, which goes; its PDF is to have been let go of before."""
    with stream:
        if stream.seek(0, io.SEEK_END) > spool.IN_MEMORY:
            return_free_memory()
        stream.seek(0)
        return stream.read()


def _save(pdf: pikepdf.Pdf, stream: BinaryIO) -> None:
    import pikepdf

    pdf.save(
        stream,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        compress_streams=True,
        min_version="1.7",
        fix_metadata_version=False,
    )
