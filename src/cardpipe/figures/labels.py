"""Labels in a figure, and findings at its fields.

Words are plain text with formulas between dollars, typeset by MathJax as in cards.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.formulas import Run, UnfitFormula, runs, shape
from cardpipe.figures.label_lines import PLAIN_FORMULA, font, is_math, shown_length
from cardpipe.model.diagnostics import Finding
from cardpipe.source.fields import ListOf, OneOf, Record, Text
from cardpipe.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.source.fields import FieldType
    from cardpipe.text.nodes import Node
    from cardpipe.text.positions import SourceText

CODE: Final = "FIG005"
"""The code of all findings of figure kinds."""
LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Label(Text):
    """The type of a field for a label with a maximum length in characters."""

    longest: int = LONGEST

    def __init__(self, longest: int = LONGEST) -> None:
        """A label has one line, and a number is accepted too."""
        Text.__init__(self, single_line=True, any_scalar=True)
        object.__setattr__(self, "longest", longest)


LABEL: Final = Label()
"""The type of a field for a label."""
_LETTERS: Final = "\u00a1-\u024f\u0391-\u03a9\u03b1-\u03c9\u0410-\u044f\u2013\u2014\u2018-\u201d\u2026\u2192\u2212"
_FORMULA: Final = rf"\${PLAIN_FORMULA}\$"
_CERTAIN_MATH: Final = re.compile(rf"(?:{_FORMULA}|[ !-#%-\[\]-~{_LETTERS}])*")
"""Texts with TeX that MathJax always accepts, so that lint need not check it; most labels are like this."""
_LONGEST_TEX: Final = 300


def label_findings(label: SourceText, longest: int = LONGEST) -> Iterator[Finding]:
    """Find what cannot be drawn: control characters, missing glyphs, formulas that MathJax rejects."""
    text = label.text
    length = len(text) if len(text) > _LONGEST_TEX else shown_length(text)
    if length > longest:
        yield Finding(CODE, label.span(), f"The label has {length} characters, more than {longest}.", "Shorten it.")
        return
    for place, character in enumerate(text):
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            yield Finding(
                CODE,
                label.span(place, place + 1),
                f"The character U+{ord(character):04X} is not allowed in a label.",
                "Write a single line of plain text.",
            )
            return
    if _CERTAIN_MATH.fullmatch(text):
        return
    if is_math(text):
        yield from _math_findings(label)
    else:
        yield from _glyph_findings(label, Run(text, False, 0))


def _math_findings(label: SourceText) -> Iterator[Finding]:
    for run in runs(label.text):
        if not run.is_formula:
            yield from _glyph_findings(label, run)
            continue
        try:
            shape(run.text)
        except UnfitFormula as fault:
            place = min(run.start + fault.offset, len(label.text) - 1)
            yield Finding(CODE, label.span(place, place + 1), f"{fault}.", "Simplify it, or use words.")
            return


def _glyph_findings(label: SourceText, run: Run) -> Iterator[Finding]:
    _, known, _ = font()
    for place, character in enumerate(label.text[run.start : run.start + len(run.text)], run.start):
        if ord(character) not in known:
            yield Finding(
                CODE,
                label.span(place, place + 1),
                f"The font of figures, DejaVu Sans, has no {character}.",
                "Use another character, or TeX between dollars.",
            )
            return


def findings_within(kind: FieldType, value: Any) -> Iterator[Finding]:
    """Check the labels in a decoded value of a type."""
    if isinstance(kind, Label):
        yield from label_findings(value, kind.longest)
    elif isinstance(kind, ListOf):
        for item in value:
            yield from findings_within(kind.item, item)
    elif isinstance(kind, OneOf):
        yield from findings_within(kind.mapping, value)
    elif isinstance(kind, Record):
        for field in kind.fields:
            if field.name in value:
                yield from findings_within(field.type, value[field.name])


def words(record: Mapping[str, Any], key: str = "label") -> str:
    """Return the text of a label in decoded values; empty if there is none."""
    return record[key].text if key in record else ""


def field_findings(record: Mapping[str, Any], longest: int = LONGEST, *keys: str) -> Iterator[Finding]:
    """Check the labels under some keys of decoded values, by default `label`."""
    for key in keys or ("label",):
        if key in record:
            yield from label_findings(record[key], longest)


def node_at(figure: Figure, *path: str | int) -> Node:
    """Return the node below keys and list indices; the last existing one if the path does not exist."""
    node: Node = figure.parameters
    for step in path:
        inner: Node | None = None
        if isinstance(node, MapNode) and isinstance(step, str):
            inner = node.get(step)
        elif isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
            inner = node.items[step]
        if inner is None:
            break
        node = inner
    return node


def wrong(figure: Figure, path: tuple[str | int, ...], message: str, help_: str | None = None) -> Finding:
    """Return a finding at a position of the figure's fields, or at the figure itself if the field is missing."""
    node = node_at(figure, *path)
    return Finding(CODE, figure.span if node is figure.parameters else node.span(), message, help_)
