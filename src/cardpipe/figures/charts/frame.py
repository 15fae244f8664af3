"""The axes and the legend that all plots share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.figures import style
from cardpipe.figures.labels import approximate_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NARROWEST: Final = 200.0
"""Less width leaves nothing to the plot beside the numbers and words at its axes."""
_LEGEND_ROW: Final = 22.0
_LEGEND_HANDLE: Final = 65.0
"""What stands before each of the legend's labels, and between it and the next."""
_NARROWEST_TICK: Final = 60.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Axes in a width in CSS pixels, with words at them and in a legend above; an empty label has no place in it."""

    width: float
    x_label: str = ""
    y_label: str = ""
    legend_labels: tuple[str, ...] = ()
    body: float = style.HEIGHT
    """Height without the legend."""

    @property
    def height(self) -> float:
        """Height of the picture in CSS pixels."""
        labelled = sum(bool(label) for label in self.legend_labels)
        # In a narrow place the plot keeps about its proportions.
        body = min(self.body, 0.5 * self.width + 80)
        return body + (_LEGEND_ROW * -(-labelled // self._columns()) if labelled else 0.0)

    def axes(self, figure: Figure) -> Axes:
        """Axes with a grid and their words, on an empty figure."""
        axes = figure.add_subplot(xlabel=self.x_label, ylabel=self.y_label)
        axes.grid(visible=True)
        return axes

    def ticks(self, axes: Axes) -> None:
        """Take as many ticks as have room; for axes whose ticks are numbers on a linear scale."""
        axes.locator_params(axis="x", nbins=max(3, int(self.width // _NARROWEST_TICK)))
        axes.locator_params(axis="y", nbins=7)

    def legend(self, figure: Figure) -> None:
        """Put the legend above, if anything has a label."""
        if any(self.legend_labels):
            figure.legend(loc="outside upper center", ncols=self._columns(), columnspacing=1.4)

    def _columns(self) -> int:
        """As many columns of the legend as fit beside each other."""
        labels = [label for label in self.legend_labels if label]
        widest = max((approximate_width(label) for label in labels), default=0.0) + _LEGEND_HANDLE
        return max(1, min(len(labels), int(self.width // widest)))
