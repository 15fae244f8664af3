"""Formulas in labels: typeset by MathJax as in card texts, and converted to shapes."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from cardpipe.mathjax import Equation, shared_mathjax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SVG: Final = "{http://www.w3.org/2000/svg}"
_STEP: Final = re.compile(r"(translate|scale)\(([-\d.e]+)(?:[ ,]+([-\d.e]+))?\)")
_FORMULA: Final = re.compile(r"((?<!\\)\$(?:\\.|[^$\\])*\$)")

SIZE: Final = 1.15
"""The scale of TeX's letters: between those that match the x-height and the cap height of DejaVu Sans."""

Matrix = tuple[float, float, float, float]
"""Scale in x and y, then shift in x and y."""


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a label."""

    text: str
    """The text, or the TeX of a formula."""
    is_formula: bool
    start: int
    """Its start in the label."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A formula as an outline, in thousandths of an em from the left end of its baseline, y upwards."""

    steps: Sequence[tuple[str, tuple[tuple[float, float], ...]]]
    """Operations of a fontTools pen: `moveTo`, `lineTo`, `curveTo`, `qCurveTo`, `closePath` and their points."""
    width: float
    height: float
    """Above the baseline."""
    depth: float
    """Below it."""


class UnfitFormula(ValueError):  # noqa: N818 - a fault of the author's text, not an error of the tool
    """A formula that MathJax rejects or a label cannot show: message, and position in its TeX."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def runs(label: str) -> Iterator[Run]:
    r"""Return the parts of a label: TeX between dollar signs, otherwise text, in which `\$` is a dollar sign."""
    place = 0
    for part in _FORMULA.split(label):
        if part.startswith("$") and len(part) > 1:
            yield Run(part[1:-1], True, place + 1)
        elif part:
            yield Run(part.replace(r"\$", "$"), False, place)
        place += len(part)


@functools.cache
def shape(tex: str) -> Shape:
    """A formula's shape; raises UnfitFormula."""
    equation = shared_mathjax().typeset(tex, display=False)
    if not isinstance(equation, Equation):
        raise UnfitFormula(equation.message, equation.offset)
    pen = _recorder()
    # The y axis is inverted once, by the outermost element.
    for turned in ElementTree.fromstring(equation.svg):  # noqa: S314 - MathJax's own; without a child for no formula
        _draw(turned, (1.0, 1.0, 0.0, 0.0), pen)
    advance = equation.width - equation.left - equation.right
    return Shape(pen.value, advance * 1000, equation.height * 1000, equation.depth * 1000)


def _recorder() -> Any:
    from fontTools.pens.recordingPen import RecordingPen

    return RecordingPen()


def _draw(element: ElementTree.Element, matrix: Matrix, pen: Any) -> None:
    from fontTools.pens.transformPen import TransformPen
    from fontTools.svgLib.path import parse_path

    for child in element:
        kind = child.tag.removeprefix(_SVG)
        own = _within(matrix, child.get("transform", ""))
        placed = TransformPen(pen, (own[0], 0, 0, own[1], own[2], own[3]))
        if kind == "g" and child.get("fill") is None:
            _draw(child, own, pen)
        elif kind == "path":
            parse_path(child.get("d", ""), placed)
        elif kind == "rect" and child.get("fill") is None:
            x, y, width, height = (float(child.get(name, 0)) for name in ("x", "y", "width", "height"))
            _polygon(placed, ((x, y), (x + width, y), (x + width, y + height), (x, y + height)))
        elif kind == "line":
            _line(placed, child)
        elif kind == "svg":
            _bar(placed, child)
        else:
            raise UnfitFormula("Labels cannot show this formula: it contains a frame or a colour")


def _within(matrix: Matrix, transform: str) -> Matrix:
    """Return a matrix combined with a `transform` attribute."""
    scale_x, scale_y, shift_x, shift_y = matrix
    for step in _STEP.finditer(transform):
        first, second = float(step[2]), step[3]
        if step[1] == "translate":
            shift_x += scale_x * first
            shift_y += scale_y * float(second or 0)
        else:
            scale_x *= first
            scale_y *= float(second) if second else first
    return scale_x, scale_y, shift_x, shift_y


def _line(pen: Any, line: ElementTree.Element) -> None:
    """Return a line with a width as a polygon."""
    x1, y1, x2, y2 = (float(line.get(name, 0)) for name in ("x1", "y1", "x2", "y2"))
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
    half = float(line.get("stroke-width", 0)) / 2 / length
    across, along = half * (y2 - y1), half * (x2 - x1)
    _polygon(
        pen,
        ((x1 - across, y1 + along), (x2 - across, y2 + along), (x2 + across, y2 - along), (x1 + across, y1 - along)),
    )


def _bar(pen: Any, window: ElementTree.Element) -> None:
    """Return the extension of a bracket or an arrow: a stretched bar, clipped by a nested SVG element."""
    from fontTools.pens.boundsPen import ControlBoundsPen

    seen = ControlBoundsPen(None)
    _draw(window, (1.0, 1.0, 0.0, 0.0), seen)
    left, bottom, width, height = (float(number) for number in window.get("viewBox", "0 0 0 0").split())
    x1, y1, x2, y2 = seen.bounds or (0.0, 0.0, 0.0, 0.0)
    x1, y1, x2, y2 = max(x1, left), max(y1, bottom), min(x2, left + width), min(y2, bottom + height)
    right, up = float(window.get("x", 0)) - left, float(window.get("y", 0)) - bottom
    if x1 < x2 and y1 < y2:
        _polygon(pen, ((x1 + right, y1 + up), (x2 + right, y1 + up), (x2 + right, y2 + up), (x1 + right, y2 + up)))


def _polygon(pen: Any, corners: Sequence[tuple[float, float]]) -> None:
    # Clockwise, like the fonts' outlines: overlapping shapes of opposite directions would have a hole.
    pen.moveTo(corners[0])
    for corner in reversed(corners[1:]):
        pen.lineTo(corner)
    pen.closePath()
