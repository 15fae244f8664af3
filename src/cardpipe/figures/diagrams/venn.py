"""The figure kind `venn`: two or three sets as circles, with labelled regions."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.diagrams.boxes import draw_lines
from cardpipe.figures.label_lines import BOLD_SIZE, approximate_width, broken, canvas_axes, lines_height
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Boolean, Field, Integer, ListOf, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.diagrams.boxes import Place
    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MARGIN: Final = 12.0
_CORNERS: Final = 240
"""Vertices of the polygon that approximates a circle."""
_GRID: Final = 5.0
"""The step in CSS pixels of the search for space for text."""
_HIGHLIGHT: Final = style.TINTS[1]
_NAME_GAP: Final = 8.0
FIELDS: Final = (
    Field("sets", ListOf(Label(40), min=2, max=3), "The names of the sets.", required=True, example=["A", "B"]),
    Field(
        "regions",
        ListOf(
            Record(
                (
                    Field(
                        "in",
                        ListOf(Integer(1, 3), min=1, max=3),
                        "The sets that contain it, counted from 1; it is outside of all others.",
                        required=True,
                        example=[1, 2],
                    ),
                    Field("label", Label(60), "The label.", example="$A \\cap B$"),
                    Field("highlight", Boolean(), "Whether to shade it.", default=False),
                ),
                name="region",
            ),
            max=7,
        ),
        "The regions with a label or shading.",
        example=[{"in": [1, 2], "label": "both"}],
    ),
)


@dataclass(frozen=True, slots=True)
class _Circle:
    x: float
    y: float
    radius: float

    def depth(self, place: Place) -> float:
        """Return how far a point is inside, negative outside."""
        return self.radius - math.hypot(place[0] - self.x, place[1] - self.y)

    @property
    def corners(self) -> list[Place]:
        """Return a polygon that approximates the circle."""
        turns = [2 * math.pi * number / _CORNERS for number in range(_CORNERS)]
        return [(self.x + self.radius * math.cos(turn), self.y + self.radius * math.sin(turn)) for turn in turns]


class _VennPlan:
    """The circles and names in a width in CSS pixels."""

    def __init__(self, names: Sequence[str], width: float) -> None:
        self.width = width
        self.names = [broken(name, 0.46 * width if len(names) == 2 else 0.4 * width, BOLD_SIZE) for name in names]
        self.highest = max(lines_height(name) for name in self.names)
        above = _MARGIN + self.highest + _NAME_GAP
        middle = width / 2
        if len(names) == 2:
            radius = min(120.0, (width - 2 * _MARGIN) / 3.3)
            apart = 0.62 * radius
            self.circles = [_Circle(middle + side * apart, above + radius, radius) for side in (-1, 1)]
            self.height = above + 2 * radius + _MARGIN
            # Each above the outer part of its circle, so that long names do not overlap.
            self.places = [(middle + side * 1.06 * radius, above - _NAME_GAP) for side in (-1, 1)]
        else:
            radius = min(108.0, (width - 2 * _MARGIN) / 3.4)
            apart = 0.64 * radius
            deep = math.sqrt(3) * apart
            self.circles = [
                _Circle(middle, above + radius, radius),
                _Circle(middle - apart, above + radius + deep, radius),
                _Circle(middle + apart, above + radius + deep, radius),
            ]
            bottom = above + 2 * radius + deep
            self.height = bottom + _NAME_GAP + self.highest + _MARGIN
            below = bottom + _NAME_GAP + self.highest
            self.places = [(middle, above - _NAME_GAP), *((middle + side * 1.1 * radius, below) for side in (-1, 1))]

    def region(self, inside: Sequence[int]) -> tuple[Place, float]:
        """Return the point of a region that is farthest from all circles, and its distance."""
        best = (self.width / 2, self.height / 2), -math.inf
        for row in range(int(self.height / _GRID)):
            for column in range(int(self.width / _GRID) + 1):
                place = (column * _GRID + self.width / 2 % _GRID, row * _GRID)
                depth = min(
                    circle.depth(place) if number in inside else -circle.depth(place)
                    for number, circle in enumerate(self.circles)
                )
                if depth > best[1] + 1e-9:
                    best = place, depth
        return best

    def words(self, inside: Sequence[int], text: str) -> tuple[Place, list[str], bool]:
        """Return the position of a region's text, its lines, and whether they fit."""
        place, depth = self.region(inside)
        lines = broken(text, 1.75 * depth)
        half = max(approximate_width(line) for line in lines) / 2
        # The corners of the text must be in the region; since its borders are arcs, the rest is then in it too.
        corners = [
            (place[0] + across * half, place[1] + down * (lines_height(lines) / 2 - 3))
            for across in (-1, 1)
            for down in (-1, 1)
        ]
        room = all(
            (circle.depth(corner) > 0) == (number in inside)
            for corner in corners
            for number, circle in enumerate(self.circles)
        )
        return place, lines, room

    def names_meet(self) -> bool:
        """Return whether a name leaves the picture, or adjacent names overlap."""
        half = [max(approximate_width(line, BOLD_SIZE) for line in name) / 2 for name in self.names]
        ends = [(x - part, x + part) for (x, _), part in zip(self.places, half, strict=True)]
        beside = ends[-2:]
        return any(left < 2 or right > self.width - 2 for left, right in ends) or beside[0][1] > beside[1][0] - 6


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    count = len(values["sets"])
    seen: set[frozenset[int]] = set()
    for place, region in enumerate(values.get("regions", ())):
        inside = frozenset(region["in"])
        if max(inside) > count:
            yield wrong(
                figure, ("regions", place, "in"), f"There are {count} sets.", f"Write numbers from 1 to {count}."
            )
        elif len(inside) != len(region["in"]):
            yield wrong(figure, ("regions", place, "in"), "A set is listed twice.", "Remove one of them.")
        elif inside in seen:
            yield wrong(figure, ("regions", place, "in"), "Duplicate region.", "Remove one of them.")
        seen.add(inside)


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    plan = _VennPlan([name.text for name in values["sets"]], width)
    if plan.names_meet():
        yield wrong(figure, ("sets",), "There is no room for these names.", "Shorten them.")
    for place, region in enumerate(values.get("regions", ())):
        if "label" in region and not plan.words(_inside(region), region["label"].text)[2]:
            yield wrong(figure, ("regions", place, "label"), "This label does not fit in its region.", "Shorten it.")


