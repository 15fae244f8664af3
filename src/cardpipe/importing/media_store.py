"""Media of the import: checked by their content, written one by one, and found by their old names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from cardpipe.assets.inspection import inspected
from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.errors import ProjectError, UsageError
from cardpipe.importing.api import Remark
from cardpipe.importing.names import MediaNames, true_suffix
from cardpipe.importing.survey import PASTED
from cardpipe.model.deck import media_key
from cardpipe.render.media import CONTENT_NAME
from cardpipe.source.tree import LARGEST_MEDIA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from cardpipe.cache.store import Cache
    from cardpipe.importing.api import ImportedDeck

_HEAD: Final = 4096
_DRAWING: Final = 256 * 1024
LARGEST_ALL: Final = 4 * 1024**3
"""Maximum bytes of all media of an import."""
_LATEX: Final = re.compile(r"latex-[0-9a-f]{40}\.(?:png|svg)")
_DATA: Final = re.compile(
    r"""data:image/(?:png|jpe?g|gif|webp);base64,(?P<data>[A-Za-z0-9+/=\s%]{40,})""", re.IGNORECASE
)


def _without_digest(name: str, data: bytes) -> str:
    """Return the name of a file without the digest of its content, which cardpipe's packages add."""
    match = CONTENT_NAME.fullmatch(name)
    if match is None or not hashlib.sha256(data).hexdigest().startswith(match["digest"]):
        return name
    return match["stem"] + match["suffix"]


@dataclass(slots=True)
class MediaStore:
    """The files that are taken over, below a folder, and why others are not."""

    folder: Path
    cache: Cache
    takes_latex: bool = True
    """Whether the pictures that Anki has made of parts in LaTeX are taken over; nothing names them."""
    files: dict[str, str] = field(default_factory=dict)
    """New names by old ones, in NFC."""
    remarks: list[Remark] = field(default_factory=list)
    size: int = 0
    _names: MediaNames = field(default_factory=MediaNames)
    _pasted: dict[str, str] = field(default_factory=dict)

    def name_of(self, name: str) -> str | None:
        """Return the new name of a file that a field names; None if it is not taken over."""
        for spelling in (name, unquote(name), unescape(unquote(name))):
            key = media_key(spelling)
            found = self.files.get(key) or self.files.get(PurePosixPath(key).name)
            if found is not None:
                return found
        return None

    @property
    def new_names(self) -> Iterable[str]:
        """The names of all files that are written."""
        return sorted({*self.files.values(), *self._pasted.values()})

    def head(self, name: str) -> bytes:
        """Return the first bytes of a file by its new name: a drawing as a whole, and the size of any picture."""
        with (self.folder / name).open("rb") as file:
            return file.read(_DRAWING)

    def take(self, decks: Iterable[ImportedDeck], report: Callable[[int, int], None]) -> None:
        """Write the media of all sources; raises UsageError if one is damaged or all together are too large."""
        known: dict[str, tuple[str, str]] = {}
        for deck in decks:
            for number, (name, opener) in enumerate(deck.media.items(), 1):
                if not self.takes_latex and _LATEX.fullmatch(name):
                    self._leave(name, "Anki has made this picture of a formula, which is taken over as such")
                    continue
                try:
                    with opener() as file:
                        data = file.read(LARGEST_MEDIA + 1)
                except UsageError:
                    raise
                except ProjectError as error:  # a link, or no regular file
                    self._leave(name, error.message)
                    continue
                except (ValueError, EOFError, OSError):
                    self._leave(name, "it is damaged")
                    continue
                digest = hashlib.sha256(data).hexdigest()
                if known.get(media_key(name), ("", digest))[1] != digest:
                    self._leave(name, "another source has a different file of this name")
                    continue
                new = self._write(name, data)
                if new is not None:
                    self.files[media_key(name)] = new
                    known[media_key(name)] = (new, digest)
                report(number, len(deck.media))

    def _write(self, name: str, data: bytes) -> str | None:
        if media_key(name) in self.files:
            return self.files[media_key(name)]
        suffix = true_suffix(name, data[:_HEAD])
        fault = self._fault(data, suffix)
        if fault and suffix == ".svg" and len(data) <= LARGEST_MEDIA:
            data, fault = self._plain_drawing(name, data, fault)
        if fault or suffix is None:
            self._leave(name, fault)
            return None
        self.size += len(data)
        if self.size > LARGEST_ALL:
            raise UsageError(f"The media are larger than {LARGEST_ALL // 1024**3} GiB.", hint="Import without them.")
        new = self._names.of(_without_digest(name, data), suffix)
        (self.folder / new).write_bytes(data)
        return new

    def _plain_drawing(self, name: str, data: bytes, fault: str) -> tuple[bytes, str]:
        """Return a drawing without what is not allowed; or as it is, and why it is not taken over."""
        from cardpipe.assets.svg.plain import without_faults

        made = without_faults(data)
        if made is None or self._fault(made[0], ".svg"):
            return data, fault
        self._leave(name, f"taken over without a part: {' '.join(made[1]).rstrip('.')}")
        return made[0], ""

    def _leave(self, name: str, reason: str) -> None:
        self.remarks.append(Remark(name[:100], reason))

    def _fault(self, data: bytes, suffix: str | None) -> str:
        """Return why a file is not taken over; empty if it is."""
        if not data:
            return "it is empty"
        if len(data) > LARGEST_MEDIA:
            return f"it is larger than {LARGEST_MEDIA // 1024**2} MiB"
        if suffix is None:
            return "it is no picture or sound that cards can show"
        media_type = MEDIA_TYPES.get(suffix)
        faults = inspected(data, media_type, self.cache).findings if media_type is not None else ()
        return faults[0].message if faults else ""

    def with_pasted(self, source: str) -> str:
        """Return a field in which pictures inside of addresses are files."""
        if PASTED not in source:
            return source
        return _DATA.sub(self._pasted_name, source)

    def _pasted_name(self, match: re.Match[str]) -> str:
        import base64
        import binascii

        try:
            data = base64.b64decode("".join(unquote(match["data"]).split()), validate=True)
        except (binascii.Error, ValueError):
            return ""
        digest = hashlib.sha256(data).hexdigest()[:12]
        if digest not in self._pasted:
            suffix = true_suffix("", data[:_HEAD])
            new = self._write(f"pasted-{digest}{suffix or ''}", data)
            if new is None:
                return ""
            self._pasted[digest] = new
            self.files[media_key(new)] = new
        return self._pasted[digest]
