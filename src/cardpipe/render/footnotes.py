"""Footnotes for every format: superscript numbers, and the notes as a list at the end of their text.

GitHub puts all notes at the end of the page. The notes of an answer would then be outside of the collapsed answer, and
labels would conflict on pages with several texts. So a text is rewritten as Markdown before it is parsed: all formats
then show footnotes in the same way without knowing of them.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from cardpipe.markup import LinkForm, SegmentKind, scan
from cardpipe.markup.bounds import MAXIMUM_FOOTNOTE_REFERENCES, MAXIMUM_FOOTNOTES

if TYPE_CHECKING:
    from cardpipe.markup import Footnote, Scan


def numbered(text: str) -> str:
    """Return a Markdown text with `<sup>` numbers for references, and the notes as a list below a rule at its end.

    A definition without references stays text, and so does everything beyond the limits: no word is lost.
    """
    if "[^" not in text:
        return text
    scanned = scan(text)
    references = sum(reference.number is not None for reference in scanned.footnote_references)
    if len(scanned.footnotes) > MAXIMUM_FOOTNOTES or references > MAXIMUM_FOOTNOTE_REFERENCES:
        return unread(text)
    return _Numbering(scanned).written() if scanned.footnotes else text


def unread(text: str) -> str:
    """Return an inline Markdown text in which references and definitions of footnotes are text."""
    if "[^" not in text:
        return text
    parts = []
    position = 0
    for footnote in scan(text).footnotes:
        parts.append(text[position : footnote.start])
        position = footnote.start
    return "\\".join([*parts, text[position:]])


class _Numbering:
    def __init__(self, scanned: Scan) -> None:
        self.scanned = scanned
        self.text = scanned.text
        self.references = [reference for reference in scanned.footnote_references if reference.number is not None]
        self.starts = [reference.start for reference in self.references]
        numbers = {reference.key: reference.number for reference in self.references}
        self.notes: dict[int, Footnote] = {}
        for footnote in scanned.footnotes:
            number = numbers.get(footnote.key)
            if number is not None:
                self.notes.setdefault(number, footnote)

    def written(self) -> str:
        """Return the text, and below a rule the notes in the order of their numbers."""
        body = self._body()
        if not self.notes:
            return body
        # A marker is as wide as the indentation of the note's further lines, so that these belong to the item.
        items = [f"{number}.".ljust(4) + self._note(self.notes[number]) for number in sorted(self.notes)]
        return "\n".join([body, "", "---", "", *items])

    def _body(self) -> str:
        taken = {footnote.start for footnote in self.notes.values()}
        parts = [""]
        position = 0
        for footnote in self.scanned.footnotes:
            parts[-1] += self._stretch(position, footnote.start)
            if footnote.start in taken:
                parts.append("")
                position = footnote.end
            else:
                parts[-1] += "\\"
                position = footnote.start
        parts[-1] += self._stretch(position, len(self.text))
        body = "\n".join(parts).rstrip("\n")
        last = scan(f"{body}\n\n---").segments[-1]
        if last.is_fenced:
            # An unclosed code block would contain the notes.
            mark = last.text[0]
            body += "\n" + mark * (len(last.text) - len(last.text.lstrip(mark)))
        return body

    def _note(self, footnote: Footnote) -> str:
        content = self._stretch(footnote.content_start, footnote.end).rstrip()
        return f"<small>{content}</small>" if self._is_paragraph(footnote) else content

    def _is_paragraph(self, footnote: Footnote) -> bool:
        """Return whether a footnote is one paragraph of words and formulas, so that an element can enclose it."""
        first, end = footnote.content_start, footnote.end
        blocks = [block for block in self.scanned.blocks if first <= block[0] < end]
        if len(blocks) != 1 or blocks[0][0] != first or blocks[0][1] > end or self.text[blocks[0][1] : end].strip():
            return False
        kinds = {segment.kind for segment in self.scanned.segments if first <= segment.start < end}
        return (
            not kinds & {SegmentKind.DISPLAY_MATH, SegmentKind.CODE_BLOCK, SegmentKind.IMAGE}
            and not self.text[first:end].rstrip().endswith("\\")
            and not any(link.form is LinkForm.DEFINITION and first <= link.start < end for link in self.scanned.links())
        )

    def _stretch(self, start: int, end: int) -> str:
        """Return the text between two indices, with numbers for references."""
        parts = []
        position = start
        for reference in self.references[bisect_left(self.starts, start) : bisect_left(self.starts, end)]:
            parts.append(self.text[position : reference.start])
            parts.append(f"<sup>{reference.number}</sup>")
            position = reference.end
        return "".join([*parts, self.text[position:end]])
