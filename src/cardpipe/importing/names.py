"""Names that the source of a deck allows: of tags, subdecks and their prefixes, the deck, media files."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from cardpipe.assets.file_names import is_portable, is_reserved
from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.assets.sounds import SOUND_TYPES, sound_type
from cardpipe.model.deck import media_key
from cardpipe.source import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable

_OF_ANKI: Final = frozenset({"leech", "marked"})
"""Tags by which Anki's scheduler and its users mark their own cards; they belong to learners."""
_NOT_IN_TAG: Final = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f!\"$%'()*,;<=>?@\[\\\]^`{|}~\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+|(?<!:):(?!:)"
)
"""What lint refuses in a tag."""
_NOT_FIRST: Final = "_.+/#&-"
"""What neither a tag nor a level begins with."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_LONGEST_STEM: Final = 60
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
)
_SAME_TYPE: Final = {".jpeg": ".jpg", ".oga": ".ogg", ".opus": ".ogg"}
_SUFFIXES: Final = {"audio/flac": ".flac", "audio/mp4": ".m4a", "audio/mpeg": ".mp3", "audio/ogg": ".ogg"}


def tag_name(tag: str) -> str:
    """Return a tag that the source allows; empty if nothing is left, or if the tag belongs to learners."""
    plain = _NOT_IN_TAG.sub("_", unicodedata.normalize("NFC", tag))
    levels = [level.rstrip("_").lstrip(_NOT_FIRST) for level in re.split(":{2,}", plain)]
    name = "::".join([level for level in levels if level][: bounds.LEVELS])[: bounds.TAG].rstrip(":_")
    return "" if name.lower() in _OF_ANKI else name


def tag_names(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags of a card, each once, as many as are allowed; those that differ in case are one."""
    found: dict[str, str] = {}
    for tag in tags:
        name = tag_name(tag)
        if name:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[: bounds.TAGS]


def deck_name(name: str) -> str:
    """Return the full name of a deck as the source allows it; empty if nothing is left."""
    plain = _CONTROL.sub(" ", unicodedata.normalize("NFC", name))
    levels = (" ".join(level.split()).strip(":") for level in plain.split("::"))
    return "::".join([level for level in levels if level][: bounds.LEVELS])[: bounds.LINE].rstrip(": ")


class Prefixes:
    """ID prefixes of decks: two to eight capital letters, from the name where it has Latin letters."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {prefix.upper() for prefix in taken}

    def of(self, name: str) -> str:
        """Return a new prefix for a deck."""
        last = name.rpartition("::")[2]
        latin = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode().upper()
        words = re.findall(r"[A-Z]+", latin)
        initials = "".join(word[0] for word in words)[:4]
        whole = "".join(words)
        for candidate in (initials if len(initials) >= 2 else whole[:3], whole[:4], whole[:5]):
            if len(candidate) >= 2 and self._is_free(candidate):
                return self._take(candidate)
        stem = (initials if len(initials) >= 2 else whole[:2])[:4]
        stem = stem if len(stem) >= 2 else "CARD"
        return self._take(next(name for name in (stem, *_endings(stem)) if self._is_free(name)))

    def _is_free(self, prefix: str) -> bool:
        # The folder of a deck's cards has the name of its prefix.
        return prefix not in self._taken and not is_reserved(prefix)

    def _take(self, prefix: str) -> str:
        self._taken.add(prefix)
        return prefix


def _endings(stem: str) -> Iterable[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for first in ("", *letters):
        for second in ("", *letters):
            for third in letters:
                yield f"{stem}{first}{second}{third}"


def true_suffix(name: str, head: bytes) -> str | None:
    """Return the extension that fits the first bytes of a picture or sound; None for anything else."""
    own = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    found = next((suffix for signature, suffix in _SIGNATURES if head.startswith(signature)), None)
    if head.startswith(b"RIFF") and head[8:12] in {b"WEBP", b"WAVE"}:
        found = ".webp" if head[8:12] == b"WEBP" else ".wav"
    if found is None and re.search(rb"<(?:\w{1,20}:)?svg[\s>]", head.replace(b"\0", b"")):
        found = ".svg"
    if found is None and (sound := sound_type(head)) is not None:
        found = _SUFFIXES[sound]
    if found is None:
        return None
    known = own in MEDIA_TYPES or own in SOUND_TYPES
    return own if known and _SAME_TYPE.get(own, own) == found else found


class MediaNames:
    """New names of media files: portable, different on every system, and the old ones where they can be kept."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, name: str, suffix: str) -> str:
        """Return the new name of a file whose content has a type with this extension."""
        plain = media_key(name).rpartition("/")[2]
        stem, dot, end = plain.rpartition(".")
        if not dot or f".{end.lower()}" != suffix:
            stem = plain if not dot else stem
            end = suffix[1:]
        stem = "".join(letter if is_portable(letter) else "-" for letter in stem)
        stem = re.sub(r"-{2,}", "-", stem).lstrip("-._") or "media"
        if not stem[0].isalnum():
            stem = f"m{stem}"
        if len(stem) > _LONGEST_STEM or len(stem.encode()) > 2 * _LONGEST_STEM:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            stem = f"{stem[: _LONGEST_STEM // 2]}-{digest}"
        if is_reserved(stem):
            stem = f"m-{stem}"
        number = 1
        while (new := f"{stem}{'' if number == 1 else f'-{number}'}.{end}").casefold() in self._taken:
            number += 1
        self._taken.add(new.casefold())
        return new
