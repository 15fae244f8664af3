"""Lines of text in a figure: sizes, line breaks and drawing.

Words are measured by the font. Formulas are estimated if that is safe, so that lint need not start MathJax.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.formulas import SIZE, Run, Shape, UnfitFormula, runs, shape
from cardpipe.figures.style import TEXT_SIZE
from cardpipe.mathjax.fonts import matplotlib_font

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE: Final = 20.0
"""Line height in CSS pixels."""
BOLD_SIZE: Final = 1.13 * TEXT_SIZE
"""Text of this size is about as wide as bold text of the usual size."""
_COMMANDS: Final = {
    **dict.fromkeys(("leq", "geq", "neq", "to"), 1.55),
    **dict.fromkeys(("cdot",), 0.72),
    **dict.fromkeys(("times", "ldots"), 1.35),
    "sum": 1.4,
    "infty": 1.0,
}
"""Widths of characters with the space around them, in ems of TeX's fonts."""
_SIGNS: Final = {
    **dict.fromkeys("=<>", 1.34),
    **dict.fromkeys("+-", 1.23),
    **dict.fromkeys("(),.;:!|", 0.45),
    "/": 0.5,
    " ": 0.0,
}
_SCRIPT_SIZE: Final = 0.72
_LETTERS: Final = {
    **dict.fromkeys("0123456789", 0.52),
    **dict.fromkeys("ABCDEFGHIJKLNOPQRSTUVXYZ", 0.86),
    **dict.fromkeys("mMW", 1.06),
    "w": 0.74,
}
_LETTER: Final = 0.66
_COMMAND: Final = (
    r"\\(?:alpha|beta|gamma|delta|epsilon|eta|theta|kappa|lambda|mu|nu|pi|rho|sigma|tau|phi|chi|psi|omega"
    r"|Gamma|Delta|Theta|Lambda|Pi|Sigma|Phi|Psi|Omega|sum|cdot|times|leq|geq|neq|to|ldots|infty)(?![A-Za-z])"
)
_ATOM: Final = rf"(?:[A-Za-z0-9)]|{_COMMAND})"
_SCRIPT: Final = rf"(?:[A-Za-z0-9]|{_COMMAND}|\{{(?:[A-Za-z0-9+\-=,()]|{_COMMAND})+\}})"
_TERM: Final = rf"{_ATOM}(?:_{_SCRIPT})?(?:\^{_SCRIPT})?"
PLAIN_FORMULA: Final = rf"[-+(]?{_TERM}(?:{_TERM}|[-+=<>(,.:;|!/ ])*"
"""TeX that MathJax always accepts, no higher than a line; most labels have only this."""
_PLAIN: Final = re.compile(PLAIN_FORMULA)
_NAME: Final = re.compile(r"\\(?!begin|end)[A-Za-z]+\s*")
_STRUCTURE: Final = re.compile(r"\\(?:begin|end)\{[^{}]*\}|\\[,;:! \\]|[{}^_&]")
_TOKEN: Final = re.compile(r"([_^])(?:\{([^}]*)\}|(\\[A-Za-z]+|.))|\\([A-Za-z]+)|(.)")


def is_math(text: str) -> bool:
    r"""Return whether a text has formulas: an even number of dollar signs without `\` before."""
    dollars = len(re.findall(r"(?<!\\)\$", text))
    return dollars > 0 and dollars % 2 == 0


def parts(text: str) -> list[Run]:
    """Return a label's text parts and formulas."""
    return list(runs(text)) if is_math(text) else [Run(text, False, 0)]


def approximate_width(text: str, size: float = TEXT_SIZE) -> float:
    """Return the approximate width of a label in CSS pixels; formulas other than letters and scripts are measured."""
    return sum(_formula_width(run.text) if run.is_formula else _words_width(run.text) for run in parts(text)) * size


def _words_width(text: str) -> float:
    """Return the width of text in ems, by the font's advance widths (OpenType, `hmtx`)."""
    advances, names, units = font()
    return sum(advances[names.get(ord(character), ".notdef")][0] for character in text) / units


