"""Labels with MathJax formulas for matplotlib; imports matplotlib, so import it only for drawing.

Matplotlib has no interface for another typesetter, but a single class provides sizes and outlines of all its
texts. `own_formulas` replaces it, and makes matplotlib's raster renderer use the replacement too.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import text as matplotlib_text
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import findfont, get_font
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from cardpipe.figures.formulas import SIZE, Shape, runs, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.font_manager import FontProperties


class LabelPaths(TextToPath):
    """Outlines of texts; formulas by MathJax."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        """Return width, height including the depth, and depth, in points of the text's size."""
        if not _is_ours(s, ismath):
            measures: tuple[float, float, float] = super().get_text_width_height_descent(s, prop, ismath)
            return measures
        font = self._own_font(prop)
        width, height, depth = 0.0, 0.0, 0.0
        for run in runs(s):
            if run.is_formula:
                found = shape(run.text)
                advance, above, below = (self._em(value) for value in (found.width, found.height, found.depth))
            else:
                advance, above, below = self._measured(font, run.text)
            width, height, depth = width + advance, max(height, above), max(depth, below)
        scale = prop.get_size_in_points() / self.FONT_SCALE
        return width * scale, (height + depth) * scale, depth * scale

    def get_glyphs_mathtext(
        self, prop: FontProperties, s: str, glyph_map: Any = None, return_new_glyphs_only: bool = False
    ) -> Any:
        """Return each glyph and each formula: name, position and size; new outlines; no rectangles."""
        if not _is_ours(s, True):
            return super().get_glyphs_mathtext(prop, s, glyph_map, return_new_glyphs_only)
        known = {} if glyph_map is None else glyph_map
        new = {} if return_new_glyphs_only else known
        font = self._own_font(prop)
        placed = []
        x = 0.0
        for run in runs(s):
            if run.is_formula:
                found = shape(run.text)
                name = f"formula-{hashlib.sha256(run.text.encode()).hexdigest()[:12]}"
                if name not in known:
                    new[name] = _outline(found)
                placed.append((name, x, 0.0, self._em(1000) / 1000))
                x += self._em(found.width)
            else:
                glyphs, outlines, _ = self.get_glyphs_with_font(font, run.text, known, return_new_glyphs_only=True)
                new.update(outlines)
                placed += [(name, x + left, bottom, size) for name, left, bottom, size in glyphs]
                x += self._measured(font, run.text)[0]
        return placed, new, []

    def _own_font(self, prop: FontProperties) -> Any:
        font = get_font(findfont(prop))
        font.set_size(self.FONT_SCALE, self.DPI)
        return font

    def _em(self, value: float) -> float:
        return value / 1000 * self.FONT_SCALE * SIZE

    @staticmethod
    def _measured(font: Any, text: str) -> tuple[float, float, float]:
        """Return width, height above the baseline and depth below it; a trailing space counts."""
        font.set_text(f"{text}|", 0.0)
        whole, height = font.get_width_height()
        depth = font.get_descent()
        font.set_text("|", 0.0)
        end, _ = font.get_width_height()
        font.set_text(text, 0.0)
        _, height = font.get_width_height()
        depth = font.get_descent()
        return (whole - end) / 64, (height - depth) / 64, depth / 64


def _is_ours(text: str, ismath: Any) -> bool:
    """Return whether a text has formulas of an author; matplotlib sets the powers at its axes differently."""
    return ismath is True and r"\mathdefault" not in text


def _outline(found: Shape) -> tuple[Any, Any]:
    """Return a shape as matplotlib's outlines: points and codes."""
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for step, given in found.steps:
        if step == "moveTo":
            codes.append(int(Path.MOVETO))
        elif step == "lineTo":
            codes.append(int(Path.LINETO))
        elif step == "curveTo":
            codes += [int(Path.CURVE4)] * 3
        elif step == "qCurveTo":
            codes += [int(Path.CURVE3)] * 2
        else:
            codes.append(int(Path.CLOSEPOLY))
        points += given or [(0.0, 0.0)]
    return np.array(points, dtype=float).reshape(-1, 2), np.array(codes, dtype=np.uint8)


@contextlib.contextmanager
def own_formulas() -> Iterator[None]:
    """Let matplotlib use `LabelPaths`; this affects the whole process, so that only one thread may draw."""
    former = matplotlib_text.TextToPath, RendererAgg.draw_mathtext, RendererAgg.get_text_width_height_descent
    plain_draw: Any = former[1]
    plain_measures: Any = former[2]

    def draw_mathtext(self: Any, gc: Any, x: float, y: float, s: str, prop: Any, angle: float) -> None:
        if not _is_ours(s, True):
            plain_draw(self, gc, x, y, s, prop, angle)
            return
        self._draw_text_as_path(gc, x, y, s, prop, angle, ismath=True, mtext=None)

    def measures(self: Any, s: str, prop: Any, ismath: Any) -> Any:
        if _is_ours(s, ismath):
            scale = self.points_to_pixels(1.0)
            return tuple(scale * value for value in self._text2path.get_text_width_height_descent(s, prop, ismath))
        return plain_measures(self, s, prop, ismath)

    matplotlib_text.TextToPath = LabelPaths  # type: ignore[misc] # the attribute where renderers look for the class
    RendererAgg.draw_mathtext = draw_mathtext  # type: ignore[method-assign] # see above
    RendererAgg.get_text_width_height_descent = measures  # type: ignore[method-assign] # see above
    try:
        yield
    finally:
        matplotlib_text.TextToPath, RendererAgg.draw_mathtext, RendererAgg.get_text_width_height_descent = former  # type: ignore[misc,method-assign] # as it was
