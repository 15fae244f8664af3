"""The result of MathJax for a formula: a picture with its measures, or an error with its position."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

MAX_LENGTH = 4_000
"""Maximum code points of a formula; the longest in textbooks have a tenth of it."""

MAX_DEPTH = 40
"""Maximum nesting of braces; MathJax parses every argument again, so depth costs time and stack."""

MAX_SIZE = 200.0
r"""Maximum width or height of a picture in em, about three A4 pages; `\hspace` has no limit of its own."""


_RIM = 0.1
"""Padding in em around a picture: PDF engines round positions to pixels and clip the rest."""


@dataclass(frozen=True, slots=True)
class MathError:
    """MathJax's error for a formula: message, and position in its TeX in code points."""

    message: str
    offset: int = 0


CONTROL_CHARACTERS: Final = "A formula cannot contain control characters"
"""The message of an error that the YAML reader has reported already."""
_CONTROL: Final = frozenset(map(chr, (*range(9), *range(11, 13), *range(14, 32), *range(127, 160), 0x2028, 0x2029)))


class Verdict(NamedTuple):
    """MathJax's error for a formula, if any, and the amount of work (see `typeset.js`)."""

    error: MathError | None
    work: int


@dataclass(frozen=True, slots=True)
class Equation:
    """A formula's picture: a self-contained SVG of black shapes, and its measures in em of the text around it.

    `height` is above the baseline and `depth` below it. `left` and `right` are how far the picture reaches over the
    formula's own width at its sides: part of `width`, to be taken back by negative margins.
    """

    svg: str = field(repr=False)
    width: float
    height: float
    depth: float
    left: float = 0.0
    right: float = 0.0
    text: str = field(default="", repr=False)
    """The same SVG with its glyphs as text in the fonts of `mathjax.fonts`, which the page must contain."""
    mathml: str = field(default="", repr=False)
    """The content of `<math>`, for screen readers."""


def size_error(tex: str) -> MathError | None:
    """Return the error of a formula before MathJax parses it: its length, nesting or invalid characters."""
    if len(tex) > MAX_LENGTH:
        return MathError(f"The formula is too long: {len(tex)} characters, at most {MAX_LENGTH} are allowed")
    depth = 0
    escaped = False
    for offset, character in enumerate(tex):
        if character in _CONTROL or "\ud800" <= character <= "\udfff":
            return MathError(CONTROL_CHARACTERS, offset)
        if character == "{" and not escaped:
            depth += 1
            if depth > MAX_DEPTH:
                return MathError(f"The formula is nested too deeply: more than {MAX_DEPTH} braces", offset)
        elif character == "}" and not escaped:
            depth -= 1
        escaped = character == "\\" and not escaped
    return None


def read_error(answer: dict[str, Any]) -> MathError | None:
    """Return the error in a result of `cardpipe.check` or `cardpipe.typeset`, if any."""
    error = answer.get("error")
    return None if error is None else MathError(str(error["message"]), int(error["offset"]))


def read_equation(answer: dict[str, Any]) -> Equation | MathError:
    """Return the picture in a result of `cardpipe.typeset`; its lengths are in thousandths of an em, y points down."""
    ink = [round(float(value) / 1000, 3) for value in answer["ink"]]
    left, top, right, bottom = ink[0] - _RIM, ink[1] - _RIM, ink[2] + _RIM, ink[3] + _RIM
    # A negative width, as of `\hspace{-9em}`, would move the text that follows out of sight.
    advance = max(0.0, round(float(answer["width"]) / 1000, 3))
    width, total = round(right - left, 3), round(bottom - top, 3)
    if width > MAX_SIZE or total > MAX_SIZE:
        return MathError(f"The formula is too large: more than {MAX_SIZE:g} em")
    box = " ".join(f"{value * 1000:.0f}" for value in (left, top, width, total))
    root = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}em" height="{total:g}em" viewBox="{box}">'
    svg, text = f"{root}{answer['body']}</svg>", f"{root}{answer['text']}</svg>"
    over = (round(max(0.0, -left), 3), round(max(0.0, right - advance), 3))
    mathml = str(answer.get("mathml", ""))
    return Equation(svg, width, round(-top, 3), round(bottom, 3), *over, text=text, mathml=mathml)
