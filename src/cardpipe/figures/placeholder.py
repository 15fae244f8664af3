"""The placeholder for a figure whose script was not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.figures import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cardpipe.figures.kind import Drawing
    from cardpipe.writers.api import FigureForm

_HEIGHT: Final = 160.0
_LONGEST: Final = 40
"""Characters of a path that have room in a line."""


def stand_in(script: str, form: FigureForm) -> Drawing:
    """A frame that says which script was not run."""
    shown = script if len(script) <= _LONGEST else f"…{script[-_LONGEST:]}"

    def draw(figure: Figure) -> None:
        from matplotlib.patches import Rectangle

        figure.set_layout_engine("none")
        edges = (0.02, 0.06)
        frame = Rectangle(edges, 1 - 2 * edges[0], 1 - 2 * edges[1], transform=figure.transFigure)
        frame.set(facecolor=style.TINTS[5], edgecolor=style.MUTED, linestyle="--", linewidth=1.5)
        figure.add_artist(frame)
        figure.text(0.5, 0.66, "Not drawn in this build", ha="center", va="center", weight="bold")
        # A name may hold a dollar, which is no formula.
        figure.text(0.5, 0.44, shown, ha="center", va="center", parse_math=False)
        figure.text(0.5, 0.24, "is a script that was not trusted to run", ha="center", va="center", color=style.MUTED)

    return style.paint(draw, form, height=_HEIGHT)
