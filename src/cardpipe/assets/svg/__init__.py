"""SVG of authors and figure scripts: checks of its content and of the work of drawing it."""

from __future__ import annotations

from cardpipe.assets.svg.reading import SvgDrawing, SvgFault, read
from cardpipe.assets.svg.work import DrawingWork, work_of

__all__ = ["DrawingWork", "SvgDrawing", "SvgFault", "read", "svg_faults", "work_of"]


def svg_faults(data: bytes) -> list[SvgFault]:
    """Return the unsafe content of an SVG in file order; a single fault if it is not well-formed XML."""
    return read(data).faults
