"""Read an SVG against an allow-list: its faults, and its elements for the estimate of work.

It is parsed with expat, without a document type, so that entities can neither expand nor load.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat

from cardpipe.assets.svg import css, dashes
from cardpipe.assets.svg.names import (
    ANIMATED,
    ANIMATIONS,
    DRAWN_AS_STYLE,
    EDITORS,
    ELEMENTS,
    PICTURES,
    PLAIN,
    SVG,
    TEXTS,
    XLINK,
    XML,
)
from cardpipe.text.escaping import shortened

_MOST_FAULTS: Final = 20
_MOST_ELEMENTS: Final = 200_000
_DEEPEST: Final = 200
_MOST_ATTRIBUTES: Final = 300
"""Of one element."""
_ENCODINGS: Final = frozenset(["", "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"])
_PUBLIC: Final = re.compile(r"-//W3C//(?:DTD|ENTITIES) SVG [\w. ]*//EN(?://\w*)?")
_SYSTEM: Final = re.compile(r"https?://www\.w3\.org/[\w./-]*")
_EMBEDDED: Final = re.compile(r"\s*data:(image/(?:png|jpe?g|gif|webp));base64,([A-Za-z0-9+/=\s]*)\Z", re.IGNORECASE)
_REFERENCES: Final = frozenset(["href", "src"])
_XLINK: Final = frozenset(["type", "title", "show", "actuate", "role", "arcrole"])
_SLOW_LETTER: Final = re.compile(r"[^\x00-\u052f\u2000-\u206f\u2190-\u22ff]")
_LENGTHS: Final = frozenset(["width", "height", "r", "rx", "ry", "x1", "x2", "y1", "y2", "pathLength"])
_LISTS: Final = frozenset(["x", "y", "dx", "dy", "rotate"])
_HTML: Final = (
    "Save it without HTML: in draw.io disable “Formatted Text” before the export, so that labels become SVG text. "
    "PDF cannot show HTML."
)


class SvgFault(NamedTuple):
    """A fault in the file: position, message and help."""

    line: int
    column: int
    message: str
    help: str


@dataclass(slots=True, eq=False)
class Element:
    """The properties of an element that determine the work of drawing it."""

    name: str
    """The local name; empty for an editor's element, which draws nothing."""
    parent: int
    """The index of the parent; -1 for the root."""
    place: tuple[int, int]
    id: str = ""
    classes: str = ""
    href: str = ""
    """The id of an element of the same file."""
    references: list[css.UrlReference] = field(default_factory=list)
    set: set[str] = field(default_factory=set)
    """The properties that it sets by itself."""
    length: int = 0
    """Characters of its path, or of its points."""
    outline: float = 0.0
    """How long its outline is at most."""
    period: float = 0.0
    """The dash and gap that it sets for itself and what is within it; 0 where it sets none."""
    slow_letters: int = 0
    """Characters that most fonts do not have."""
    letters: int = 0
    numbers: int = 0
    """Of the longest list of places of its letters."""


class Embedded(NamedTuple):
    """A picture within the drawing."""

    element: int
    media_type: str
    base64: str


@dataclass(slots=True)
class SvgDrawing:
    """A parsed SVG."""

    faults: list[SvgFault] = field(default_factory=list)
    """The unsafe content."""
    excess: list[SvgFault] = field(default_factory=list)
    """The fault if it is too large to be read completely."""
    elements: list[Element] = field(default_factory=list)
    sheets: list[css.StyleSheet] = field(default_factory=list)
    embedded: list[Embedded] = field(default_factory=list)
    period: float = 0.0
    """The shortest dash with its gap that a style sheet sets; 0 where none does."""
    letter: float = 16.0
    """The largest size of letters."""


class EndedError(Exception):
    """The maximum number of faults was reached."""


