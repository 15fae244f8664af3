"""Numbers at an axis; to be imported when a plot is drawn, since it imports matplotlib."""

from __future__ import annotations

from matplotlib.ticker import ScalarFormatter


class PlainNumbers(ScalarFormatter):
    """Numbers as plain text, and only their common power of ten as a formula.

    Matplotlib sets every number as a formula where the power is to be one, and reading these formulas took most of the
    time that a plot took.
    """

    def _set_format(self) -> None:
        super()._set_format()  # type: ignore[misc] # matplotlib's stubs leave it out
        self._format: str = self._format.removeprefix(r"$\mathdefault{").removesuffix("}$")
