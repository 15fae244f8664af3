"""A scanner for Markdown texts: prose, code, math and references, with positions."""

from __future__ import annotations

from cardpipe.markup.bounds import Excess, excess
from cardpipe.markup.cloze import ClozeFault, Clozes, ClozeTrouble, Deletion, clozes, math_deletions
from cardpipe.markup.scanner import scan
from cardpipe.markup.segments import (
    Footnote,
    FootnoteReference,
    HtmlTag,
    Image,
    Link,
    LinkForm,
    Scan,
    ScanProblem,
    Segment,
    SegmentKind,
    Trouble,
)

__all__ = [
    "ClozeFault",
    "ClozeTrouble",
    "Clozes",
    "Deletion",
    "Excess",
    "Footnote",
    "FootnoteReference",
    "HtmlTag",
    "Image",
    "Link",
    "LinkForm",
    "Scan",
    "ScanProblem",
    "Segment",
    "SegmentKind",
    "Trouble",
    "clozes",
    "excess",
    "math_deletions",
    "scan",
]
