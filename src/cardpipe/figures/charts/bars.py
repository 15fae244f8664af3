"""The figure kind `bars`: values of named categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.charts.coordinates import DATUM, unlabelled
from cardpipe.figures.charts.frame import AxesFrame
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.label_lines import LINE, approximate_width, broken, lines_height, widest_word
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.figures.number_format import alike
from cardpipe.source.fields import Boolean, Choice, Field, ListOf, Record
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST: Final = 12
_GROUPED, _STACKED = "grouped", "stacked"
_FILLED: Final = 0.76
"""The fraction of a category's width that its bars take."""
_SIDE: Final = 86.0
"""The approximate width of numbers and labels at the y axis."""
_MOST_ACROSS: Final = 0.4
"""The fraction of the width that names at the side may take."""
_BAR, _BAR_WITH_NUMBER = 13.0, 19.0
"""The thickness of a horizontal bar."""
_AXIS: Final = 40.0
"""Height of the numbers below horizontal bars and the space around them."""
_LEAST: Final = 150.0
_TALLEST: Final = 1200.0
_SERIES: Final = Record(
    (
        Field("values", ListOf(DATUM, min=1, max=_MOST), "One number for each category.", required=True, example=[3]),
        Field("label", Label(40), "The legend label.", example="before"),
    ),
    name="series",
)
FIELDS: Final = (
    Field(
        "categories",
        ListOf(Label(40), min=1, max=_MOST),
        "The names of the categories.",
        required=True,
        example=["cat"],
    ),
    Field("series", ListOf(_SERIES, min=1, max=6), "One or several bars for each category.", required=True),
    Field(
        "arrangement",
        Choice((_GROUPED, _STACKED)),
        "Whether several bars of a category are grouped or stacked.",
        default=_GROUPED,
    ),
    Field("horizontal", Boolean(), "Whether the bars are horizontal, which leaves room for long names.", default=False),
    Field(
        "show_values",
        Boolean(),
        "Whether bars show their values; stacked bars only if they are high enough.",
        default=False,
    ),
    Field("value_label", Label(50), "The label of the value axis.", example="accuracy"),
    Field("category_label", Label(50), "The label of the category axis.", example="model"),
)


class _Bars:
    """The layout in a width in CSS pixels."""

    def __init__(self, values: Mapping[str, Any], width: float) -> None:
        self.categories = [name.text for name in values["categories"]]
        self.series = [(words(series), series["values"]) for series in values["series"]]
        self.stacked: bool = values["arrangement"] == _STACKED
        self.horizontal = values["horizontal"]
        self.show_values = values["show_values"]
        self.value_label, self.category_label = words(values, "value_label"), words(values, "category_label")
        self.width = width
        self.printed = alike(value for _, numbers in self.series for value in numbers)
        self.slot = _MOST_ACROSS * width if self.horizontal else (width - _SIDE) / len(self.categories)
        """The width for a name, in CSS pixels."""
        self.names = [broken(name, self.slot - 4) for name in self.categories]
        """The lines of each category's name."""
        self.beside = 1 if self.stacked else len(self.series)
        """The number of adjacent bars in a category."""

    @property
    def frame(self) -> AxesFrame:
        """Return the axes around the bars, high enough for horizontal ones."""
        labels = tuple(label for label, _ in self.series)
        if not self.horizontal:
            return AxesFrame(self.width, self.category_label, self.value_label, labels)
        thickness = (_BAR_WITH_NUMBER if self.show_values else _BAR) * self.beside / _FILLED
        tallest = max(thickness, *(lines_height(name) + 8 for name in self.names))
        body = tallest * len(self.categories) + _AXIS + (LINE if self.value_label else 0.0)
        return AxesFrame(self.width, self.value_label, self.category_label, labels, body=max(body, _LEAST))

    def too_low(self, value: float) -> bool:
        """Return whether a stacked bar is too low for its number."""
        highest = max(sum(values) for values in zip(*(values for _, values in self.series), strict=True))
        room = 0.5 * self.width if self.horizontal else 0.6 * style.HEIGHT
        needed = approximate_width(self.printed(value)) if self.horizontal else LINE
        return self.stacked and value * room < needed * highest


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    yield from unlabelled(figure, values, "series")
    count = len(values["categories"])
    for place, series in enumerate(values["series"]):
        if len(series["values"]) != count:
            message = (
                f"Found {counted(len(series['values']), 'value')} for {count} categor{'y' if count == 1 else 'ies'}."
            )
            yield wrong(figure, ("series", place, "values"), message, "Write a value for each category.")
    if values["arrangement"] == _STACKED:
        yield from _mixed(figure, values)


