"""Blocks of original HTML: code fences of the language `html original`, which imported cards keep.

Pictures and sounds in them are `<img src="name" alt="…">` and `<audio src="name" alt="…">`, written like this.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.markup.segments import Image, Segment, SegmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA_TAG: Final = re.compile(
    r"<(?:img|audio) src=\"(?P<target>[^\"<>]*)\"(?: alt=\"(?P<alt>[^\"<>]*)\")?(?: style=\"[^\"<>]*\")?>(?:</audio>)?"
)


def images_of(block: Segment) -> Iterator[Image]:
    """Return the pictures and sounds of a block, in order; each with a segment of its own, its tag."""
    source = block.source
    for match in MEDIA_TAG.finditer(source, block.content_start, block.content_end):
        tag = Segment(SegmentKind.IMAGE, match.start(), match.end(), match.start(), match.end(), source)
        alt = match.span("alt") if match["alt"] is not None else (match.end("target"), match.end("target"))
        yield Image(tag, *alt, match["target"], *match.span("target"))
