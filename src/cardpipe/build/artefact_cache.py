"""What an export made, kept so that it is not made again while nothing that shapes it changes."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import re
import sqlite3
import zlib
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final

from cardpipe.errors import CardpipeError
from cardpipe.files.reading import read_below
from cardpipe.writers.api import Artefact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cardpipe.cache.rebuild_log import RebuildLog
    from cardpipe.cache.store import Cache

_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a product that is kept; a larger one would push everything else out of the cache, so that only what tells
its files from others is, and they are taken from the output folder."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Product:
    """What one format made of a deck."""

    artefacts: Sequence[Artefact]
    cards: int
    """How many cards it holds."""
    warnings: Sequence[str]
    """What its writer said of it."""


class ArtefactCache:
    """The products of a project: of each format and request the last one, with what it was made from."""

    def __init__(self, cache: Cache, source: str, request: str, output: Path) -> None:
        self._cache = cache
        self._output = output
        self._source = source
        self._request = request
        self.reasons: dict[str, str] = {}
        """Why the product of a format that was asked for is not known."""

    def recall(self, format_: str, settings: Mapping[str, str], tools: Sequence[str] = ()) -> Product | None:
        """The product of a format, if the same source, settings and tools made it."""
        kept = self._cache.get(self._slot(format_))
        self.reasons[format_] = "not made before"
        head, _, data = (kept or b"").partition(b"\n")
        try:
            inputs, cards, warnings, files = json.loads(head)
            now = self._inputs(settings, tools)
            if inputs != now:
                changed = [name for name, digest in now.items() if inputs.get(name) != digest]
                self.reasons[format_] = f"{', '.join(changed)} changed"
                return None
            artefacts = self._published(files) if any(digest for _, _, digest in files) else _cut(files, data)
            if artefacts is None:
                self.reasons[format_] = "its files in the output folder are gone or others"
                return None
            del self.reasons[format_]
            return Product(artefacts, int(cards), [str(remark) for remark in warnings])
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None

    def remember(self, format_: str, settings: Mapping[str, str], product: Product, tools: Sequence[str] = ()) -> None:
        """Keep a product in place of the former one."""
        whole = sum(len(artefact.data) for artefact in product.artefacts) <= _LARGEST
        files = [
            (artefact.path, len(artefact.data), "" if whole else _digest(artefact.data))
            for artefact in product.artefacts
        ]
        head = [self._inputs(settings, tools), product.cards, list(product.warnings), files]
        data = b"".join(artefact.data for artefact in product.artefacts) if whole else b""
        self._cache.put(self._slot(format_), json.dumps(head).encode() + b"\n" + data)

    def _published(self, files: Sequence[tuple[str, int, str]]) -> list[Artefact] | None:
        """The files as the last export left them; None where one is not as it was."""
        found = []
        for path, size, digest in files:
            try:
                data = read_below(self._output, path, size)
            except (OSError, CardpipeError):
                return None
            if _digest(data) != digest:
                return None
            found.append(Artefact(path, data))
        return found

    def _slot(self, format_: str) -> str:
        return self._cache.key("artefact", format_, self._request)

    def _inputs(self, settings: Mapping[str, str], tools: Sequence[str]) -> dict[str, str]:
        """A digest for each thing that shapes a product, by a name that people understand."""
        return {
            "the source or cardpipe": self._source,
            "the format's settings": self._cache.key(json.dumps(sorted(settings.items())))[-16:],
            "Python or a library": self._cache.key(environment(), *tools)[-16:],
        }


def _cut(files: Sequence[tuple[str, int, str]], data: bytes) -> list[Artefact]:
    if sum(size for _, size, _ in files) != len(data):
        raise ValueError
    artefacts, position = [], 0
    for path, size, _ in files:
        artefacts.append(Artefact(path, data[position : position + size]))
        position += size
    return artefacts


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=32).hexdigest()


class StepCache:
    """What a writer made on the way, in the cache of the project; what had to be made again is recorded.

    `tools` tells this cardpipe and its plug-ins from any other.
    """

    def __init__(self, cache: Cache, rebuild_log: RebuildLog, step: str, tools: str) -> None:
        self._cache = cache
        self._rebuild_log = rebuild_log
        self._step = step
        self._tools = f"{tools}\n{environment()}"

    def recall(self, key: Sequence[str | bytes]) -> bytes | None:
        """The value that was kept under a key, if it is still there."""
        kept = self._cache.get(self._whole(key))
        self._rebuild_log.begin(self._step, 1)
        if kept is None:
            self._rebuild_log.note(self._step, str(key[0]), "not made before in this form")
        return kept

    def remember(self, key: Sequence[str | bytes], value: bytes) -> None:
        """Keep a value."""
        self._cache.put(self._whole(key), value)

    def _whole(self, key: Sequence[str | bytes]) -> str:
        return self._cache.key(*key[:1], self._tools, *key[1:])


@functools.cache
def environment() -> str:
    """The versions of everything that could make the same source into other bytes."""
    found = [platform.python_version(), platform.machine(), zlib.ZLIB_RUNTIME_VERSION, sqlite3.sqlite_version]
    for requirement in sorted(metadata.requires("cardpipe") or ()):
        match = _NAME.match(requirement)
        name = match[0] if match is not None else requirement
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:  # of an extra that is not installed
            found.append(f"{name} absent")
    return "\n".join(found)