def _mixed(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Find negative values in stacked bars."""
    for place, series in enumerate(values["series"]):
        if any(value < 0 for value in series["values"]):
            yield wrong(
                figure,
                ("series", place, "values"),
                "Stacked bars cannot be negative.",
                "Use `arrangement: grouped`.",
            )


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    bars = _Bars(values, width)
    sides = ("value_label", "category_label")
    yield from bars.frame.findings(figure, values, "series", axes=sides if bars.horizontal else sides[::-1])
    for place, name in enumerate(bars.categories):
        if widest_word(name) > bars.slot:
            yield wrong(
                figure,
                ("categories", place),
                "A word of this name is too wide.",
                "Say it shorter." if bars.horizontal else "Shorten it, or use `horizontal: true`.",
            )
    if bars.frame.height > _TALLEST:
        message = "There are too many horizontal bars for one picture."
        yield wrong(figure, ("categories",), message, "Use fewer, or several figures.")
    if bars.horizontal or not bars.show_values or bars.stacked:
        return
    room = bars.slot / bars.beside
    longest = max(approximate_width(bars.printed(value)) for _, values in bars.series for value in values)
    if longest > room:
        yield wrong(
            figure,
            ("show_values",),
            "The bars are too narrow to show their values.",
            "Omit them, round them, or use `horizontal: true`.",
        )


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    bars = _Bars(values, width)
    return Scene(width, bars.frame.height, lambda canvas: _draw(canvas, bars))


def _draw(canvas: Canvas, bars: _Bars) -> None:
    axes = bars.frame.axes(canvas)
    across = axes.yaxis if bars.horizontal else axes.xaxis
    across.grid(visible=False)
    across.set_ticks(range(len(bars.categories)), labels=["\n".join(name) for name in bars.names])
    across.set_tick_params(length=0)
    axes.locator_params(
        axis="x" if bars.horizontal else "y", nbins=max(3, int(bars.width // 80)) if bars.horizontal else 7
    )
    thickness = _FILLED / bars.beside
    heights = [0.0] * len(bars.categories)
    for number, (label, values) in enumerate(bars.series):
        places = [
            place - _FILLED / 2 + (0 if bars.stacked else number * thickness) for place in range(len(bars.categories))
        ]
        bases = list(heights) if bars.stacked else [0.0] * len(values)
        draw = axes.barh if bars.horizontal else axes.bar
        extents: dict[str, Any] = {"height" if bars.horizontal else "width": thickness}
        starts: dict[str, Any] = {"left" if bars.horizontal else "bottom": bases}
        draw(places, values, align="edge", label=label or "_nolegend_", **area(number), **extents, **starts)
        for place, base, value in zip(places, bases, values, strict=True):
            if bars.show_values and not bars.too_low(value):
                _number(axes, bars, place + thickness / 2, base, value)
        heights = [height + value for height, value in zip(heights, values, strict=True)]
    if bars.horizontal:
        axes.invert_yaxis()
    (axes.axvline if bars.horizontal else axes.axhline)(0, color=style.INK, linewidth=1)
    margins: dict[str, Any] = {"x" if bars.horizontal else "y": 0.12 if bars.show_values else 0.05}
    axes.margins(**margins)
    bars.frame.legend(canvas)


def area(number: int) -> dict[str, Any]:
    """Return the style of a series by its index: tint, outline, and hatching from the second on.

    Hatching distinguishes areas in greyscale, and for colour-blind readers.
    """
    hatches = ("", "//", "..", "\\\\", "xx", "--")
    return {
        "facecolor": style.TINTS[number % len(style.TINTS)],
        "edgecolor": style.PALETTE[number % len(style.PALETTE)],
        "hatch": hatches[number % len(hatches)],
        "linewidth": 1.5,
    }


def _number(axes: Axes, bars: _Bars, middle: float, base: float, value: float) -> None:
    """Write a bar's number beyond its end, or in its middle in a stack."""
    if bars.stacked:
        end, offset, side = base + value / 2, 0.0, "center"
    else:
        end, offset = value, -4.0 if value < 0 else 4.0
        side = {(True, True): "right", (True, False): "left", (False, True): "top", (False, False): "bottom"}[
            bars.horizontal, value < 0
        ]
    axes.annotate(
        bars.printed(value),
        (end, middle) if bars.horizontal else (middle, end),
        xytext=(offset, 0) if bars.horizontal else (0, offset),
        textcoords="offset points",
        ha=side if bars.horizontal else "center",
        va="center" if bars.horizontal or bars.stacked else side,
        bbox={"facecolor": style.BACKGROUND, "edgecolor": "none", "pad": 1.0} if bars.stacked else None,
    )


KIND: Final = DeclaredKind(
    name="bars",
    summary="Bars of values by category, single, grouped or stacked.",
    synonyms=("bar", "bar-chart", "barchart", "columns", "column-chart"),
    fields=FIELDS,
    example=example_of("bars"),
    findings=_findings,
    room=_room_findings,
    scene=_scene,
)
