"""The format of figures; a module of its own, because the processes of figure scripts need nothing else of a writer."""

from __future__ import annotations

import enum


class FigureForm(enum.Enum):
    """The format of figures that a writer requests."""

    SVG = "svg"
    PNG = "png"
