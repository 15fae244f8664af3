"""The files that an author supplied: their names as assets, and how large they are drawn."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cardpipe.rendered import Asset

if TYPE_CHECKING:
    from cardpipe.model import Deck, Media

MEDIA_TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}

# The width and height that a browser gives an SVG without any (CSS 2.2, 10.3.2).
_NO_SIZE = (300.0, 150.0)

_UNITS = {
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
_ROOT = re.compile(r"<(?:[A-Za-z]{1,20}:)?svg((?:\s+[^\s=<>/]{1,60}+\s*=\s*(?:\"[^\"]*+\"|'[^']*+'))*+)\s*/?>")
_LENGTH = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,9})?)\s*(px|pt|pc|in|cm|mm|em|ex|)\s*")
_HEAD = 20_000
"""Characters of an SVG in which its root must begin."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An asset with its natural size in CSS pixels."""

    asset: Asset
    width: float
    height: float


class MediaFiles:
    """The deck's pictures by name, each read once."""

    def __init__(self, deck: Deck) -> None:
        self._files = {media.name: media for media in deck.media}
        self._known: dict[str, Picture | None] = {}

    def picture(self, name: str) -> Picture | None:
        """The picture with a name below `source/media/`; None where there is none, or it is not a picture."""
        if name not in self._known:
            media = self._files.get(name.removeprefix("./"))
            self._known[name] = None if media is None else _picture(media)
        return self._known[name]


def asset_name(stem: str, suffix: str, data: bytes) -> str:
    """A name that the bytes determine, plain enough for any file system, and for Anki never with `_` in front."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", stem).strip("-")[:60] or "picture"
    return f"{plain}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}"


def _picture(media: Media) -> Picture | None:
    path = PurePosixPath(media.name)
    suffix = path.suffix.lower()
    media_type = MEDIA_TYPES.get(suffix)
    if media_type is None:
        return None
    size = _svg_size(media.data) if suffix == ".svg" else _bitmap_size(media.data)
    return Picture(Asset(asset_name(path.stem, suffix, media.data), media_type, media.data), *size)


def _bitmap_size(data: bytes) -> tuple[float, float]:
    """Width and height from the header; no pixel is decoded."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a huge picture is the author's business, not a reason to stop
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
                return float(image.width), float(image.height)
    # Pillow raises many kinds for damaged files (OSError, SyntaxError, ValueError, struct.error …); a picture that
    # cannot be measured is shown in the default size.
    except Exception:  # noqa: BLE001
        return _NO_SIZE


def _svg_size(data: bytes) -> tuple[float, float]:
    root = _ROOT.search(data[:_HEAD].decode("utf-8", "replace"))
    if root is None:
        return _NO_SIZE
    attributes = dict(re.findall(r"\s([^\s=]+)\s*=\s*[\"']([^\"']*)[\"']", root.group(1)))
    width, height = _length(attributes.get("width", "")), _length(attributes.get("height", ""))
    if width and height:
        return width, height
    box = [_length(part) for part in re.split(r"[\s,]+", attributes.get("viewBox", "").strip())[-2:]]
    if len(box) == 2 and box[0] and box[1]:
        if width:
            return width, width * box[1] / box[0]
        return (height * box[0] / box[1], height) if height else (box[0], box[1])
    return _NO_SIZE


def _length(text: str) -> float:
    match = _LENGTH.fullmatch(text)
    return float(match.group(1)) * _UNITS[match.group(2)] if match else 0.0
