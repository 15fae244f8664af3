"""Boxes with text and connecting lines: sizes, collisions and drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from cardpipe.figures import style
from cardpipe.figures.label_lines import (
    approximate_width,
    broken,
    line_height,
    lines_height,
    vertical_alignment,
    widest_word,
    write_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

Place: TypeAlias = "tuple[float, float]"
"""CSS pixels from the left and from the top."""
INDENT: Final = 9.0
"""Padding of a box."""
_ABOVE: Final = 7.0
_LEAST_HEIGHT: Final = 34.0
_PLATE: Final = {"facecolor": style.BACKGROUND, "edgecolor": "none", "pad": 1.5}
"""A background behind text, so that no line crosses it."""
_SAMPLES: Final = 64
_HEAD: Final = 10.0
_HALF_HEAD: Final = 4.5
PLAIN: Final = 0
STRONG: Final = 1
"""Colours of the palette for boxes, and for highlighted ones."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle around a centre, in CSS pixels; a circle if `round` is true."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    round: bool = False

    def holds(self, place: Place, margin: float = 0.0) -> bool:
        """Return whether a point is within the box, or closer to it than a margin."""
        dx, dy = abs(place[0] - self.x), abs(place[1] - self.y)
        if self.round:
            return math.hypot(dx, dy) < self.width / 2 + margin
        return dx < self.width / 2 + margin and dy < self.height / 2 + margin

    def meets(self, other: Box, margin: float = 0.0) -> bool:
        """Return whether two boxes overlap, or are closer to each other than a margin."""
        if self.round and other.round:
            return math.hypot(self.x - other.x, self.y - other.y) < (self.width + other.width) / 2 + margin
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2 + margin
            and abs(self.y - other.y) < (self.height + other.height) / 2 + margin
        )


class Size(NamedTuple):
    """Width and height of a box in CSS pixels, and its lines of text."""

    width: float
    height: float
    lines: tuple[str, ...]


def box_size(text: str, wrap: float) -> Size:
    """Return the size of a box around a label that is broken at a width in CSS pixels."""
    lines = tuple(line for line in broken(text, wrap) if line)
    width = max((approximate_width(line) for line in lines), default=0.0) + 2 * INDENT
    return Size(max(width, _LEAST_HEIGHT), max(_LEAST_HEIGHT, lines_height(lines) + 2 * _ABOVE), lines)


def fits(text: str, wrap: float) -> bool:
    """Return whether no word of a label is wider than a width in CSS pixels."""
    return widest_word(text) <= wrap


def draw_box(axes: Axes, box: Box, colour: int | None = PLAIN, *, strong: bool = False) -> None:
    """Draw a box in a colour of the palette, or white without one; `strong` makes its outline thicker."""
    from matplotlib.patches import Circle, FancyBboxPatch

    look: dict[str, Any] = {
        "facecolor": style.BACKGROUND if colour is None else style.TINTS[colour],
        "edgecolor": style.MUTED if colour is None else style.PALETTE[colour],
        "linewidth": 3.0 if strong else 1.8,
        "zorder": 4,
    }
    if box.round:
        axes.add_patch(Circle((box.x, box.y), box.width / 2, **look))
    else:
        rounding = "round,pad=0,rounding_size=6"
        corner = (box.x - box.width / 2, box.y - box.height / 2)
        axes.add_patch(FancyBboxPatch(corner, box.width, box.height, boxstyle=rounding, **look))
    draw_lines(axes, (box.x, box.y), box.lines)


def draw_lines(
    axes: Axes,
    middle: Place,
    lines: Sequence[str],
    *,
    side: str = "center",
    colour: str = style.INK,
    weight: str = "normal",
) -> None:
    """Write lines below each other, centred vertically; `side` is the alignment of their ends."""
    write_lines(axes, *middle, lines, ha=side, color=colour, weight=weight, zorder=6)


def bent_line(start: Box, end: Box, bend: float) -> list[Place]:
    """Return the part of a line between two boxes' centres that is outside of both.

    It curves to the left of its direction by a fraction of its length; `bend` 0 is straight.
    """
    length = math.hypot(end.x - start.x, end.y - start.y)
    if length == 0:
        return []
    across = ((end.y - start.y) / length, -(end.x - start.x) / length)
    control = (
        (start.x + end.x) / 2 + 2 * bend * length * across[0],
        (start.y + end.y) / 2 + 2 * bend * length * across[1],
    )
    places = []
    for number in range(_SAMPLES + 1):
        t = number / _SAMPLES
        parts = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
        corners = ((start.x, start.y), control, (end.x, end.y))
        place = (
            sum(part * corner[0] for part, corner in zip(parts, corners, strict=True)),
            sum(part * corner[1] for part, corner in zip(parts, corners, strict=True)),
        )
        if not start.holds(place, 1.0) and not end.holds(place, 1.0):
            places.append(place)
    return places


def loop(box: Box) -> list[Place]:
    """Return a line from a box's upper side back to it."""
    width, height = min(13.0, box.width / 2 - 3), 30.0
    top = box.y - box.height / 2
    places = []
    for number in range(_SAMPLES + 1):
        angle = math.pi * (1.25 - 1.5 * number / _SAMPLES)
        place = (box.x + width * math.cos(angle), top - height / 2 + 1 - height / 2 * math.sin(angle))
        if not box.holds(place, 1.0):
            places.append(place)
    return places


def draw_line(axes: Axes, places: Sequence[Place], *, directed: bool, strong: bool = False) -> None:
    """Draw a line through points, with an arrowhead at its end if it has a direction."""
    from matplotlib.patches import Polygon

    if len(places) < 2:
        return
    colour = style.PALETTE[STRONG] if strong else style.MUTED
    width = 3.0 if strong else 1.5
    shaft = list(places)
    if directed:
        tip = places[-1]
        while len(shaft) > 2 and math.dist(shaft[-2], tip) < _HEAD:
            shaft.pop()
        # The arrowhead has the direction of the last segment of its own length.
        back = shaft[-2]
        length = math.dist(back, tip) or 1.0
        along = ((tip[0] - back[0]) / length, (tip[1] - back[1]) / length)
        foot = (tip[0] - _HEAD * along[0], tip[1] - _HEAD * along[1])
        half = _HALF_HEAD + (1.5 if strong else 0.0)
        corners = [
            tip,
            (foot[0] - half * along[1], foot[1] + half * along[0]),
            (foot[0] + half * along[1], foot[1] - half * along[0]),
        ]
        axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=3))
        shaft[-1] = foot
    axes.plot([x for x, _ in shaft], [y for _, y in shaft], color=colour, linewidth=width, zorder=2)


def draw_text(axes: Axes, place: Place, text: str, zorder: float = 5) -> None:
    """Write text on a line, in front of it."""
    axes.text(*place, text, ha="center", va=vertical_alignment(text), zorder=zorder, bbox=_PLATE)


def text_box(place: Place, text: str) -> Box:
    """Return the box of text on a line."""
    return Box(*place, approximate_width(text) + 4, line_height(text), (text,))


def crossed(places: Iterable[Place], boxes: Iterable[Box], margin: float) -> int:
    """Return how many points are in boxes, or closer to one than a margin."""
    there = list(boxes)
    return sum(any(box.holds(place, margin) for box in there) for place in places)
