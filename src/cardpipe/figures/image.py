"""The figure kind `image`: a picture that the author supplied."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from cardpipe.fields import Field, Text
from cardpipe.figure_kind import Drawing
from cardpipe.figures.places import wrong
from cardpipe.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.diagnostics import Finding
    from cardpipe.model import Deck, Figure, Media
    from cardpipe.rendered import FigureForm

_TYPES: Final = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
_HEAD: Final = 20_000
"""Characters of an SVG in which its root element must stand."""
_SVG_ROOT: Final = re.compile(r"<(?:[A-Za-z]{1,20}:)?svg\b([^<>]{0,4000})>")
_PIXELS: Final = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
FIELDS: Final = (
    Field(
        "file",
        Text(single_line=True),
        "A picture below `source/media/`: png, jpg, gif, webp or svg.",
        required=True,
        example="neuron.png",
    ),
)


class ImageKind:
    """Shows a file of `source/media/` as a figure, with alternative text and caption like any other."""

    name = "image"
    summary = "A picture from source/media/."
    fields = FIELDS

    def check(self, figure: Figure, values: Mapping[str, Any], deck: Deck) -> Sequence[Finding]:
        """Find files that are missing or no pictures."""
        if "file" not in values:
            return ()
        name = values["file"].text
        media = _media(deck, name)
        if media is None:
            near = nearest(name, (media.name for media in deck.media))
            shown = name if len(name) <= 60 else f"{name[:59]}…"
            return [
                wrong(
                    figure,
                    ("file",),
                    f"There is no file source/media/{shown}.",
                    f"Did you mean {near}?" if near else "Put the picture there.",
                )
            ]
        if PurePosixPath(name).suffix.lower() not in _TYPES:
            return [wrong(figure, ("file",), "This file is no picture.", f"Pictures end in {', '.join(_TYPES)}.")]
        if picture_size(media) is None:
            return [wrong(figure, ("file",), "The size of this picture cannot be read.", "Save it once more.")]
        return ()

    def inputs(self, values: Mapping[str, Any], deck: Deck) -> Sequence[bytes]:
        """The file."""
        media = _media(deck, values["file"].text)
        return () if media is None else (media.data,)

    def draw(self, values: Mapping[str, Any], deck: Deck, form: FigureForm) -> Drawing:  # noqa: ARG002 - the interface
        """Hand over the file as it is, whatever the form; it has passed `check`."""
        name = values["file"].text
        media = _media(deck, name)
        size = picture_size(media) if media is not None else None
        if media is None or size is None:
            raise ValueError(f"{name} is no picture of the deck")
        return Drawing(media.data, _TYPES[PurePosixPath(name).suffix.lower()], *size, drawn=False)


def _media(deck: Deck, name: str) -> Media | None:
    return next((media for media in deck.media if media.name == name), None)


def picture_size(media: Media) -> tuple[float, float] | None:
    """Natural width and height in CSS pixels from the file's head; None where it has none. No pixel is decoded."""
    if media.name.lower().endswith(".svg"):
        return _svg_size(media.data)
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Pillow warns of huge pictures; only the head is read here.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(media.data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
                return float(image.width), float(image.height)
    # Pillow raises many kinds for damaged files: OSError, SyntaxError, ValueError, struct.error and more.
    except Exception:  # noqa: BLE001
        return None


def _svg_size(data: bytes) -> tuple[float, float] | None:
    """Width and height of the root element, or its viewBox (SVG 2, 7.2); percentages count as not given."""
    root = _SVG_ROOT.search(data[:_HEAD].decode("utf-8", "replace"))
    if root is None:
        return None
    attributes = dict(re.findall(r"\b(width|height|viewBox)\s{0,9}=\s{0,9}[\"']([^\"']{0,99})[\"']", root[1]))
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
    match = re.fullmatch(r"\s*([0-9]{1,6}(?:\.[0-9]{1,9})?)\s*([a-z]{0,2})\s*", text)
    return float(match[1]) * _PIXELS.get(match[2], 0.0) if match else 0.0


KIND: Final = ImageKind()