def read(data: bytes) -> SvgDrawing:
    """Read an SVG; one that is not well-formed XML has one fault."""
    reader = DrawingReader()
    drawing = reader.drawing
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:100]:
        drawing.faults.append(SvgFault(1, 1, *_ENCODING))
        return drawing
    try:
        reader.parser.Parse(data, True)
    except EndedError:
        pass
    except expat.ExpatError as error:
        message = f"The SVG is not well-formed: {expat.ErrorString(error.code)}."
        drawing.faults.append(SvgFault(max(1, error.lineno), error.offset + 1, message, "Save it again as SVG."))
    except (LookupError, ValueError):
        drawing.faults.append(SvgFault(1, 1, *_ENCODING))
    if not drawing.faults and not drawing.excess and not reader.is_svg:
        message = f'The root element has no xmlns="{SVG}", so browsers show nothing.'
        drawing.faults.append(SvgFault(1, 1, message, "Save it again as SVG."))
    return drawing


_ENCODING: Final = ("The SVG has an encoding that some programs cannot read.", "Save it in UTF-8.")


class DrawingReader:
    """Reads a drawing; `fault` and `excess` say what happens to what is not allowed."""

    def __init__(self) -> None:
        self.drawing = SvgDrawing()
        self.is_svg = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.namespace_prefixes = True
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.SkippedEntityHandler = self._entity
        self.parser.CommentHandler = self._comment
        self._open: list[int] = []
        self.sheet: list[tuple[tuple[int, int], str]] | None = None

    def _place(self) -> tuple[int, int]:
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1

    def fault(self, message: str, help_: str, place: tuple[int, int] | None = None) -> None:
        """Record unsafe content."""
        self.drawing.faults.append(SvgFault(*(place or self._place()), message, help_))
        if len(self.drawing.faults) >= _MOST_FAULTS:
            raise EndedError

    def excess(self, message: str, help_: str) -> None:
        """Record that the drawing is too large, and end."""
        self.drawing.excess.append(SvgFault(*self._place(), message, help_))
        raise EndedError

    def close(self) -> None:
        """End the innermost element."""
        self._open.pop()

    # --- Elements ----------------------------------------------------------------------------------------------------

    def start(self, name: str, attributes: list[str]) -> None:
        """Read the start of an element."""
        space, local, shown = names_of(name)
        elements = self.drawing.elements
        if len(elements) >= _MOST_ELEMENTS:
            self.excess(f"The SVG has more than {_MOST_ELEMENTS:,} elements.", "Save it as PNG, or simplify it.")
        if len(self._open) >= _DEEPEST:
            self.excess(f"Elements are nested more than {_DEEPEST} levels deep.", "Ungroup elements.")
        if len(attributes) > 2 * _MOST_ATTRIBUTES:
            self.excess(f"<{shown}> has more than {_MOST_ATTRIBUTES} attributes.", "Remove unused ones.")
        of_svg = space in {SVG, ""}
        if not elements:
            self.is_svg = space == SVG
            if local != "svg" or not of_svg:
                self.fault(f"This is not SVG: the root element is {shown}.", "Save it again as SVG.")
                raise EndedError
        if self.sheet is not None:
            self.fault(f"A style sheet cannot contain <{shown}>.", "Remove the element.")
        elif of_svg and local not in ELEMENTS:
            advice = _HTML if local == "foreignObject" else "Remove the element."
            self.fault(f"The element {shown} is not allowed: it is not on the list of safe elements.", advice)
        elif not of_svg and not space.startswith(EDITORS):
            message = f"The element {shown} of {shortened(space)} is neither SVG nor an element of a known editor."
            self.fault(message, _HTML if "xhtml" in space else "Remove the element, or save it as “plain SVG”.")
        parent = self._open[-1] if self._open else -1
        element = Element(local if of_svg else "", parent, self._place())
        self._open.append(len(elements))
        elements.append(element)
        for index in range(0, len(attributes), 2):
            self.attribute(element, attributes[index], attributes[index + 1])
        if of_svg and local in ANIMATIONS:
            self.animation(attributes)
        if of_svg and local == "style":
            self.sheet = []

    def end(self, name: str) -> None:
        """Read the end of an element."""
        del name
        self.close()
        if self.sheet is not None:
            self._style_sheet(self.sheet)
            self.sheet = None

    def characters(self, text: str) -> None:
        """Read a part of a text."""
        if self.sheet is not None:
            self.sheet.append((self._place(), text))
        elif self._open:
            element = self.drawing.elements[self._open[-1]]
            if element.name in TEXTS:
                element.letters += len(text)
                element.slow_letters += len(_SLOW_LETTER.findall(text))

    def _style_sheet(self, pieces: list[tuple[tuple[int, int], str]]) -> None:
        # Comments or CDATA sections can split it, but a browser reads it as one.
        text = "".join(piece for _, piece in pieces)
        sheet = css.style_sheet(text)
        self.drawing.sheets.append(sheet)
        for name, value in sheet.declarations:
            self._size(self.drawing, name, value)
        for fault in sheet.faults:
            self.fault(fault.message, fault.help, _place_in(pieces, fault.start))

    # --- Attributes --------------------------------------------------------------------------------------------------

    def attribute(self, element: Element, name: str, value: str) -> None:
        """Read an attribute of an element."""
        space, local, shown = names_of(name)
        if local in _REFERENCES:
            self._reference(element, shown, value)
        elif space:
            self._foreign_attribute(space, local, shown)
        elif not element.name:
            return
        elif local in DRAWN_AS_STYLE:
            self._style(element, local, shown, value)
        elif local in PLAIN or local.startswith(("data-", "aria-")):
            self._plain(element, local, value)
        elif local.lower().startswith("on"):
            self.fault(f"The attribute {shown} runs code.", "Remove it.")
        else:
            message = f"<{element.name}> cannot have the attribute {shown}: it is not part of SVG."
            self.fault(message, "Remove it, or save the drawing as “plain SVG”.")

    def _foreign_attribute(self, space: str, local: str, shown: str) -> None:
        if space == XML:
            if local == "base":
                self.fault(f"The attribute {shown} changes the base of all addresses.", "Remove it.")
        elif space == XLINK:
            if local not in _XLINK:
                self.fault(f"The attribute {shown} is not part of XLink.", "Remove it.")
        elif space == SVG:
            self.fault(f"The attribute {shown} has a prefix, so it is not part of SVG.", "Remove the prefix.")
        elif not space.startswith(EDITORS):
            message = f"The attribute {shown} belongs to {shortened(space)}, which is not a known editor."
            self.fault(message, "Remove it, or save the drawing as “plain SVG”.")

    def _reference(self, element: Element, shown: str, value: str) -> None:
        address = value.strip()
        if address.startswith("#") and "%" not in address:
            element.href = address[1:]
            return
        embedded = _EMBEDDED.match(value) if element.name in PICTURES else None
        if embedded is not None:
            number = len(self.drawing.elements) - 1
            media_type = embedded[1].lower().replace("jpg", "jpeg")
            self.drawing.embedded.append(Embedded(number, media_type, embedded[2]))
        elif address or element.name in PICTURES or element.name == "use":
            what = "It contains the element a, whose attribute" if element.name == "a" else "The attribute"
            self.fault(
                f"{what} {shown} leads out of the file: {shortened(address) or 'to the file itself'}.",
                "Embed the picture as PNG or JPEG, or remove the attribute."
                if element.name in PICTURES
                else "Remove it.",
            )

    def _style(self, element: Element, local: str, shown: str, value: str) -> None:
        found = css.value_fault(value)
        if found is not None:
            self.fault(f"In the attribute {shown}: {found.message}", found.help)
            return
        if local != "style":
            element.set.add(local)
            self._size(element, local, value)
            element.references += [css.UrlReference(local, target) for target in css.references(value)]
            return
        for name, text in css.declarations(value):
            element.set.add(name)
            self._size(element, name, text)
            found_here = css.kept(text)
            if found_here and name.startswith("--"):
                self.fault(f"In the attribute {shown}: {css.HIDDEN[0]}", css.HIDDEN[1])
            element.references += [css.UrlReference(name, target) for target in found_here]

    def _size(self, dashed: Element | SvgDrawing, name: str, value: str) -> None:
        if name == "stroke-dasharray":
            dashed.period = min(filter(None, (dashes.period(value), dashed.period)), default=0.0)
        elif name in {"font-size", "font"}:
            self.drawing.letter = max(self.drawing.letter, dashes.largest(value))

    def _plain(self, element: Element, local: str, value: str) -> None:
        if local == "id":
            element.id = value
        elif local == "class":
            element.classes = value
        elif local in {"d", "points"}:
            element.length += len(value)
            element.outline += dashes.longest(value)
        elif local in _LENGTHS:
            element.outline += dashes.longest(value)
        elif local in _LISTS and element.name in TEXTS:
            element.numbers = max(element.numbers, len(value.split()) if len(value) > 20 else 1)

    def animation(self, attributes: list[str]) -> None:
        """Read what an animation changes."""
        pairs = [(names_of(name)[1], value) for name, value in zip(attributes[::2], attributes[1::2], strict=True)]
        for local, value in pairs:
            if local == "attributeName" and value.strip() not in ANIMATED:
                self.fault(
                    f"An animation cannot change {shortened(value.strip())}: it could contain an address.",
                    "Remove it.",
                )
            elif local in {"from", "to", "by", "values"}:
                found = css.value_fault(value)
                if found is not None or "url" in value.lower() or ":" in value:
                    self.fault(f"The attribute {local} of an animation contains an address.", "Remove the animation.")

    # --- The rest of XML ---------------------------------------------------------------------------------------------

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "").lower() not in _ENCODINGS:
            self.fault(*_ENCODING)

    def _instruction(self, target: str, data: str) -> None:
        # The limits of Adobe metadata; read as HTML, an instruction ends with the first bracket.
        if target != "xpacket" or ">" in data:
            self.fault(f"The instruction <?{target}?> can load a style sheet.", "Remove it.")

    def _comment(self, text: str) -> None:
        if text.startswith((">", "->")):
            self.fault("This comment ends elsewhere when the file is read as HTML.", "Remove the comment.")

    def doctype(self, name: str, system: str | None, public: str | None, inner: bool) -> None:
        """Read the document type."""
        if inner:
            self.fault(
                "The document type declaration defines entities, which can expand without limit.",
                "Save the drawing as “plain SVG”, or remove the <!DOCTYPE …>.",
            )
            raise EndedError
        known = public is None or _PUBLIC.fullmatch(public)
        if name.rpartition(":")[2] != "svg" or not known or not (system is None or _SYSTEM.fullmatch(system)):
            self.fault("The document type declaration is not that of SVG.", "Remove the <!DOCTYPE …>.")

    def _entity(self, name: str, _parameter: bool) -> None:
        self.fault(f"The entity &{name}; is not defined.", "Write the character itself.")


def names_of(name: str) -> tuple[str, str, str]:
    """Return the namespace, the local name and the name as written."""
    parts = name.split(" ")
    if len(parts) == 1:
        return "", name, name
    space, local = parts[0], parts[1]
    return space, local, f"{parts[2]}:{local}" if len(parts) > 2 else local


def _place_in(pieces: list[tuple[tuple[int, int], str]], index: int) -> tuple[int, int]:
    """Return the line and column of a character in a text that was read in pieces."""
    for (line, column), piece in pieces:
        if index < len(piece):
            before = piece[:index]
            lines = before.count("\n")
            return (line + lines, index - before.rfind("\n")) if lines else (line, column + index)
        index -= len(piece)
    return pieces[-1][0] if pieces else (1, 1)
