"""Markdown texts divided into prose, code, math and references, with the place of each."""

from __future__ import annotations

from cardpipe.markup.bounds import Excess, excess
from cardpipe.markup.scanner import scan
from cardpipe.markup.segments import (
    HtmlTag,
    Image,
    Link,
    LinkForm,
    Problem,
    Scan,
    Segment,
    SegmentKind,
    Trouble,
)

__all__ = [
    "Excess",
    "HtmlTag",
    "Image",
    "Link",
    "LinkForm",
    "Problem",
    "Scan",
    "Segment",
    "SegmentKind",
    "Trouble",
    "excess",
    "scan",
]