def _inside(region: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(sorted(number - 1 for number in region["in"]))


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = _VennPlan([name.text for name in values["sets"]], width)
    return Scene(width, plan.height, lambda canvas: _draw(canvas, plan, values.get("regions", ())))


def _draw(canvas: Canvas, plan: _VennPlan, regions: Sequence[Mapping[str, Any]]) -> None:
    from matplotlib.patches import Circle, Polygon

    axes = canvas_axes(canvas, plan.width, plan.height)
    tinted = {_inside(region) for region in regions if region["highlight"]}
    places = range(len(plan.circles))
    # Intersections of more sets cover those of fewer, so each region is filled as a whole and then covered.
    for depth in range(1, len(plan.circles) + 1):
        for inside in itertools.combinations(places, depth):
            corners = plan.circles[inside[0]].corners
            for number in inside[1:]:
                corners = _common(corners, plan.circles[number].corners)
            colour = _HIGHLIGHT if inside in tinted else style.BACKGROUND
            axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=1 + 0.1 * depth))
    for number, circle in enumerate(plan.circles):
        axes.add_patch(
            Circle(
                (circle.x, circle.y),
                circle.radius,
                facecolor="none",
                edgecolor=style.PALETTE[(0, 2, 5)[number]],
                linewidth=2.5,
                zorder=3,
            )
        )
        lines = plan.names[number]
        x, bottom = plan.places[number]
        below = len(plan.circles) == 3 and number > 0
        # Names below their circles begin there; names above end there.
        middle = plan.height - _MARGIN - plan.highest + lines_height(lines) / 2 if below else 0.0
        draw_lines(axes, (x, middle if below else bottom - lines_height(lines) / 2), lines, weight="bold")
    for region in regions:
        if "label" in region:
            place, lines, _ = plan.words(_inside(region), words(region))
            draw_lines(axes, place, lines)


def _common(subject: Sequence[Place], clip: Sequence[Place]) -> list[Place]:
    """Return the intersection of two convex polygons (Sutherland and Hodgman): clip along each side of the other."""
    result = list(subject)
    for start, end in zip(clip, [*clip[1:], clip[0]], strict=True):
        sides = [(end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0]) for x, y in result]
        kept: list[Place] = []
        for number, place in enumerate(result):
            before, side = sides[number - 1], sides[number]
            if (side >= 0) != (before >= 0):
                part = before / (before - side)
                last = result[number - 1]
                kept.append((last[0] + part * (place[0] - last[0]), last[1] + part * (place[1] - last[1])))
            if side >= 0:
                kept.append(place)
        result = kept
    return result


KIND: Final = DeclaredKind(
    name="venn",
    summary="Two or three sets as circles, with labelled and shaded regions.",
    synonyms=("sets", "euler", "venn-diagram"),
    fields=FIELDS,
    example=example_of("venn"),
    findings=_findings,
    room=_room_findings,
    scene=_scene,
)
