"""Postprocessing of a finished PDF: reduced ink, greyscale, bleed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.writers.pdf.composing.paper import BLEED_OPTION, GREY_OPTION, INK_OPTION, MILLIMETRE, length_of
from cardpipe.writers.pdf.composing.saving import saved
from cardpipe.writers.pdf.prepress.recolour import fainter, in_greys

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pikepdf

_MARK: Final = 5.0
"""Length of a cut mark in millimetres."""
_GAP: Final = 3.0
"""The least distance of a cut mark from what is cut, in millimetres."""
_MOST: Final = 25.0
_RIM: Final = 2.0
"""The margin of the page beyond the cut marks, in millimetres."""


def printed(data: bytes, options: Mapping[str, str]) -> bytes:
    """Apply the options `ink`, `grey` and `bleed` to a PDF; raises UsageError for an excessive bleed."""
    if options[INK_OPTION.name] == "saving":
        data = fainter(data)
    if options[GREY_OPTION.name] == "yes":
        data = in_greys(data)
    bleed = options[BLEED_OPTION.name]
    return data if bleed == BLEED_OPTION.default else with_bleed(data, length_of(bleed))


def with_bleed(data: bytes, bleed: float) -> bytes:
    """Return the PDF on larger pages with trim box, bleed box and cut marks; lengths are in millimetres."""
    import pikepdf

    if bleed > _MOST:
        raise UsageError(f"A bleed of {bleed:g} mm is too large.", hint="Use 3mm or 0.125in.")
    rim = max(bleed, _GAP) + _MARK + _RIM
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            trim = [float(side) for side in page.mediabox]
            page.trimbox = _grown(trim, 0)
            page.bleedbox = _grown(trim, bleed)
            page.mediabox = page.cropbox = _grown(trim, rim)
            page.contents_add(_marks(trim, max(bleed, _GAP)))
        if "/ViewerPreferences" not in pdf.Root:
            pdf.Root.ViewerPreferences = pikepdf.Dictionary()
        pdf.Root.ViewerPreferences.PrintScaling = pikepdf.Name("/None")
        return saved(pdf)


def _grown(box: list[float], by: float) -> pikepdf.Array:
    import pikepdf

    left, bottom, right, top = box
    outwards = by * MILLIMETRE
    return pikepdf.Array(
        [round(side, 3) for side in (left - outwards, bottom - outwards, right + outwards, top + outwards)]
    )


def _marks(trim: list[float], gap: float) -> bytes:
    """Return two strokes at each corner, on the lines to cut, as a content stream."""
    left, bottom, right, top = trim
    start, end = gap * MILLIMETRE, (gap + _MARK) * MILLIMETRE
    strokes = []
    for x, outwards in ((left, -1), (right, 1)):
        for y, upwards in ((bottom, -1), (top, 1)):
            strokes.append((x, y + upwards * start, x, y + upwards * end))
            strokes.append((x + outwards * start, y, x + outwards * end, y))
    lines = "".join(f"{a:.3f} {b:.3f} m {c:.3f} {d:.3f} l S\n" for a, b, c, d in strokes)
    # Screen readers skip them in a tagged PDF.
    return f"/Artifact BMC\nq 0 G 0.25 w\n{lines}Q\nEMC\n".encode()
