"""The cache of lint results per file, so that only changed files are checked.

A file is recognised by its metadata (size, times, number), or else by its content. All results are invalid if another
input of rules changes: the deck's settings, media, scripts, the lock, or cardpipe.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any, Final

from cardpipe import plugins
from cardpipe.cache.installed import state
from cardpipe.cache.shards import Shards, as_json
from cardpipe.lint.file_result import FileResult, decoded
from cardpipe.lint.spelling import is_installed

if TYPE_CHECKING:
    from cardpipe.cache.store import Cache
    from cardpipe.source.load import LoadedSettings

_FIELDS: Final = 3
_SETTLED: Final = 2 * 10**9
"""Nanoseconds after which a change is visible in a file's times on every file system."""

Signature = tuple[int, int, int, int]


def signature(path: str) -> Signature | None:
    """Return metadata that reveal a change without reading the file; None if they are not available."""
    try:
        facts = os.lstat(path)
    except OSError:
        return None
    return (facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino)


def digest(data: bytes) -> str:
    """Return a digest of a content."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class FileResultCache:
    """The results of the last run, and those of this one."""

    def __init__(self, cache: Cache, loaded: LoadedSettings) -> None:
        self.state = _fingerprint(loaded, cache)
        """A digest of each input except the cards, by name."""
        self.contents: dict[str, str] = {}
        """A digest of each file, by path."""
        self._shards = Shards(cache, "lint", self.state)
        self._now = time.time_ns()

    def recall(self, path: str, seen: Signature | None) -> FileResult | None:
        """Return the result of a file with unchanged metadata."""
        kept = self._kept(path)
        if seen is None or kept is None or kept[0] is None or tuple(kept[0]) != seen:
            return None
        self.contents[path] = kept[1]
        return self._part(path, kept)

    @property
    def source(self) -> str:
        """Return a digest of the state of the whole project."""
        found = hashlib.blake2b(repr(sorted(self.state.items())).encode(), digest_size=16)
        for path, content in sorted(self.contents.items()):
            found.update(f"{len(path)}:{path}{content}".encode("utf-8", "surrogatepass"))
        return found.hexdigest()

    def recall_content(self, path: str, seen: Signature | None, content: str) -> FileResult | None:
        """Return the result of a file with unchanged content."""
        self.contents[path] = content
        kept = self._kept(path)
        if kept is None or kept[1] != content:
            return None
        part = self._part(path, kept)
        if part is not None and seen is not None and self._is_settled(seen):
            self._shards.put(path, [list(seen), *kept[1:]])
        return part

    def remember(self, path: str, seen: Signature | None, content: str, part: str) -> None:
        """Store a result, as JSON."""
        settled = seen is not None and self._is_settled(seen)
        self._shards.put_text(path, f"[{as_json(seen if settled else None)},{as_json(content)},{part}]")

    def reason(self, path: str) -> str:
        """Return why a file has no cached result."""
        if self._shards.differing:
            return f"{', '.join(sorted(self._shards.differing))} changed"
        return "not in the cache" if self._kept(path) is None else "its content changed"

    def save(self, paths: set[str]) -> None:
        """Write new results, and remove those of other files."""
        self._shards.save(paths)

    def _kept(self, path: str) -> list[Any] | None:
        kept = self._shards.get(path)
        return kept if isinstance(kept, list) and len(kept) == _FIELDS else None

    def _part(self, path: str, kept: list[Any]) -> FileResult | None:
        try:
            return decoded(kept[2])
        except (ValueError, TypeError, IndexError):
            self._shards.drop(path)
            return None

    def _is_settled(self, seen: Signature) -> bool:
        """Return whether a later change would be visible; a file may be written again within the same clock tick."""
        return max(seen[0], seen[1]) < self._now - _SETTLED


def _fingerprint(loaded: LoadedSettings, cache: Cache) -> dict[str, str]:
    """Return a digest of each input of rules other than the card's own file."""
    settings = loaded.settings
    media = [(file.name, file.data) for file in settings.media] if settings is not None else []
    scripts = [(file.name, file.data) for file in settings.scripts] if settings is not None else []
    installed = state(cache, plugins.distributions())
    return {
        "source/deck.yaml": _digest(*(file.text.encode("utf-8", "surrogatepass") for file in loaded.files)),
        "source/media/": _digest(*(part for name, data in media for part in (name.encode(), data))),
        "source/figures/": _digest(*(part for name, data in scripts for part in (name.encode(), data))),
        "source/release.lock": _digest(loaded.lock or b""),
        "cardpipe or a plug-in": _digest(json.dumps([installed, plugins.versions(), is_installed()]).encode()),
    }


def _digest(*parts: bytes) -> str:
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.hexdigest()
