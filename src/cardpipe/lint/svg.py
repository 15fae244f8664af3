"""What an author's SVG may not hold: anything that runs, and anything from outside the file.

Read with expat, which bounds entity expansion; any document type declaration is refused anyway.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

_REFUSED = frozenset(["script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "listener"])
_ANIMATIONS = frozenset(["animate", "set", "animatetransform", "animatemotion"])
_REFERENCES = frozenset(["href", "src"])
_INNER = re.compile(r"\s*(?:#|data:image/(?:png|jpeg|gif|webp);base64,|$)", re.IGNORECASE)
_OUTER_STYLE = re.compile(
    r"@import|url\(\s*['\"]?\s*(?!#|['\"]?\s*data:image/(?:png|jpeg|gif|webp))[^\s'\")]", re.IGNORECASE
)
_MOST = 20
"""Faults of one file that are told; the rest is the same again."""


class SvgFault(NamedTuple):
    """A place in the file, what is wrong there, and what to do."""

    line: int
    column: int
    message: str
    help: str


def svg_faults(data: bytes) -> list[SvgFault]:
    """What is unsafe in an SVG, in the order of the file; one fault if it is not well-formed XML."""
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        message = f"This SVG is not well-formed: {expat.ErrorString(error.code)}."
        reader.faults.append(SvgFault(max(1, error.lineno), error.offset + 1, message, "Save it once more as SVG."))
    except (LookupError, ValueError):
        reader.faults.append(SvgFault(1, 1, "This SVG is in an unknown encoding.", "Save it in UTF-8."))
    return reader.faults[:_MOST]


class _Reader:
    def __init__(self) -> None:
        self.faults: list[SvgFault] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._element
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._style_depth = 0

    def _fault(self, message: str, help_: str) -> None:
        place = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        self.faults.append(SvgFault(*place, message, help_))

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local in _REFUSED:
            self._fault(f"An SVG cannot hold <{name}> here.", "Take the element out.")
        self._style_depth += local == "style"
        for attribute, value in attributes.items():
            self._attribute(local, _local(attribute), attribute, value)

    def _attribute(self, element: str, local: str, attribute: str, value: str) -> None:
        if local.startswith("on"):
            self._fault(f"The attribute {attribute} runs code.", "Take it out.")
        elif local in _REFERENCES and not _INNER.match(value):
            self._fault(f"The attribute {attribute} leads out of the file.", "Embed the picture, or take it out.")
        elif element in _ANIMATIONS and local == "attributename" and _local(value) in _REFERENCES:
            self._fault("This animation changes an address.", "Take it out.")
        elif _OUTER_STYLE.search(value) and not local.startswith(("xmlns", "d")):
            self._fault(f"The attribute {attribute} loads something from elsewhere.", "Take it out.")

    def _end(self, name: str) -> None:
        self._style_depth -= _local(name) == "style"

    def _characters(self, text: str) -> None:
        if self._style_depth and _OUTER_STYLE.search(text):
            self._fault("This style sheet loads something from elsewhere.", "Take the rule out.")

    def _instruction(self, target: str, _data: str) -> None:
        self._fault(f"The instruction <?{target}?> can load a style sheet.", "Take it out.")

    def _doctype(self, _name: str, _system: str | None, _public: str | None, _inner: bool) -> None:
        self._fault("A document type declaration can define entities.", "Take the <!DOCTYPE …> out; SVG needs none.")


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()
