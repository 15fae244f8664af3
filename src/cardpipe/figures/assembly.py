"""Assemble several pictures into one."""

from __future__ import annotations

import dataclasses
import io
import re
from typing import TYPE_CHECKING, Final

from cardpipe.writers.api import FigureForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.figures.kind import Drawing

_REFERENCE: Final = re.compile(r'(\bid="|href="#|url\(#)')
_PIXELS: Final = 2
"""Pixels of a PNG per CSS pixel."""


def assembled(ground: Drawing, parts: Sequence[tuple[Drawing, tuple[float, float]]], form: FigureForm) -> Drawing:
    """Return the background with each part at its upper left corner, in CSS pixels; all have the same format."""
    data = _joined_svg(ground, parts) if form is FigureForm.SVG else _joined_png(ground, parts)
    return dataclasses.replace(ground, data=data)


def _joined_svg(ground: Drawing, parts: Sequence[tuple[Drawing, tuple[float, float]]]) -> bytes:
    pieces = [ground.data.decode().rpartition("</svg>")[0]]
    for number, (part, (x, y)) in enumerate(parts, start=1):
        inner = part.data.decode().partition(">")[2].rpartition("</svg>")[0]
        # Two parts can use the same id.
        inner = _REFERENCE.sub(rf"\g<1>part{number}-", inner)
        pieces.append(f'<g transform="translate({x:g} {y:g})">{inner}</g>\n')
    return "".join([*pieces, "</svg>\n"]).encode()


def _joined_png(ground: Drawing, parts: Sequence[tuple[Drawing, tuple[float, float]]]) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(ground.data)) as opened:
        canvas = opened.convert("RGB")
    for part, (x, y) in parts:
        with Image.open(io.BytesIO(part.data)) as picture:
            canvas.paste(picture.convert("RGB"), (round(_PIXELS * x), round(_PIXELS * y)))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()
