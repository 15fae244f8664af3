"""Writing a PDF to a file."""

from __future__ import annotations

import errno
import io

import pikepdf
import pytest

from cardpipe.errors import RenderError
from cardpipe.writers.pdf.composing import saving


class FullDisk(io.BytesIO):
    """A file for which there is no room."""

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, f"No space left on device for {type(data).__name__}")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def sample() -> pikepdf.Pdf:
    made = pikepdf.new()
    made.add_blank_page()
    return made


def test_a_full_disk_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda _size: FullDisk())
    with pytest.raises(RenderError, match=r"cannot be written to a temporary file.*No space left"):
        saving.written(sample())


def test_what_is_written_into_a_file_is_what_is_written_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = saving.saved(sample())
    monkeypatch.setattr("cardpipe.writers.pdf.composing.spool.IN_MEMORY", 10)
    assert saving.read_back(saving.written(sample())) == in_memory
