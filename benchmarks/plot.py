"""The plot of a comparison: seconds over cards, both on logarithmic scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.figures import style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure


def plot(figure: Figure, curves: Mapping[str, Sequence[tuple[int, float]]]) -> None:
    """A line for each tool, told apart by its name at its end, its marker and its dashes; ours are thick."""
    axes = figure.add_subplot(xlabel="cards", ylabel="seconds", xscale="log", yscale="log")
    axes.grid(visible=True)
    markers = "osD^vP*X"
    rivals = [name for name in curves if not name.startswith("cardpipe")]
    for name, points in curves.items():
        ours = name not in rivals
        number = rivals.index(name) if not ours else len(rivals) + [n for n in curves if n not in rivals].index(name)
        axes.plot(
            [cards for cards, _ in points],
            [seconds for _, seconds in points],
            label=name,
            marker=markers[number % len(markers)],
            color=style.PALETTE[number % len(style.PALETTE)] if not ours else style.INK,
            linestyle=style.DASHES[0] if not ours else style.DASHES[number - len(rivals)],
            linewidth=3.0 if ours else 1.8,
        )
    figure.legend(loc="outside right upper", fontsize=13)
