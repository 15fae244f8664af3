"""Axes and legend of all plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.label_lines import approximate_width
from cardpipe.figures.labels import words, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cardpipe.model.deck import Figure as FigureModel
    from cardpipe.model.diagnostics import Finding

_LEGEND_ROW: Final = 22.0
_LEGEND_HANDLE: Final = 65.0
"""The width of the line before each label of the legend, and the space after it."""
_LEGEND_ALONE: Final = 60.0
"""The same for a label with a row to itself."""
_BESIDE: Final = 50.0
"""The margins of the picture's width and height that text at an axis keeps free."""
_NARROWEST_TICK: Final = 60.0


@dataclass(frozen=True, slots=True)
class AxesFrame:
    """Axes in a width in CSS pixels, with axis labels and a legend above, which leaves out empty labels."""

    width: float
    x_label: str = ""
    y_label: str = ""
    legend_labels: tuple[str, ...] = ()
    body: float | None = None
    """Height without the legend, in CSS pixels; None for the default for the width."""

    @property
    def height(self) -> float:
        """Height of the picture in CSS pixels."""
        labelled = sum(bool(label) for label in self.legend_labels)
        # A narrow plot roughly keeps its aspect ratio.
        body = self.body or min(style.HEIGHT, 0.5 * self.width + 80)
        return body + (_LEGEND_ROW * -(-labelled // self._columns()) if labelled else 0.0)

    def axes(self, figure: Figure) -> Axes:
        """Draw axes with a grid and labels on an empty figure."""
        from cardpipe.figures.charts.ticks import PlainNumbers, RoomyTicks

        axes = figure.add_subplot(xlabel=self.x_label, ylabel=self.y_label)
        axes.grid(visible=True)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PlainNumbers())
        axes.xaxis.set_major_locator(RoomyTicks())
        return axes

    def ticks(self, axes: Axes) -> None:
        """Use as many ticks as fit; for axes with numbers on a linear scale."""
        axes.locator_params(axis="x", nbins=max(3, int(self.width // _NARROWEST_TICK)))
        axes.locator_params(axis="y", nbins=7)

    def legend(self, figure: Figure) -> None:
        """Draw the legend above, if anything has a label."""
        if any(self.legend_labels):
            figure.legend(loc="outside upper center", ncols=self._columns(), columnspacing=1.4)

    def _columns(self) -> int:
        """Return the number of legend columns that fit next to each other."""
        labels = [label for label in self.legend_labels if label]
        widest = max((approximate_width(label) for label in labels), default=0.0) + _LEGEND_HANDLE
        return max(1, min(len(labels), int(self.width // widest)))

    def findings(
        self,
        figure: FigureModel,
        values: Mapping[str, Any],
        *legends: str,
        axes: tuple[str, str] = ("x_label", "y_label"),
    ) -> Iterator[Finding]:
        """Find text that does not fit.

        It is in the labels of the lists below some keys, and below the keys for the labels of the axes.
        """
        for key in legends:
            for place, record in enumerate(values.get(key, ())):
                if approximate_width(words(record)) + _LEGEND_ALONE > self.width:
                    message = "This label is too wide for the legend."
                    yield wrong(figure, (key, place, "label"), message, "Shorten it.")
        for key, side in zip(axes, (self.width, self.height), strict=True):
            if approximate_width(words(values, key)) > side - _BESIDE:
                yield wrong(figure, (key,), "There is no room for these words at the axis.", "Shorten it.")


def plot_frame(values: Mapping[str, Any], width: float, *legends: str) -> AxesFrame:
    """Return the axes of a plot with `x_label` and `y_label`, and with the labels of the lists below some keys."""
    labels = tuple(words(record) for key in legends for record in values.get(key, ()))
    return AxesFrame(width, words(values, "x_label"), words(values, "y_label"), labels)
