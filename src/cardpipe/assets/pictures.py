"""Media pictures: types, sizes, and decoding with bounded cost."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

    from cardpipe.model.deck import Media

MEDIA_TYPES: Final = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
"""Media types by file extension in lower case."""

NO_SIZE: Final = (300.0, 150.0)
"""Default width and height of an SVG in browsers (CSS 2.2, 10.3.2)."""

MOST_PIXELS: Final = 40_000_000
"""Maximum pixels of a picture: the size of high-end cameras, 160 MB in memory."""
_MOST_WEBP: Final = 25_000_000
"""Maximum pixels of a WebP, whose decoder keeps three copies."""
SHORTEST_SIDE: Final = 0.5
"""Minimum side of a drawing in CSS pixels."""
LONGEST_SIDE: Final = 30_000
"""Maximum side in pixels; Cairo's limit is 32,767."""
_MOST_MOVING: Final = 200_000_000
"""Maximum pixels of all frames of an animation."""
_MOST_SCANS: Final = 100
"""Maximum scans of a progressive JPEG; each takes as long as the whole picture. Programs write about ten."""

_FORMATS: Final = {"image/gif": "GIF", "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
"""Pillow's names of raster formats."""
_ORIENTATION: Final = 0x0112
_SWAPPED: Final = frozenset([5, 6, 7, 8])
"""Exif orientations that swap width and height (CIPA DC-008, 4.6.5)."""
_TURNED_BY_BROWSERS: Final = frozenset([".jpg", ".jpeg"])
"""Types whose Exif orientation all browsers apply."""
_JPEG_SCAN: Final = b"\xff\xda"
_JPEG_END: Final = b"\xff\xd9"
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD: Final = 33
"""The number of bytes up to the end of the header with the size."""

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
"""The number of characters of an SVG within which the root element must begin."""


class PictureFault(NamedTuple):
    """A fault of a picture, and what to do."""

    too_large: bool
    """Whether it is too large rather than damaged."""
    message: str
    help: str


class Pixels(NamedTuple):
    """A decoded raster image."""

    area: int
    """The number of pixels of one frame."""
    opaque: bool
    """Whether it has no transparency."""
    fault: PictureFault | None = None


def picture_size(media: Media) -> tuple[float, float] | None:
    """Return the natural width and height in CSS pixels, upright, from the header; None if it has none."""
    suffix = PurePosixPath(media.name).suffix.lower()
    if suffix == ".svg":
        return svg_size(media.data)
    try:
        with _opened(media.data, MEDIA_TYPES.get(suffix, "")) as image:
            width, height = float(image.width), float(image.height)
            turned = suffix in _TURNED_BY_BROWSERS and orientation(image) in _SWAPPED
            return (height, width) if turned else (width, height)
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for damaged files, struct.error among them
        return None


def is_pixels(media_type: str) -> bool:
    """Return whether a media type is a raster format."""
    return media_type in _FORMATS


def orientation(image: Image.Image) -> int:
    """Return the Exif orientation from 1 (upright) to 8; 1 if there is none."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - as above
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def decoded(data: bytes, media_type: str) -> Pixels:
    """Decode a picture completely, unless it is too large."""
    from PIL import Image, ImageFile, UnidentifiedImageError

    # WeasyPrint switches this on for the whole process.
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decoded(data, media_type)
    except Image.DecompressionBombError:
        advice = f"Scale it down: at most {MOST_PIXELS:,} pixels are allowed."
        fault = PictureFault(too_large=True, message="The picture has more than 100,000,000 pixels.", help=advice)
    except UnidentifiedImageError:
        fault = _damaged("The picture is damaged: its header cannot be read.")
    except Exception as error:  # noqa: BLE001 - as above
        reason = str(error).strip().rstrip(".")[:100] or type(error).__name__
        fault = _damaged(f"The picture is damaged: {reason}.")
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
    return Pixels(0, opaque=False, fault=fault)


def _decoded(data: bytes, media_type: str) -> Pixels:
    head = _head_fault(data, media_type)
    if head is not None:
        return Pixels(0, opaque=False, fault=head)
    with _opened(data, media_type) as image:
        area = image.width * image.height
        frames = int(getattr(image, "n_frames", 1))  # Pillow finds them without decoding one
        fault = _size_fault(image.width, image.height) or _moving_fault(image.width, image.height, frames)
        if fault is None and media_type != "image/jpeg" and orientation(image) != 1:
            message = "The picture is rotated by Exif data, which some programs ignore."
            fault = PictureFault(too_large=False, message=message, help="Save it rotated, without Exif data.")
        if fault is not None:
            return Pixels(0, opaque=False, fault=fault)
        image.load()
        opaque = _is_opaque(image)
        for frame in range(1, frames):
            image.seek(frame)
            if image.width * image.height > area:
                return Pixels(0, opaque=False, fault=_damaged("A frame of the animation is larger than the animation."))
            image.load()
        return Pixels(area, opaque=opaque and frames == 1)


def _head_fault(data: bytes, media_type: str) -> PictureFault | None:
    """Return the fault in a file's structure before Pillow reads it; raises ValueError if it is truncated."""
    if media_type == "image/webp":  # Pillow takes the memory for its pixels as soon as it opens one
        return _size_fault(*_webp_size(data), _MOST_WEBP)
    if media_type == "image/png" and data.startswith(_PNG_START) and len(data) > _PNG_HEAD:
        width, height = struct.unpack_from(">II", data, len(_PNG_START) + 8)
        return _size_fault(width, height) or _moving_fault(width, height, _png_frames(data))
    if media_type == "image/jpeg":
        if data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN):
            raise ValueError("it is cut off")
        if data.count(_JPEG_SCAN) > _MOST_SCANS:
            message = f"The JPEG has more than {_MOST_SCANS} scans."
            return PictureFault(too_large=True, message=message, help="Save it as a non-progressive JPEG.")
    return None


