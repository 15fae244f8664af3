"""Render cloze deletions: as Anki's syntax, as blanks, or with the text filled in.

The text of a deletion is rendered separately, so that no element crosses its borders. Anki parses its syntax in the
finished HTML, so characters that would end it early (`}}`, `::`) are written as entities there.
"""

from __future__ import annotations

import enum
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cardpipe.markup import Deletion, SegmentKind, clozes, math_deletions
from cardpipe.render.line_breaks import joined
from cardpipe.text.escaping import as_hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.markup import Scan, Segment

_OPEN, _CLOSE = "\ue004", "\ue005"
"""Placeholders for Anki's braces, until all other text that looks like them is escaped."""
_RESERVED: Final = re.compile(f"[{_OPEN}{_CLOSE}]")
_TEX_MARK: Final = re.compile(f"{_OPEN}c[0-9]+::|{_CLOSE}")
_LINE_START: Final = re.compile(r"[ \t]*\n[ \t>]*")
_DOTS: Final = r"\cdots"
_PLAIN_HINT: Final = re.compile(r"[A-Za-z0-9 ,.;:?!()'+-]{1,60}")


class ClozeForm(enum.Enum):
    """The form of deletions."""

    MARKS = "marks"
    BLANK = "blank"
    FILLED = "filled"


def without_reserved(text: str) -> str:
    """Return the text without the characters that stand for braces, so that authors cannot forge them."""
    return _RESERVED.sub("\ufffd", text)


def stretches(scanned: Scan) -> Iterator[Segment | Deletion]:
    """Return the text in order: deletions outside of formulas as a whole, and the segments between them."""
    deletions = [deletion for deletion in clozes(scanned).deletions if not deletion.is_within]
    number = 0
    for segment in scanned.segments:
        start = segment.start
        while number < len(deletions) and deletions[number].start < segment.end:
            deletion = deletions[number]
            if start < deletion.start:
                yield _cut(segment, start, deletion.start)
            if deletion.start >= segment.start:
                yield deletion
            start = max(start, deletion.end)
            if deletion.end > segment.end:
                break
            number += 1
        if start < segment.end:
            yield segment if start == segment.start else _cut(segment, start, segment.end)


def _cut(segment: Segment, start: int, end: int) -> Segment:
    # A deletion begins and ends in prose, so only prose is split.
    return replace(segment, kind=SegmentKind.PROSE, start=start, end=end, content_start=start, content_end=end)


def hidden_text(text: str, deletion: Deletion) -> str:
    """Return the hidden text of a deletion on one line, without markers of quotations and list items around it."""
    return _LINE_START.sub(" ", joined(text[deletion.text_start : deletion.text_end])).strip()


def hint_text(text: str, deletion: Deletion) -> str:
    """Return a deletion's hint on one line, empty if there is none."""
    return _LINE_START.sub(" ", joined(text[deletion.hint_start : deletion.hint_end])).strip()


def marks(number: int, hidden: str, hint: str) -> str:
    """Return a deletion in Anki's syntax, from HTML; `finished` inserts the braces."""
    inner = _defused(hidden)
    return f"{_OPEN}c{number}::{inner}{f'::{as_hint(_defused(hint))}' if hint else ''}{_CLOSE}"


def open_marks(number: int, hidden: str, hint: str) -> str:
    """Return a deletion of original HTML in Anki's syntax; what is in it is left as Anki reads it."""
    return f"{_OPEN}c{number}::{hidden}{f'::{hint}' if hint else ''}{_CLOSE}"


def _defused(made: str) -> str:
    made = made.replace("::", ":&#58;").replace("{{", "{&#123;").replace("}}", "}&#125;")
    return f"{made[:-1]}&#125;" if made.endswith("}") else made


def finished(made: str) -> str:
    """Return the HTML with Anki's braces at deletions, and nothing else that Anki would parse as one."""
    return made.replace("{{c", "{&#123;c").replace(_OPEN, "{{").replace(_CLOSE, "}}")


def tex(formula: str, form: ClozeForm) -> str:
    """Return a formula with its deletions in a form."""
    parts = []
    position = 0
    for deletion in math_deletions(formula):
        hidden = formula[deletion.text_start : deletion.text_end].strip()
        hint = _tex_hint(formula[deletion.hint_start : deletion.hint_end].strip())
        parts += [formula[position : deletion.start], _tex_deletion(deletion.number, hidden, hint, form)]
        position = deletion.end
    return "".join([*parts, formula[position:]])


def numbers_in(formula: str) -> tuple[int, ...]:
    """Return the distinct numbers of a formula's deletions, sorted."""
    return tuple(sorted({deletion.number for deletion in math_deletions(formula)}))


def _tex_deletion(number: int, hidden: str, hint: str, form: ClozeForm) -> str:
    if form is ClozeForm.BLANK:
        return rf"\boxed{{{hint or _DOTS}}}"
    if form is ClozeForm.FILLED:
        return rf"\boxed{{{hidden}}}"
    # TeX ignores a space, and an empty group separates two colons invisibly.
    inner = hidden.replace("::", ":{}:")
    end = " " if (hint or inner).endswith("}") else ""
    return f"{_OPEN}c{number}::{inner}{f'::{hint}' if hint else ''}{end}{_CLOSE}"


def without_marks(formula: str) -> str:
    """Return a formula with the text of its deletions and hints, as Anki shows it."""
    return _TEX_MARK.sub("", formula)


def _tex_hint(hint: str) -> str:
    """Return a hint as text within a formula; empty if it has characters other than letters and common punctuation."""
    return rf"\text{{{hint.replace('::', ': :')}}}" if _PLAIN_HINT.fullmatch(hint) else ""
