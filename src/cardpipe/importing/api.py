"""What a reader of existing decks gets and returns; a plug-in imports only this module.

A reader does not interpret fields: it returns the notes as they are, and the importer converts HTML, selects media and
writes the project. Notes are yielded one by one, and media are opened one by one, so that a large file is never in
memory as a whole.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from cardpipe.errors import UsageError
from cardpipe.files.reading import TooLargeError, open_named, read_below, read_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "FieldForm",
    "ImportedCard",
    "ImportedDeck",
    "ImportedField",
    "ImportedNote",
    "ImportedNoteType",
    "ImportedTemplate",
    "Match",
    "NoteTypeKind",
    "ReadOptions",
    "Reader",
    "Remark",
    "Source",
    "UsageError",
    "basic_note_type",
    "cloze_note_type",
]

LARGEST_TEXT: Final = 64 * 1024 * 1024
"""Maximum bytes of a file that is read as a whole; a table of 10,000 notes has about five million."""
HEAD: Final = 4096
"""The number of bytes from which readers recognise their format."""


class Match(enum.IntEnum):
    """How well a source fits a format; of several readers, the one with the best match is used."""

    NO = 0
    NAME = 1
    """By its name, or by what many formats have."""
    CONTENT = 2
    """By something that only this format has."""


class FieldForm(enum.Enum):
    """What the text of a note type's fields is."""

    HTML = "html"
    RENDERED = "rendered"
    """HTML that cardpipe rendered."""
    MARKDOWN = "markdown"
    PLAIN = "plain"


class NoteTypeKind(enum.Enum):
    """How Anki makes cards of a note."""

    STANDARD = "standard"
    """One card per template whose front is not empty."""
    CLOZE = "cloze"
    """One card per number of a cloze deletion."""
    OCCLUSION = "occlusion"
    """The same, with deletions that are shapes on a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedField:
    """A field of a note type."""

    name: str
    id: int | None = None
    right_to_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTemplate:
    """A card template in Anki's template language."""

    name: str
    front: str
    back: str
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNoteType:
    """A note type; `key` identifies it within its source."""

    key: str
    name: str
    fields: tuple[ImportedField, ...]
    templates: tuple[ImportedTemplate, ...]
    kind: NoteTypeKind = NoteTypeKind.STANDARD
    css: str = ""
    id: int | None = None
    """Anki's id; None if the source has none."""
    modified: int | None = None
    """In epoch seconds."""
    form: FieldForm = FieldForm.HTML
    origin: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What cardpipe wrote into a note type of its packages; the importer checks all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCard:
    """A card of a note: the index of its template, or the number of its cloze deletion minus one."""

    index: int
    deck: str
    """The full name, with “::” between levels."""
    suspended: bool = False
    flag: int = 0
    """Anki's coloured flag, from 1 to 7; 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNote:
    """A note; `place` says where it is in the source, for messages."""

    note_type: str
    """The key of its note type."""
    fields: tuple[str, ...]
    place: str
    guid: str = ""
    """Anki's GUID; empty if the source has none."""
    tags: tuple[str, ...] = ()
    cards: tuple[ImportedCard, ...] = ()
    """Empty if the source does not list cards."""
    deck: str = ""
    """The full name of the deck of its first card; empty for the deck itself."""
    modified: int | None = None
    """In epoch seconds."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is not taken over, and where it is in the source."""

    place: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ImportedDeck:
    """The content of a source, valid while the source is open."""

    name: str
    note_types: tuple[ImportedNoteType, ...]
    notes: Callable[[], Iterator[ImportedNote]]
    """Yields all notes in the same order each time."""
    media: Mapping[str, Callable[[], BinaryIO]] = field(default_factory=dict)
    """Opens each file by name; a file can raise UsageError when it is opened or read."""
    description: str = ""
    """HTML or plain text."""
    language: str = ""
    """A BCP 47 tag; empty if unknown."""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user has said about a source."""

    columns: tuple[str, ...] = ()
    """The names of a table's columns; an empty name leaves a column out."""
    part: str = ""
    """The deck to read of a source with several that are built separately; empty for all."""