def _moving_fault(width: int, height: int, frames: int) -> PictureFault | None:
    if frames < 2 or frames * width * height <= _MOST_MOVING:
        return None
    message = f"The animation has {frames:,} frames of {width:,} by {height:,} pixels."
    advice = f"Shorten it or scale it down: all frames together can have at most {_MOST_MOVING:,} pixels."
    return PictureFault(too_large=True, message=message, help=advice)


def _opened(data: bytes, media_type: str) -> Image.Image:
    from PIL import Image

    if media_type == "image/webp" and _size_fault(*_webp_size(data), _MOST_WEBP) is not None:
        raise ValueError("too large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own bound on pixels is not ours
        return Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]])


def _is_opaque(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return True
    lowest = image.convert("RGBA").getchannel("A").getextrema()[0]
    return lowest == 255


def _size_fault(width: int, height: int, most: int = MOST_PIXELS) -> PictureFault | None:
    if width * height <= most and max(width, height) <= LONGEST_SIDE:
        return None
    return PictureFault(
        too_large=True,
        message=f"The picture has {width:,} by {height:,} pixels.",
        help=f"Scale it down: at most {most:,} pixels in total and {LONGEST_SIDE:,} per side are allowed.",
    )


def _damaged(message: str) -> PictureFault:
    return PictureFault(too_large=False, message=message, help="Save it again from its source.")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height from the header (RFC 9649, 2.5 to 2.7); raises ValueError if there is none."""
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("it has no picture")


def _png_frames(data: bytes) -> int:
    """Return the number of frames of a PNG; raises ValueError if a chunk is truncated or damaged (PNG, 5.3)."""
    place = len(_PNG_START)
    frames, ended = 0, False
    while place < len(data) and not ended:
        length = int.from_bytes(data[place : place + 4], "big")
        kind, end = data[place + 4 : place + 8], place + 8 + length
        if end + 4 > len(data):
            raise ValueError("it is cut off")
        if zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise ValueError(f"the checksum of its chunk {kind.decode('latin-1')!r} is wrong")
        frames += kind == b"fcTL"
        ended = kind == b"IEND"
        place = end + 4
    if not ended:
        raise ValueError("it is cut off")
    return max(1, frames)


def svg_size(data: bytes) -> tuple[float, float] | None:
    """Return width and height of the root element or its viewBox (SVG 2, 7.2), ignoring percentages."""
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
    """Return a length in CSS pixels; 0 if it is invalid."""
    match = _LENGTH.fullmatch(text)
    return float(match[1]) * _UNITS[match[2]] if match else 0.0
