"""Inspect media pictures: whether they are safe, undamaged and cheap enough to draw.

Lint reports faults, and rendering rejects faulty pictures. Results are cached by the picture's content.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cardpipe.assets.pictures import LONGEST_SIDE, SHORTEST_SIDE, decoded, svg_size
from cardpipe.cache.installed import drawing_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.assets.svg import SvgFault
    from cardpipe.cache.store import Cache

UNSAFE: Final = "MED007"
DAMAGED: Final = "MED008"
TOO_LARGE: Final = "MED009"
TOO_COMPLEX: Final = "MED010"


@dataclass(frozen=True, slots=True)
class PictureFinding:
    """A fault of a picture: rule code, position in the file, message and help."""

    code: str
    line: int
    column: int
    message: str
    help: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of an inspection."""

    findings: tuple[PictureFinding, ...] = ()
    opaque: bool = False
    """Whether it is a raster image without transparency."""
    pixels: int = 0
    """The number of pixels; 0 for a vector drawing."""


def inspected(data: bytes, media_type: str, cache: Cache) -> Inspection:
    """Return the inspection of a picture; cached."""
    key = cache.key("picture", drawing_code(), media_type, data)
    known = _unpacked(cache.get(key))
    if known is None:
        known = inspect(data, media_type)
        cache.put(key, _packed(known))
    return known


def inspect(data: bytes, media_type: str) -> Inspection:
    """Inspect a picture of a media type."""
    if media_type == "image/svg+xml":
        return Inspection(tuple(drawing_findings(data)))
    pixels = decoded(data, media_type)
    if pixels.fault is None:
        return Inspection(opaque=pixels.opaque, pixels=pixels.area)
    code = TOO_LARGE if pixels.fault.too_large else DAMAGED
    return Inspection((PictureFinding(code, 1, 1, pixels.fault.message, pixels.fault.help),))


def drawing_findings(data: bytes) -> Iterator[PictureFinding]:
    """Return the faults of an SVG: unsafe content; if there is none, excess and damage."""
    # Most runs inspect no drawing, and loading it takes long.
    from cardpipe.assets.svg import read, work_of

    drawing = read(data)
    if drawing.faults or drawing.excess:
        yield from _findings(UNSAFE, drawing.faults)
        yield from _findings(TOO_COMPLEX, drawing.excess)
        return
    pixels: dict[int, int] = {}
    for embedded in drawing.embedded:
        place = drawing.elements[embedded.element].place
        try:
            found = decoded(base64.b64decode("".join(embedded.base64.split()), validate=True), embedded.media_type)
        except binascii.Error:
            yield PictureFinding(DAMAGED, *place, "The embedded picture is not valid base64.", "Embed it again.")
            continue
        pixels[embedded.element] = pixels.get(embedded.element, 0) + found.area
        if found.fault is not None:
            code = TOO_LARGE if found.fault.too_large else DAMAGED
            yield PictureFinding(code, *place, f"Embedded picture: {found.fault.message}", found.fault.help)
    yield from _findings(TOO_COMPLEX, work_of(drawing, pixels).faults)
    size = svg_size(data)
    if size is not None and not all(SHORTEST_SIDE <= side <= LONGEST_SIDE for side in size):
        message = f"The drawing is {size[0]:g} by {size[1]:g} pixels."
        yield PictureFinding(
            TOO_COMPLEX, 1, 1, message, f"Its sides must be between {SHORTEST_SIDE:g} and {LONGEST_SIDE:,} pixels."
        )


def _findings(code: str, faults: list[SvgFault]) -> Iterator[PictureFinding]:
    for fault in faults:
        yield PictureFinding(code, *fault)


def _packed(found: Inspection) -> bytes:
    findings = [[one.code, one.line, one.column, one.message, one.help] for one in found.findings]
    return json.dumps([findings, found.opaque, found.pixels]).encode("utf-8", "surrogatepass")


def _unpacked(kept: bytes | None) -> Inspection | None:
    """Decode a cached inspection; None if it is invalid."""
    try:
        findings, opaque, pixels = _json(kept)
        return Inspection(tuple(PictureFinding(*one) for one in findings), bool(opaque), int(pixels))
    except (ValueError, TypeError):
        return None


def _json(kept: bytes | None) -> Any:
    return json.loads(kept or b"null")