class Source:
    """A file or folder that the user has named."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_folder = path.is_dir()
        self._head: bytes | None = None

    @property
    def suffix(self) -> str:
        """The extension in lower case, with its dot."""
        return self.path.suffix.lower()

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return self.path.stem if not self.is_folder else self.path.resolve().name

    def head(self) -> bytes:
        """Return the first bytes of a file; empty for a folder. Raises UsageError if it cannot be read."""
        if self._head is None:
            self._head = b""
            if not self.is_folder:
                try:
                    with open_named(self.path) as file:
                        self._head = file.read(HEAD)
                except OSError as error:
                    raise UsageError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        return self._head

    def head_text(self) -> str:
        """Return the first bytes as text, with a replacement for what is not UTF-8."""
        return self.head().decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")

    def text(self) -> str:
        """Return the file as text with line feeds at line ends; raises UsageError if it is too large or not UTF-8."""
        return decoded(self.path, self._data())

    def _data(self) -> bytes:
        try:
            return read_named(self.path, LARGEST_TEXT)
        except TooLargeError as error:
            raise UsageError(error.message) from None
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read: {error.strerror or error}.") from error

    def inner_text(self, name: str) -> str:
        """Return a file of a folder as text, by its path below the folder; no link is followed.

        Raises UsageError if it cannot be read.
        """
        try:
            data = read_below(self.path, name, LARGEST_TEXT)
        except OSError as error:
            raise UsageError(f"{self.path / name} cannot be read: {error.strerror or error}.") from error
        except ValueError:  # a NUL
            raise UsageError(f"{str(self.path / name)!r} is not the name of a file.") from None
        if len(data) > LARGEST_TEXT:
            raise UsageError(f"{self.path / name} is larger than {LARGEST_TEXT // 1024 // 1024} MiB.")
        return decoded(self.path / name, data)


def decoded(path: Path, data: bytes) -> str:
    """Return UTF-8 or marked UTF-16 as text with line feeds at line ends; raises UsageError for anything else."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not text in UTF-8: byte {error.start + 1} is wrong.", hint="Save it as UTF-8, and try again."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


@runtime_checkable
class Reader(Protocol):
    """Reads one format of decks; an entry point of the group `cardpipe.readers` refers to one."""

    @property
    def name(self) -> str:
        """The name that users type: lower-case words with hyphens."""

    @property
    def summary(self) -> str:
        """One line for lists of formats."""

    def recognises(self, source: Source) -> Match:
        """Return how well a source fits this format, from its name and its first bytes."""

    def open(self, source: Source, options: ReadOptions) -> AbstractContextManager[ImportedDeck]:
        """Open a source; raises UsageError if it cannot be read as this format."""


def basic_note_type(key: str, *, form: FieldForm, name: str = "Basic", reverse: bool = False) -> ImportedNoteType:
    """Return the note type of questions and answers, for formats that have no note types."""
    cards = [ImportedTemplate(name="Card 1", front="{{Front}}", back="{{FrontSide}}<hr id=answer>{{Back}}")]
    if reverse:
        cards.append(ImportedTemplate(name="Card 2", front="{{Back}}", back="{{FrontSide}}<hr id=answer>{{Front}}"))
    fields = (ImportedField(name="Front"), ImportedField(name="Back"))
    return ImportedNoteType(key=key, name=name, fields=fields, templates=tuple(cards), form=form)


def cloze_note_type(key: str, *, form: FieldForm, name: str = "Cloze") -> ImportedNoteType:
    """Return the note type of texts with cloze deletions, for formats that have no note types."""
    template = ImportedTemplate(name="Cloze", front="{{cloze:Text}}", back="{{cloze:Text}}<br>{{Back Extra}}")
    fields = (ImportedField(name="Text"), ImportedField(name="Back Extra"))
    return ImportedNoteType(
        key=key, name=name, fields=fields, templates=(template,), kind=NoteTypeKind.CLOZE, form=form
    )
