"""Ticks of an axis; imports matplotlib, so import it only for drawing."""

from __future__ import annotations

from typing import Any, Final

from matplotlib.ticker import MaxNLocator, ScalarFormatter

from cardpipe.figures.label_lines import approximate_width

_BETWEEN: Final = 8.0
"""Space between two numbers at an axis, in CSS pixels."""
_STEPS: Final = (1, 2, 2.5, 5, 10)


class PlainNumbers(ScalarFormatter):
    """Numbers as plain text, and only their common power of ten as a formula.

    Matplotlib sets every number as a formula if there is a power, and parsing these formulas took most of the time of a
    plot.
    """

    def _set_format(self) -> None:
        super()._set_format()  # type: ignore[misc] # matplotlib's stubs leave it out
        self._format: str = self._format.removeprefix(r"$\mathdefault{").removesuffix("}$")


class RoomyTicks(MaxNLocator):
    """Ticks of a horizontal axis for as many round numbers as are legible next to each other."""

    def __init__(self) -> None:
        self._most = 9
        super().__init__(nbins=self._most, steps=_STEPS)

    def set_params(self, **kwargs: Any) -> None:
        """Create them like matplotlib's, and store the maximum number of steps."""
        self._most = kwargs.get("nbins", self._most)
        super().set_params(**kwargs)

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the ticks between two numbers and just beyond."""
        for number in range(self._most, 0, -1):
            super().set_params(nbins=number)
            values = super().tick_values(vmin, vmax)
            if self._has_room(values, vmin, vmax):
                break
        super().set_params(nbins=self._most)
        return values

    def _has_room(self, values: Any, vmin: float, vmax: float) -> bool:
        axis: Any = self.axis
        shown = [value for value in values if vmin <= value <= vmax]
        if len(shown) < 2:
            return True
        widest = max(approximate_width(text) for text in axis.major.formatter.format_ticks(shown))
        step = (shown[1] - shown[0]) / (vmax - vmin) * axis.axes.bbox.width
        return widest + _BETWEEN <= float(step)
