"""The documents that views show in frames, in memory: each under an address that its content determines."""

from __future__ import annotations

import hashlib
import threading
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_BYTES: Final = 96 * 1024 * 1024
"""Bytes of all documents; beyond, those that were added first are removed."""
_UNKNOWN: Final = "application/octet-stream"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Scripts and data are no part of it: nothing in a frame may use them."""


@cache
def own_file(name: str) -> bytes:
    """Return a file of the preview's own: its script, its style, the picture for figures that are being drawn."""
    return (files("cardpipe.serve") / "assets" / name).read_bytes()


class Document(NamedTuple):
    """A file of a document."""

    media_type: str
    data: bytes


class Documents:
    """Files by the digest of the document that they belong to; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, dict[str, bytes]] = {}
        self._size = 0

    def add(self, files: Mapping[str, bytes]) -> str:
        """Store the files of a document by their paths; returns its digest."""
        found = hashlib.blake2b(digest_size=12)
        for path, data in sorted(files.items()):
            found.update(f"{path}\0{len(data)}\0".encode("utf-8", "surrogatepass"))
            found.update(data)
        key = found.hexdigest()
        with self._lock:
            former = self._files.pop(key, None)
            if former is None:
                self._size += sum(map(len, files.values()))
            self._files[key] = dict(files)
            while self._size > _MOST_BYTES and len(self._files) > 1:
                oldest = self._files.pop(next(iter(self._files)))
                self._size -= sum(map(len, oldest.values()))
        return key

    def get(self, key: str, path: str) -> Document | None:
        """Return a file of a document; a path that ends with a slash stands for its `index.html`."""
        name = f"{path}index.html" if not path or path.endswith("/") else path
        with self._lock:
            data = self._files.get(key, {}).get(name)
        if data is None:
            return None
        return Document(_TYPES.get(PurePosixPath(name).suffix.lower(), _UNKNOWN), data)
