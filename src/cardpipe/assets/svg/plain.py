"""SVG of other programs without what is not allowed: elements and attributes with a fault are left out."""

from __future__ import annotations

from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from cardpipe.assets.svg.names import ANIMATIONS
from cardpipe.assets.svg.reading import DrawingReader, EndedError, names_of

_MOST_MESSAGES: Final = 3


def without_faults(data: bytes) -> tuple[bytes, list[str]] | None:
    """Return an SVG without what is not allowed, and the faults of what was left out, each once.

    None if it is not well-formed, declares entities, or is beyond the limits of a drawing.
    """
    reader = _Writer()
    try:
        reader.parser.Parse(data, True)
    except (EndedError, expat.ExpatError, LookupError, ValueError):
        return None
    if not reader.is_svg:
        return None
    return "".join(reader.written).encode(), list(dict.fromkeys(reader.messages))[:_MOST_MESSAGES]


class _Writer(DrawingReader):
    """Reads a drawing and writes what has no fault; comments and instructions are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.messages: list[str] = []
        self._skipped = 0
        """Levels of elements within an element that is left out."""
        self._spaces: list[str] = []
        """Declarations of namespaces for the next element."""
        self._sheet_start = 0
        self.parser.StartNamespaceDeclHandler = self._space
        self.parser.ProcessingInstructionHandler = None
        self.parser.CommentHandler = None

    def fault(self, message: str, help_: str, place: tuple[int, int] | None = None) -> None:
        """Note the fault; what has it is left out."""
        del help_, place
        self.messages.append(message)

    def _has_fault(self, number: int) -> bool:
        return len(self.messages) > number

    def _space(self, prefix: str | None, uri: str | None) -> None:
        self._spaces.append(f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(uri or '')}")

    def start(self, name: str, attributes: list[str]) -> None:
        """Write the start tag of an element without its faulty attributes, or leave out the element."""
        spaces, self._spaces = self._spaces, []
        before = len(self.messages)
        if not self._skipped:
            super().start(name, [])
            if names_of(name)[1] in ANIMATIONS:
                self.animation(attributes)
        if self._skipped or self._has_fault(before):
            if not self._skipped:
                self.close()
            self._skipped += 1
            return
        element = self.drawing.elements[-1]
        kept = []
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            number = len(self.messages)
            self.attribute(element, key, value)
            if not self._has_fault(number):
                kept.append(f" {names_of(key)[2]}={quoteattr(value)}")
        self._sheet_start = len(self.written)
        self.written.append(f"<{names_of(name)[2]}{''.join(spaces)}{''.join(kept)}>")

    def end(self, name: str) -> None:
        """Write the end tag of an element; a style sheet with a fault is left out."""
        if self._skipped:
            self._skipped -= 1
            return
        sheet = "".join(piece for _, piece in self.sheet or ())
        before = len(self.messages)
        super().end(name)
        if self._has_fault(before):
            del self.written[self._sheet_start :]
            return
        self.written.append(f"{escape(sheet)}</{names_of(name)[2]}>")

    def characters(self, text: str) -> None:
        """Write text; that of a style sheet is written when it is complete."""
        if self._skipped:
            return
        super().characters(text)
        if self.sheet is None:
            self.written.append(escape(text))
