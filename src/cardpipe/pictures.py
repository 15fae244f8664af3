"""The room around pictures that authors supply: their types, and their sizes from the head alone."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.model import Media

MEDIA_TYPES: Final = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
"""By suffix in small letters."""

NO_SIZE: Final = (300.0, 150.0)
"""Width and height that a browser gives an SVG without any (CSS 2.2, 10.3.2)."""

_UNITS: Final = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "em": 16.0,
    "ex": 8.0,
}
_ROOT: Final = re.compile(r"<(?:[A-Za-z]{1,20}:)?svg((?:\s+[^\s=<>/]{1,60}+\s*=\s*(?:\"[^\"]*+\"|'[^']*+'))*+)\s*/?>")
_LENGTH: Final = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,9})?)\s*(px|pt|pc|in|cm|mm|em|ex|)\s*")
_HEAD: Final = 20_000
"""Characters of an SVG in which its root must stand."""


def picture_size(media: Media) -> tuple[float, float] | None:
    """Natural width and height in CSS pixels; None where the file's head gives none. No pixel is decoded."""
    if PurePosixPath(media.name).suffix.lower() == ".svg":
        return svg_size(media.data)
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a huge picture is the author's business, not a reason to stop
            with Image.open(io.BytesIO(media.data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
                return float(image.width), float(image.height)
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for damaged files, struct.error among them
        return None


def svg_size(data: bytes) -> tuple[float, float] | None:
    """Width and height of the root element, or its viewBox (SVG 2, 7.2); percentages count as not given."""
    root = _ROOT.search(data[:_HEAD].decode("utf-8", "replace"))
    if root is None:
        return None
    attributes = dict(re.findall(r"\s([^\s=]+)\s*=\s*[\"']([^\"']*)[\"']", root[1]))
    width, height = _length(attributes.get("width", "")), _length(attributes.get("height", ""))
    if width and height:
        return width, height
    box = [_length(part) for part in re.split(r"[\s,]+", attributes.get("viewBox", "").strip())]
    if len(box) != 4 or not box[2] or not box[3]:
        return None
    if width:
        return width, width * box[3] / box[2]
    return (height * box[2] / box[3], height) if height else (box[2], box[3])


def _length(text: str) -> float:
    """A length in CSS pixels, 0 where it is none."""
    match = _LENGTH.fullmatch(text)
    return float(match[1]) * _UNITS[match[2]] if match else 0.0
