"""Drawings in SVG, of authors and of figure scripts: one check of what they hold, and of the work that they make."""

from __future__ import annotations

from cardpipe.assets.svg.reading import SvgDrawing, SvgFault, read
from cardpipe.assets.svg.work import DrawingWork, work_of

__all__ = ["DrawingWork", "SvgDrawing", "SvgFault", "read", "svg_faults", "work_of"]


def svg_faults(data: bytes) -> list[SvgFault]:
    """What is unsafe in an SVG, in the order of the file; one fault if it is not well-formed XML."""
    return read(data).faults
