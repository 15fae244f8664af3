"""Paper sizes, margins and lengths, in points and millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cardpipe.errors import UsageError
from cardpipe.writers.api import WriterOption

MILLIMETRE: Final = 72 / 25.4
"""In points."""
_INCH: Final = 25.4
"""In millimetres."""
_NUMBER: Final = r"\d{1,4}(?:\.\d{1,3})?"
SIZE_FORM: Final = rf"{_NUMBER}x{_NUMBER}(?:mm|in)"
"""Width by height with a unit, as a regular expression."""
LENGTH_FORM: Final = rf"{_NUMBER}(?:mm|in)"
_SIZES: Final = {
    "a4": (210.0, 297.0),
    "a5": (148.0, 210.0),
    "legal": (215.9, 355.6),
    "letter": (215.9, 279.4),
}
_LEAST, _MOST = 50.0, 1200.0
"""Millimetres; no line of text fits on a smaller page, and PDF readers may not support a larger one."""
_TEXT: Final = 152.0
"""Width of the sheet's text in millimetres: some 75 characters per line, next to 22 mm for the IDs."""
_NARROW: Final = 125.0
"""Millimetres of text for which the column of IDs in the margin is narrower."""
_HANG, _HANG_NARROW = 22.0, 15.0
"""Millimetres of the column for IDs, as in the style sheet and `narrow_rule`."""
_HANG_SPACE: Final = 1.0
"""Between that column and the text, in millimetres."""
_CODE_LETTER: Final = 0.82 * 0.6021
"""Width of a letter of code in em of the text."""
_CODE_PADDING: Final = 11.5
"""Millimetres of padding around code, and next to an answer that contains it."""
_HEAD_ROOM: Final = 12.0
"""The minimum margin in millimetres for head and foot of a page."""

PAPER_OPTION: Final = WriterOption(
    name="paper",
    flag="paper",
    choices=("a4", "a5", "legal", "letter"),
    form=SIZE_FORM,
    form_name="WIDTHxHEIGHTmm",
    default="a4",
    help="The paper size; in millimetres (`170x240mm`) or inches (`8x10in`).",
)
MARGIN_OPTION: Final = WriterOption(
    name="margin",
    flag="margin",
    choices=("auto",),
    form=LENGTH_FORM,
    form_name="LENGTHmm",
    default="auto",
    help="The margin on every side (`15mm`, `0.5in`); auto: the default of the layout.",
)

