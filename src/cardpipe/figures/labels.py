"""Words in a figure: plain text, with formulas between dollars, which MathJax typesets as it does in cards."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from cardpipe.diagnostics import Finding
from cardpipe.fields import Text
from cardpipe.figures.formulas import Run, UnfitFormula, runs, shape
from cardpipe.figures.style import TEXT_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.positions import SourceText

CODE: Final = "FIG005"
"""Of every finding of a figure kind."""
LONGEST: Final = 80
LABEL: Final = Text(single_line=True, any_scalar=True)
"""The type of a field that holds a label."""
_LETTERS: Final = "\u00a1-\u024f\u0391-\u03a9\u03b1-\u03c9\u0410-\u044f\u2013\u2014\u2018-\u201d\u2026\u2192\u2212"
_CERTAIN: Final = re.compile(f"[ -~{_LETTERS}]*")
"""Texts whose characters DejaVu Sans has for certain, so that it need not be opened."""
_COMMAND: Final = (
    r"\\(?:alpha|beta|gamma|delta|epsilon|eta|theta|kappa|lambda|mu|nu|pi|rho|sigma|tau|phi|chi|psi|omega"
    r"|Gamma|Delta|Theta|Lambda|Pi|Sigma|Phi|Psi|Omega|sum|cdot|times|leq|geq|neq|to|ldots|infty)(?![A-Za-z])"
)
_ATOM: Final = rf"(?:[A-Za-z0-9)]|{_COMMAND})"
_SCRIPT: Final = rf"(?:[A-Za-z0-9]|{_COMMAND}|\{{(?:[A-Za-z0-9+\-=,()]|{_COMMAND})+\}})"
_TERM: Final = rf"{_ATOM}(?:_{_SCRIPT})?(?:\^{_SCRIPT})?"
_FORMULA: Final = rf"\$[-+(]?{_TERM}(?:{_TERM}|[-+=<>(,.:;|!/ ])*\$"
_CERTAIN_MATH: Final = re.compile(rf"(?:{_FORMULA}|[ !-#%-\[\]-~{_LETTERS}])*")
"""Texts with TeX that MathJax typesets for certain, so that lint need not ask it; most labels are like this."""

BOLD_SIZE: Final = 1.13 * TEXT_SIZE
"""A size of text that is about as wide as bold text of the usual size."""
_ADVANCES: Final = {
    character: width
    for characters, width in (
        ("'", 0.28),
        (" ,.IJijl", 0.32),
        ("-/:;\\f|", 0.37),
        ("!()[]rt", 0.41),
        ('"*_`sz', 0.53),
        ("?Lc", 0.56),
        ("FPTYaekovxy", 0.62),
        ("$0123456789EKSbdghnpqu{}", 0.65),
        ("ABCRVXZ", 0.7),
        ("DGHNU", 0.77),
        ("&OQw", 0.82),
        ("#+<=>M^~", 0.87),
        ("%m", 0.97),
        ("@W", 1.0),
    )
    for character in characters
}
"""How far characters of DejaVu Sans reach, in ems and rounded up within each row."""
_OTHER: Final = 0.7


def label_findings(label: SourceText, longest: int = LONGEST) -> Iterator[Finding]:
    """Find what could not be drawn: control characters, glyphs that the font lacks, TeX that MathJax refuses."""
    text = label.text
    if len(text) > longest:
        yield Finding(
            CODE, label.span(), f"This label has {len(text)} characters, more than {longest}.", "Say it shorter."
        )
        return
    for place, character in enumerate(text):
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            yield Finding(
                CODE,
                label.span(place, place + 1),
                f"A label cannot hold the character U+{ord(character):04X}.",
                "A label is one line of plain text.",
            )
            return
    if _CERTAIN_MATH.fullmatch(text):
        return
    if is_math(text):
        yield from _math_findings(label)
    else:
        yield from _glyph_findings(label, Run(text, False, 0))


def is_math(text: str) -> bool:
    r"""Whether a text holds formulas: it holds dollars, an even number of them without `\` before."""
    dollars = len(re.findall(r"(?<!\\)\$", text))
    return dollars > 0 and dollars % 2 == 0


def _math_findings(label: SourceText) -> Iterator[Finding]:
    for run in runs(label.text):
        if not run.is_formula:
            yield from _glyph_findings(label, run)
            continue
        try:
            shape(run.text)
        except UnfitFormula as fault:
            place = min(run.start + fault.offset, len(label.text) - 1)
            yield Finding(CODE, label.span(place, place + 1), f"{fault}.", "Write it more simply, or in words.")
            return


def _glyph_findings(label: SourceText, run: Run) -> Iterator[Finding]:
    if _CERTAIN.fullmatch(run.text):
        return
    known = _glyphs()
    for place, character in enumerate(label.text[run.start : run.start + len(run.text)], run.start):
        if ord(character) not in known:
            yield Finding(
                CODE,
                label.span(place, place + 1),
                f"The font of the figures, DejaVu Sans, has no {character}.",
                "Write another character, or TeX between dollars.",
            )
            return


def _glyphs() -> frozenset[int]:
    from matplotlib import font_manager

    from cardpipe.figures.style import shared_style

    with shared_style():
        font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
        return frozenset(font.get_charmap())


def approximate_width(text: str, size: float = TEXT_SIZE) -> float:
    """About how wide a label is in CSS pixels, without opening a font; commands of TeX count as one letter."""
    plain = text
    if is_math(text):
        plain = re.sub(r"\\[A-Za-z]+|[\\${}^_]", lambda match: "n" if len(match[0]) > 1 else "", text)
    return sum(_ADVANCES.get(character, _OTHER) for character in plain) * size


def broken(text: str, width: float, size: float = TEXT_SIZE) -> list[str]:
    """A label as lines, broken between words so that each stays within a width in CSS pixels where it can."""
    lines: list[str] = []
    for word in _words(text):
        if lines and approximate_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def widest_word(text: str, size: float = TEXT_SIZE) -> float:
    """About how wide the widest line is when a label is broken wherever it can be, in CSS pixels."""
    return max((approximate_width(word, size) for word in _words(text)), default=0.0)


def _words(text: str) -> list[str]:
    """What a label can be broken into; a formula stays whole."""
    return re.findall(r"(?:\\$|\$[^$]*\$|[^ $]|\$)+", text) if is_math(text) else text.split(" ")


def words(record: Mapping[str, Any], key: str = "label") -> str:
    """The text of a label among decoded values, empty where there is none."""
    return record[key].text if key in record else ""


def field_findings(record: Mapping[str, Any], longest: int = LONGEST, *keys: str) -> Iterator[Finding]:
    """Find what is wrong with the labels below some keys of decoded values; without keys, with `label`."""
    for key in keys or ("label",):
        if key in record:
            yield from label_findings(record[key], longest)
