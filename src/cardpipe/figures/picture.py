"""Whether bytes from a script's process are a picture and nothing more."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from cardpipe.figures.style import LARGEST_SIDE, SMALLEST_SIDE
from cardpipe.rendered import FigureForm

if TYPE_CHECKING:
    from collections.abc import Iterator

_SVG: Final = "{http://www.w3.org/2000/svg}"
_ELEMENTS: Final = frozenset(
    _SVG + name
    for name in (
        *("svg", "defs", "style", "g", "path", "use", "clipPath", "rect", "image", "pattern"),
        *("linearGradient", "stop", "filter", "feColorMatrix"),
    )
)
"""All that matplotlib writes, links (`a`) left out."""
_STYLE_SHEET: Final = "*{stroke-linejoin: round; stroke-linecap: butt}"
_OWN_REFERENCE: Final = re.compile(r"#[\w.-]+\Z|data:image/png;base64,[A-Za-z0-9+/=\s]*\Z")
_PNG_START: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def faults(data: bytes, form: FigureForm, width: float, height: float) -> str:
    """What is wrong with a picture whose size in CSS pixels is claimed; empty where nothing is."""
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
    return ""


def _svg_faults(data: bytes) -> Iterator[str]:
    if b"<!" in data or b"<?" in data:
        # No entities, no document type: a few bytes of those could grow without end.
        yield "it holds XML declarations"
        return
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - declarations are refused above
    except (ElementTree.ParseError, ValueError):
        yield "it is not well-formed SVG"
        return
    if root.tag != _SVG + "svg":
        yield "it is not SVG"
    for element in root.iter():
        if element.tag not in _ELEMENTS:
            yield f"it holds the element {str(element.tag).removeprefix(_SVG)[:40]}"
        if element.tag == _SVG + "style" and (element.text or "").strip() != _STYLE_SHEET:
            yield "it holds a style sheet of its own"
        for name, value in element.attrib.items():
            bare = name.rpartition("}")[2].lower()
            if bare.startswith("on") or (bare == "href" and not _OWN_REFERENCE.match(value)):
                yield f"it holds the attribute {bare[:40]}"
            # A backslash could spell any of these words in another way.
            if re.search(r"url\(\s*[^#\s]|expression|@import|javascript:|\\", value, re.IGNORECASE):
                yield f"its attribute {bare[:40]} refers to something outside"
