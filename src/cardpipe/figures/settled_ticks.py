"""Cache the ticks of a finished figure, which matplotlib would compute about thirty times.

Matplotlib computes an axis' ticks and labels for each query: by the layout, by each of the axes' edges,
by the labels beside them, by drawing. As long as the axis shows the same range in the same place, the answer is the
same.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.figure import Figure

_METHOD = "_update_ticks"
"""Of an axis; not public, so a matplotlib without it is left as it is, and only slower."""


@contextlib.contextmanager
def settled_ticks(figure: Figure) -> Iterator[None]:
    """Keep each axis' ticks as long as its range and its place stay; nothing else of a figure may change meanwhile."""
    axes = [axis for one in figure.get_axes() for axis in (one.xaxis, one.yaxis) if hasattr(axis, _METHOD)]
    for axis in axes:
        setattr(axis, _METHOD, _kept(axis, getattr(axis, _METHOD)))
    try:
        yield
    finally:
        for axis in axes:
            delattr(axis, _METHOD)  # the class's own is back


def _kept(axis: Any, work_out: Callable[[], list[Any]]) -> Callable[[], list[Any]]:
    known: dict[tuple[float, ...], list[Any]] = {}

    def ticks() -> list[Any]:
        state = (*axis.get_view_interval(), *axis.axes.bbox.bounds)
        if state not in known:
            # One state at a time: ticks are objects that the next state moves.
            known.clear()
            known[state] = work_out()
        return list(known[state])

    return ticks
