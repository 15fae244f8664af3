"""Media files as assets: their names, and the sizes of pictures."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.assets.inspection import inspected
from cardpipe.assets.pictures import MEDIA_TYPES, NO_SIZE, picture_size
from cardpipe.assets.sounds import SOUND_TYPES
from cardpipe.model.deck import media_key
from cardpipe.writers.api import Asset

if TYPE_CHECKING:
    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import DeckSettings, Media


CONTENT_NAME: Final = re.compile(r"(?P<stem>.+)-(?P<digest>[0-9a-f]{12})(?P<suffix>\.[A-Za-z0-9]{1,5})")
"""A name that `asset_name` made."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An asset with its natural size in CSS pixels."""

    asset: Asset
    width: float
    height: float


class MediaFiles:
    """The deck's media files by name, each read once.

    With a cache, each is checked too; an unsafe, damaged or oversized picture is not shown, whatever rules a deck
    disables.
    """

    def __init__(self, settings: DeckSettings, cache: Cache | None = None) -> None:
        self._files = {media_key(media.name): media for media in settings.media}
        self._cache = cache
        self._known: dict[str, Picture | None] = {}

    def picture(self, name: str) -> Picture | None:
        """Return the picture with a name in `source/media/`; None if it does not exist, or cannot be shown."""
        if name not in self._known:
            media = self._files.get(media_key(name))
            self._known[name] = None if media is None else _picture(media, self._cache)
        return self._known[name]

    def asset(self, name: str, asset: str) -> Asset | None:
        """Return the picture or sound with a name in `source/media/`, if it is the asset of that name."""
        picture = self.picture(name)
        found = picture.asset if picture is not None else self.sound(name)
        return found if found is not None and found.name == asset else None

    def sound(self, name: str) -> Asset | None:
        """Return the sound with a name in `source/media/`; None if it does not exist, or is not a sound."""
        media = self._files.get(media_key(name))
        suffix = PurePosixPath(name).suffix.lower()
        if media is None or suffix not in SOUND_TYPES:
            return None
        return Asset(asset_name(PurePosixPath(name).stem, suffix, media.data), SOUND_TYPES[suffix], media.data)


def asset_name(stem: str, suffix: str, data: bytes) -> str:
    """Return a name determined by the bytes: valid on every file system, and without `_` in front, for Anki."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", stem).strip("-")[:60] or "picture"
    return f"{plain}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}"


def picture_asset(name: str, media_type: str, data: bytes, cache: Cache) -> Asset:
    """Return an author's picture as an asset."""
    return Asset(name, media_type, data, opaque=inspected(data, media_type, cache).opaque)


def _picture(media: Media, cache: Cache | None) -> Picture | None:
    path = PurePosixPath(media.name)
    suffix = path.suffix.lower()
    media_type = MEDIA_TYPES.get(suffix)
    if media_type is None:
        return None
    opaque = False
    if cache is not None:
        found = inspected(media.data, media_type, cache)
        if found.findings:
            return None
        opaque = found.opaque
    size = picture_size(media) or NO_SIZE
    return Picture(Asset(asset_name(path.stem, suffix, media.data), media_type, media.data, opaque), *size)
