"""The figure kind `timeline`: a sequence of dates or steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.diagrams.boxes import PLAIN, STRONG, Box, box_size, draw_box, draw_line, draw_lines
from cardpipe.figures.label_lines import (
    BOLD_SIZE,
    LINE,
    approximate_width,
    broken,
    canvas_axes,
    line_height,
    lines_height,
    widest_word,
)
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Boolean, Choice, Field, ListOf, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure as Canvas

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST: Final = 12
_MARGIN: Final = 10.0
_DOT: Final = 7.0
_NUMBERED_DOT: Final = 13.0
_BESIDE: Final = 14.0
"""Space between the line and the text at its sides."""
_STEP: Final = 18.0
"""Space between the texts of two steps."""
_MOST_LEFT: Final = 0.34
"""The fraction of the width that dates may take."""
_ARROW: Final = 26.0
_TALLEST: Final = 1200.0
_DOWN, _RIGHT = "down", "right"
_STEPS: Final = Record(
    (
        Field("label", Label(80), "The event or step.", required=True, example="forward pass"),
        Field("when", Label(40), "A date or another marker.", example="1986"),
        Field("text", Label(140), "A description below the label.", example="compute the loss"),
        Field("highlight", Boolean(), "Whether to highlight it.", default=False),
    ),
    name="step",
)
FIELDS: Final = (
    Field("steps", ListOf(_STEPS, min=1, max=_MOST), "The steps in order.", required=True),
    Field("numbered", Boolean(), "Whether the steps are numbered.", default=False),
    Field(
        "direction",
        Choice((_DOWN, _RIGHT)),
        "A vertical line with labels, or a row of boxes with arrows.",
        default=_DOWN,
    ),
)


class _Column:
    """Steps below each other, in CSS pixels."""

    def __init__(self, values: Mapping[str, Any], width: float) -> None:
        self.steps = steps = values["steps"]
        self.numbered = values["numbered"]
        self.width = width
        self.dot = _NUMBERED_DOT if self.numbered else _DOT
        limit = _MOST_LEFT * width
        self.dates = [broken(words(step, "when"), limit) if "when" in step else [] for step in steps]
        widest = max((approximate_width(line) for lines in self.dates for line in lines), default=0.0)
        self.x = _MARGIN + (widest + _BESIDE if widest else 0.0) + self.dot
        self.left = self.x + self.dot + _BESIDE
        self.room = width - self.left - _MARGIN
        self.labels = [broken(words(step), self.room, BOLD_SIZE) for step in steps]
        self.texts = [broken(words(step, "text"), self.room) if "text" in step else [] for step in steps]
        self.tops: list[float] = []
        y = _MARGIN
        for label, text, date in zip(self.labels, self.texts, self.dates, strict=True):
            self.tops.append(y)
            y += max(lines_height(label) + lines_height(text), lines_height(date), 2 * self.dot) + _STEP
        self.height = y - _STEP + _MARGIN

    def narrow(self) -> int | None:
        """Return the index of the first step with a word that does not fit."""
        for number, step in enumerate(self.steps):
            if widest_word(words(step, "when")) > _MOST_LEFT * self.width:
                return number
        for number, step in enumerate(self.steps):
            if max(widest_word(words(step), BOLD_SIZE), widest_word(words(step, "text"))) > self.room:
                return number
        return None

    def draw(self, canvas: Canvas) -> None:
        """Draw them on an empty canvas of the width and height."""
        from matplotlib.patches import Circle

        axes = canvas_axes(canvas, self.width, self.height)
        # A dot is next to its label's first line.
        dots = [
            top + max(line_height(label[0]) / 2, self.dot) for top, label in zip(self.tops, self.labels, strict=True)
        ]
        axes.plot([self.x, self.x], [dots[0], dots[-1]], color=style.LINE, linewidth=2, zorder=1)
        for number, step in enumerate(self.steps):
            y = dots[number]
            colour = STRONG if step["highlight"] else PLAIN
            fill = style.TINTS[colour] if self.numbered else style.PALETTE[colour]
            axes.add_patch(
                Circle(
                    (self.x, y),
                    self.dot + (0.0 if self.numbered or not step["highlight"] else 2.0),
                    facecolor=fill,
                    edgecolor=style.PALETTE[colour],
                    linewidth=2.5 if step["highlight"] else 1.8,
                    zorder=3,
                )
            )
            if self.numbered:
                draw_lines(axes, (self.x, y), [str(number + 1)])
            self._draw_words(axes, number, y)

    def _draw_words(self, axes: Any, number: int, y: float) -> None:
        label, text, date = self.labels[number], self.texts[number], self.dates[number]
        top = y - line_height(label[0]) / 2
        middle = top + lines_height(label) / 2
        draw_lines(axes, (self.left, middle), label, side="left", weight="bold")
        below = top + lines_height(label) + lines_height(text) / 2
        draw_lines(axes, (self.left, below), text, side="left")
        across = (self.x - self.dot - _BESIDE, y + (lines_height(date) - LINE) / 2)
        draw_lines(axes, across, date, side="right", colour=style.MUTED)


class _Row:
    """Steps as boxes in a row, in CSS pixels; `cramped` if they do not fit."""

    def __init__(self, values: Mapping[str, Any], width: float) -> None:
        self.steps = steps = values["steps"]
        self.width = width
        count = len(steps)
        self.room = (width - 2 * _MARGIN - (count - 1) * _ARROW) / count
        inner = self.room - 20
        above_each = [
            " · ".join(word for word in (str(number) if values["numbered"] else "", words(step, "when")) if word)
            for number, step in enumerate(steps, start=1)
        ]
        self.cramped = any(
            max(widest_word(words(step)), widest_word(when) - 20, widest_word(words(step, "text")) - 20) > inner
            for when, step in zip(above_each, steps, strict=True)
        )
        sizes = [box_size(words(step), max(inner, 1.0)) for step in steps]
        self.dates = [broken(when, self.room) if when else [] for when in above_each]
        self.texts = [broken(words(step, "text"), self.room) if "text" in step else [] for step in steps]
        above = max(lines_height(date) for date in self.dates)
        tallest = max(height for _, height, _ in sizes)
        self.top = _MARGIN + above + (4 if above else 0)
        self.boxes = [
            Box(
                _MARGIN + number * (self.room + _ARROW) + self.room / 2,
                self.top + tallest / 2,
                self.room,
                tallest,
                size[2],
            )
            for number, size in enumerate(sizes)
        ]
        below = max(lines_height(text) for text in self.texts)
        self.bottom = self.top + tallest
        self.height = self.bottom + (below + 6 if below else 0) + _MARGIN

    def draw(self, canvas: Canvas) -> None:
        """Draw them on an empty canvas of the width and height."""
        axes = canvas_axes(canvas, self.width, self.height)
        for first, second in zip(self.boxes, self.boxes[1:], strict=False):
            places = [(first.x + first.width / 2 + 2, first.y), (second.x - second.width / 2 - 2, second.y)]
            draw_line(axes, places, directed=True)
        for number, (box, step) in enumerate(zip(self.boxes, self.steps, strict=True)):
            draw_box(axes, box, STRONG if step["highlight"] else PLAIN, strong=step["highlight"])
            date, text = self.dates[number], self.texts[number]
            draw_lines(axes, (box.x, self.top - 4 - lines_height(date) / 2), date, colour=style.MUTED)
            draw_lines(axes, (box.x, self.bottom + 6 + lines_height(text) / 2), text)


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    if values["direction"] == _RIGHT:
        if _Row(values, width).cramped:
            yield wrong(
                figure,
                ("steps",),
                "There is no room for these steps next to each other.",
                "Use `direction: down`, or fewer or shorter steps.",
            )
    else:
        column = _Column(values, width)
        narrow = column.narrow()
        if narrow is not None:
            yield wrong(figure, ("steps", narrow), "A word of this step is too wide.")
        elif column.height > _TALLEST:
            yield wrong(figure, ("steps",), "The steps are too high for one picture.", "Shorten them.")


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = _Row(values, width) if values["direction"] == _RIGHT else _Column(values, width)
    return Scene(width, plan.height, plan.draw)


KIND: Final = DeclaredKind(
    name="timeline",
    summary="A sequence of steps or dates.",
    synonyms=("steps", "process", "sequence", "history"),
    fields=FIELDS,
    example=example_of("timeline"),
    room=_room_findings,
    scene=_scene,
)
