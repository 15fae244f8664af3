"""Check that bytes from a script's process are a safe picture."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from cardpipe.assets.inspection import drawing_findings
from cardpipe.assets.pictures import decoded
from cardpipe.figures.style import LARGEST_SIDE, SMALLEST_SIDE
from cardpipe.writers.api import FigureForm

if TYPE_CHECKING:
    from collections.abc import Iterator

_PNG_START: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def faults(data: bytes, form: FigureForm, width: float, height: float) -> str:
    """Return the faults of a picture with a claimed size in CSS pixels; empty if there are none."""
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        return "its size is out of range"
    if form is FigureForm.PNG:
        return _png_fault(data, width, height)
    return next(_svg_faults(data), "")


def _png_fault(data: bytes, width: float, height: float) -> str:
    if not data.startswith(_PNG_START) or not data.endswith(b"IEND\xaeB`\x82") or len(data) < 45:
        return "it is not a PNG picture"
    columns, rows = struct.unpack_from(">II", data, len(_PNG_START))
    if abs(columns - 2 * width) > 2 or abs(rows - 2 * height) > 2:
        return "it does not have the size that it claims"
    fault = decoded(data, "image/png").fault
    return _clause(fault.message) if fault is not None else ""


def _svg_faults(data: bytes) -> Iterator[str]:
    if b"<!" in data or b"<?" in data:  # matplotlib's are removed before
        yield "it holds XML declarations"
    for finding in drawing_findings(data):
        yield _clause(finding.message)


def _clause(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")