BLEED_OPTION: Final = WriterOption(
    name="bleed",
    flag="bleed",
    choices=("none",),
    form=LENGTH_FORM,
    form_name="LENGTHmm",
    default="none",
    help="For a print shop: larger pages with a bleed of this width (`3mm`) and cut marks.",
)
GREY_OPTION: Final = WriterOption(
    name="grey",
    flag="grey",
    choices=("no", "yes"),
    bare="yes",
    default="no",
    help="Print everything in greyscale, including figures, code and pictures.",
)
INK_OPTION: Final = WriterOption(
    name="ink",
    flag="ink",
    choices=("full", "saving"),
    default="full",
    help="saving: a fifth less ink, by dark grey text, thinner rules and paler areas in drawn figures.",
)
TEST_PAGE_OPTION: Final = WriterOption(
    name="test-page",
    flag="test-page",
    choices=("no", "yes"),
    bare="yes",
    default="no",
    help="Also write a test page for duplex printing, which shows the --offset of a printer.",
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper size in points, and its margins in millimetres."""

    width: float
    height: float
    top: float = 0
    right: float = 0
    bottom: float = 0
    left: float = 0
    head: float = 13
    """From the paper's upper edge to the running head, in millimetres."""
    foot: float = 11
    """From the paper's lower edge to the page number, in millimetres."""

    @property
    def margins(self) -> str:
        """Return the margins as CSS."""
        return f"{self.top}mm {self.right}mm {self.bottom}mm {self.left}mm"

    @property
    def share(self) -> float:
        """Return the width of the text relative to A4 paper; at most 1."""
        return min(1.0, (self.width / MILLIMETRE - self.left - self.right) / _TEXT)


_KNOWN: Final = {
    "a4": Paper(210 * MILLIMETRE, 297 * MILLIMETRE, 23, 32, 21, 26),
    "letter": Paper(8.5 * 72, 11 * 72, 22, 34.9, 20, 29),
}
"""Manually chosen margins."""


def size_of(value: str, what: str = "paper", least: float = _LEAST) -> tuple[float, float]:
    """Return width and height in millimetres of a paper by name, or of a size (`170x240mm`).

    Raises UsageError for an unreasonable size; `what` names it in the message.
    """
    if value in _SIZES:
        return _SIZES[value]
    unit = _INCH if value.endswith("in") else 1.0
    width, height = (float(part) * unit for part in value.removesuffix("in").removesuffix("mm").split("x"))
    if not (min(width, height) >= least and max(width, height) <= _MOST):
        raise UsageError(
            f"Unsupported {what} size for the PDF: {value}.",
            hint=f"Each side is at least {least:g} mm and at most {_MOST:g} mm.",
        )
    return width, height


def in_inches(value: str) -> bool:
    """Return whether this paper is usually measured in inches."""
    return value in {"letter", "legal"} or value.endswith("in")


def length_of(value: str) -> float:
    """Return a length such as `15mm` or `0.5in` in millimetres."""
    return float(value.removesuffix("in")) * _INCH if value.endswith("in") else float(value.removesuffix("mm"))


def text_paper(name: str, margin: str, scale: float = 1.0) -> Paper:
    """Return the paper for running text that is scaled afterwards: smaller, with margins for that size.

    Raises UsageError for a paper or margins without room for a line of text, or for head and foot.
    """
    if margin == "auto" and name in _KNOWN and scale == 1:
        return _KNOWN[name]
    width, height = (side / scale for side in size_of(name))
    if margin == "auto":
        side = max(_HEAD_ROOM, (width - _TEXT) / 2)
        hang = min(3.0, side - _HEAD_ROOM)
        top = min(23.0, max(16.0, height * 0.077))
        left, right, bottom = side - hang, side + hang, top - 2
    else:
        top = right = bottom = left = length_of(margin) / scale
    if top < _HEAD_ROOM or width - left - right < _LEAST or height - top - bottom < _LEAST:
        raise UsageError(
            f"This text does not fit on paper of {width * scale:g} by {height * scale:g} mm.",
            hint=f"A margin is at least {_HEAD_ROOM * scale:g} mm, and leaves at least {_LEAST * scale:g} mm.",
        )
    points = (width * MILLIMETRE, height * MILLIMETRE)
    return Paper(*points, top, right, bottom, left, head=max(4.0, top - 9), foot=max(4.0, bottom - 9))


def marks_width(page: Paper) -> float:
    """Return the width of the column for IDs and tags in millimetres, without the space next to it."""
    return (_HANG_NARROW if page.width / MILLIMETRE - page.left - page.right < _NARROW else _HANG) - _HANG_SPACE


def text_width(page: Paper, *, beside_ids: bool = True) -> float:
    """Return the width of the text in millimetres, with or without the column for IDs."""
    width = page.width / MILLIMETRE - page.left - page.right
    hang = _HANG_NARROW if width < _NARROW else _HANG
    return width - hang if beside_ids else width


def code_letters(width: float, points: float) -> float:
    """Return how many letters of code fit on a line of a width in millimetres, in text of a size in points."""
    return (width - _CODE_PADDING) * MILLIMETRE / (_CODE_LETTER * points)


def narrow_rule(page: Paper) -> str:
    """Return the CSS for a page of another size than those of the style sheet; empty for those."""
    if page in _KNOWN.values():
        return ""
    rule = f".title {{ padding-top: {page.height / MILLIMETRE * 0.12:.0f}mm; }}\n"
    if page.width / MILLIMETRE - page.left - page.right < _NARROW:
        hang = f"inset-inline-start: -{_HANG_NARROW}mm; width: {_HANG_NARROW - _HANG_SPACE}mm"
        rule += f"body {{ padding-inline-start: {_HANG_NARROW}mm; }}\n"
        rule += f".contents .id {{ flex-basis: {_HANG_NARROW}mm; }}\n"
        rule += f".card h3 .id, h2 .label, .marks:not(.row) {{ {hang}; }}\n"
    return rule


def tall_rule(page: Paper) -> str:
    """Return the CSS that scales what is higher than a page to fit below a few lines of text."""
    room = page.height / MILLIMETRE - page.top - page.bottom
    rule = f".equation img.math, .equation svg.math {{ max-height: {max(10.0, room - 12):.1f}mm; }}\n"
    for kind, usual in ((".figure img, img.media", 92.0), (".figure.drawn img", 78.0)):
        if room - 20 < usual:
            rule += f"{kind} {{ max-height: {max(10.0, room - 20):.1f}mm; }}\n"
    return rule
