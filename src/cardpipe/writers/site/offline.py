"""The service worker of a site, and the list of what it keeps for use offline."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Final

from cardpipe.writers.site.content_names import content_name, digest_of
from cardpipe.writers.site.data import as_json
from cardpipe.writers.site.pages import script_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SMALL: Final = 6_000_000
"""Bytes: a site up to this size is kept as a whole from the first visit, a larger one on request."""
_INDEX: Final = "index.html"
_NOT_KEPT: Final = ("robots.txt", "sitemap.xml", "releases.atom", "cards.json")
"""What only other programs read."""
_DIGITS: Final = 16


def offline_files(uid: str, files: Mapping[str, bytes], first: Sequence[str]) -> dict[str, bytes]:
    """Return the service worker and its list, for a site with these files; `first` are kept from the first visit.

    The list has a digest of each file, so that files of two releases are never kept together.
    """
    listed = as_json(
        {"files": {_path(path): _digest(data) for path, data in sorted(files.items()) if path not in _NOT_KEPT}}
    )
    list_path = f"data/{content_name('offline.json', listed)}"
    size = sum(len(data) for path, data in files.items() if path not in _NOT_KEPT)
    settings = {
        "name": f"cardpipe-{hashlib.sha256(uid.encode()).hexdigest()[:8]}",
        "release": digest_of(part for path in sorted(files) for part in (path.encode(), files[path]))[:_DIGITS],
        "list": list_path,
        "digest": _digest(listed),
        "first": [*sorted(first), "manifest.webmanifest"],
        "small": size <= _SMALL,
    }
    source = resources.files(__package__).joinpath("worker.js").read_text(encoding="utf-8")
    return {list_path: listed, "sw.js": f"const SITE = {script_json(settings)};\n{source}".encode()}


def _path(file: str) -> str:
    return file.removesuffix(_INDEX) if file == _INDEX or file.endswith(f"/{_INDEX}") else file


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]