@functools.cache
def font() -> tuple[Mapping[str, tuple[int, int]], Mapping[int, str], int]:
    """Return DejaVu Sans: the advance width of each glyph, the glyph of each character, and units per em."""
    from fontTools.ttLib import TTFont

    with TTFont(matplotlib_font("DejaVuSans"), lazy=True) as font:
        return font["hmtx"].metrics, font.getBestCmap(), font["head"].unitsPerEm


def _formula_width(tex: str) -> float:
    """Return the width of a formula in ems of the text around it."""
    found = _measured(tex)
    return found.width / 1000 * SIZE if found is not None else _estimated(tex) * SIZE


def _measured(tex: str) -> Shape | None:
    """Return the shape of a formula whose size cannot be estimated; None for others and for invalid ones."""
    if _PLAIN.fullmatch(tex):
        return None
    try:
        return shape(tex)
    except UnfitFormula:
        return None


@functools.cache
def _estimated(tex: str) -> float:
    """Return the estimated width in ems of TeX's fonts; scripts above each other are added."""
    width = 0.0
    for token in _TOKEN.finditer(tex):
        script, group, single, command, character = token.groups()
        if script:
            inner = group if group is not None else single
            width += _SCRIPT_SIZE * _estimated(inner) + 0.05
        elif command:
            width += _COMMANDS.get(command, 0.86 if command[0].isupper() else _LETTER)
        else:
            width += _SIGNS.get(character, _LETTERS.get(character, _LETTER))
    return width


def line_height(text: str) -> float:
    """Return the height of a line with a label in CSS pixels: the usual one, or that of a tall formula in it."""
    height = LINE
    for run in parts(text):
        found = _measured(run.text) if run.is_formula else None
        if found is not None:
            height = max(height, (found.height + found.depth) / 1000 * SIZE * TEXT_SIZE + 2)
    return height


def lines_height(lines: Sequence[str]) -> float:
    """Return the height of several lines in CSS pixels."""
    return sum(line_height(line) for line in lines)


def vertical_alignment(text: str) -> str:
    """Return matplotlib's vertical alignment of a label: by its baseline, or centred if it has a tall formula."""
    return "center" if line_height(text) > LINE else "center_baseline"


def canvas_axes(figure: Figure, width: float, height: float, left: float = 0.0) -> Axes:
    """Return axes over a whole canvas in CSS pixels from its upper edge, and from `left` at its left edge."""
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left, width + left), ylim=(height, 0))
    axes.set_axis_off()
    return axes


def write_lines(axes: Axes, x: float, middle: float, lines: Sequence[str], **look: Any) -> None:
    """Write lines centred vertically, on axes whose y goes down in CSS pixels."""
    y = middle - lines_height(lines) / 2
    for line in lines:
        height = line_height(line)
        axes.text(x, y + height / 2, line, va=vertical_alignment(line), **look)
        y += height


def broken(text: str, width: float, size: float = TEXT_SIZE) -> list[str]:
    """Return a label as lines, broken between words so that each fits in a width in CSS pixels if possible."""
    lines: list[str] = []
    for word in _words(text):
        if lines and approximate_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def widest_word(text: str, size: float = TEXT_SIZE) -> float:
    """Return the approximate width of the widest line if a label is broken wherever possible, in CSS pixels."""
    return max((approximate_width(word, size) for word in _words(text)), default=0.0)


def _words(text: str) -> list[str]:
    """Split a label where it can be broken; a formula stays whole."""
    return re.findall(r"(?:\\$|\$[^$]*\$|[^ $]|\$)+", text) if is_math(text) else text.split(" ")


def shown_length(text: str) -> int:
    """Return the approximate number of visible characters: TeX's braces count as none, a command as one."""
    return sum(len(_STRUCTURE.sub("", _NAME.sub("n", run.text)) if run.is_formula else run.text) for run in parts(text))
