"""The service worker of a site, and the list of what it keeps for use offline."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Final

from cardpipe.writers.site.content_names import content_name
from cardpipe.writers.site.data import as_json
from cardpipe.writers.site.pages import script_json
from cardpipe.writers.site.pictures import CARD_PICTURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.writers.site.kept_pages import KeptPage

_SMALL: Final = 6_000_000
"""Bytes: a site up to this size is kept as a whole from the first visit, a larger one on request."""
_INDEX: Final = "index.html"
_NOT_KEPT: Final = ("robots.txt", "sitemap.xml", "releases.atom", "cards.json")
"""What only other programs read, besides the drawn pictures of cards."""
_DIGITS: Final = 16


def offline_files(uid: str, files: Mapping[str, bytes | KeptPage], first: Sequence[str]) -> dict[str, bytes]:
    """Return the service worker and its list, for a site with these files; `first` are kept from the first visit.

    The list has a digest of each file, so that files of two releases are never kept together.
    """
    kept = {_path(path): _digest(file) for path, file in sorted(files.items()) if _is_kept(path)}
    listed = as_json({"files": kept})
    list_path = f"data/{content_name('offline.json', listed)}"
    size = sum(_size(file) for path, file in files.items() if _is_kept(path))
    release = hashlib.sha256()
    for path in sorted(files):
        release.update(hashlib.sha256(path.encode()).digest() + bytes.fromhex(_sha256(files[path])))
    settings = {
        "name": f"cardpipe-{hashlib.sha256(uid.encode()).hexdigest()[:8]}",
        "release": release.hexdigest()[:_DIGITS],
        "list": list_path,
        "digest": _digest(listed),
        "first": [*sorted(first), "manifest.webmanifest"],
        "small": size <= _SMALL,
    }
    source = resources.files(__package__).joinpath("worker.js").read_text(encoding="utf-8")
    return {list_path: listed, "sw.js": f"const SITE = {script_json(settings)};\n{source}".encode()}


def _is_kept(path: str) -> bool:
    return path not in _NOT_KEPT and not path.startswith(CARD_PICTURES)


def _path(file: str) -> str:
    return file.removesuffix(_INDEX) if file == _INDEX or file.endswith(f"/{_INDEX}") else file


def _sha256(file: bytes | KeptPage) -> str:
    return hashlib.sha256(file).hexdigest() if isinstance(file, bytes) else file.sha256


def _digest(file: bytes | KeptPage) -> str:
    return _sha256(file)[:_DIGITS]


def _size(file: bytes | KeptPage) -> int:
    return len(file) if isinstance(file, bytes) else file.size
