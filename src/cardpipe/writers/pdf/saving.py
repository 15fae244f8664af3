"""A PDF as bytes, the same whenever it is written."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pikepdf


def saved(pdf: pikepdf.Pdf) -> bytes:
    """The PDF with an identifier that follows from what is in it, and without a date."""
    import pikepdf

    stream = io.BytesIO()
    pdf.save(
        stream,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        compress_streams=True,
        min_version="1.7",
        fix_metadata_version=False,
    )
    return stream.getvalue()
