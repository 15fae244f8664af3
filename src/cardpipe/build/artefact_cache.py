"""The artefact cache: the output of the last export, reused while none of its inputs changes."""

from __future__ import annotations

import functools
import json
import platform
import re
import sqlite3
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Final

from cardpipe.cache.installed import version_of
from cardpipe.errors import CardpipeError
from cardpipe.files.reading import read_below
from cardpipe.writers.api import Artefact, LazyArtefact, file_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cardpipe.cache.rebuild_log import RebuildLog
    from cardpipe.cache.store import Cache

_LARGEST: Final = 4 * 1024 * 1024
"""The maximum size of a cached product in bytes.

A larger one takes as long to store as its writer takes after an edit, and would displace everything else, so only the
digests of its files are cached, and the files are taken from the output folder. So are all files of a product with some
that are read when needed, because the writer has its own cache for them.
"""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Product:
    """The output of a format for a deck."""

    artefacts: Sequence[Artefact]
    cards: int
    """The number of its cards."""
    warnings: Sequence[str]
    """The warnings of its writer."""


class ArtefactCache:
    """The products of a project: the last one of each format and request, with its inputs."""

    def __init__(self, cache: Cache, source: str, request: str, trusted: str, output: Path) -> None:
        self._cache = cache
        self._output = output
        self._source = source
        self._request = request
        self._trusted = trusted
        self.reasons: dict[str, str] = {}
        """Why the product of a requested format is not cached."""

    def recall(self, format_: str, settings: Mapping[str, str], tools: Sequence[str] = ()) -> Product | None:
        """Return the product of a format if it was made from the same source, settings and tools."""
        kept = self._cache.get(self._slot(format_))
        self.reasons[format_] = "not in the cache"
        try:
            inputs, cards, warnings, files, whole = json.loads(kept or b"")
            now = self._inputs(settings, tools)
            if inputs != now:
                changed = [name for name, digest in now.items() if inputs.get(name) != digest]
                self.reasons[format_] = f"{', '.join(changed)} changed"
                return None
            data = self._cache.get(self._slot("data", format_)) or b""
            if file_digest(data) != whole:
                return None
            artefacts = self._artefacts(files, data)
            if artefacts is None:
                self.reasons[format_] = "its files in the output folder are changed or removed"
                return None
            del self.reasons[format_]
            return Product(artefacts, int(cards), [str(remark) for remark in warnings])
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None

    def remember(self, format_: str, settings: Mapping[str, str], product: Product, tools: Sequence[str] = ()) -> None:
        """Store a product in place of the previous one."""
        stored = product.artefacts
        if any(isinstance(file, LazyArtefact) for file in stored) or sum(file.size for file in stored) > _LARGEST:
            stored = []
        inside = {artefact.path for artefact in stored}
        files = [
            (artefact.path, artefact.size, "" if artefact.path in inside else artefact.digest)
            for artefact in product.artefacts
        ]
        data = b"".join(artefact.data for artefact in stored)
        # In two entries, so that the data of a product that has changed are not read.
        head = [self._inputs(settings, tools), product.cards, list(product.warnings), files, file_digest(data)]
        self._cache.put(self._slot("data", format_), data)
        self._cache.put(self._slot(format_), json.dumps(head).encode())

    def _artefacts(self, files: Sequence[tuple[str, int, str]], data: bytes) -> list[Artefact] | None:
        """Return files whose bytes are in the data, or those of the last export; None if one of these has changed."""
        artefacts: list[Artefact] = []
        position = 0
        for path, size, digest in files:
            if not digest:
                artefacts.append(Artefact(path, data[position : position + size]))
                position += size
                continue
            artefact = LazyArtefact(path, size, digest, partial(read_below, self._output, path, size))
            try:
                if not artefact.has(artefact.data):
                    return None
            except (OSError, CardpipeError):
                return None
            artefacts.append(artefact)
        if position != len(data):
            raise ValueError
        return artefacts

    def _slot(self, *parts: str) -> str:
        return self._cache.key("artefact", *parts, self._request)

    def _inputs(self, settings: Mapping[str, str], tools: Sequence[str]) -> dict[str, str]:
        """Return a digest of each input of a product, by a readable name."""
        return {
            "the source or cardpipe": self._source,
            "which scripts are trusted": self._cache.key(self._trusted)[-16:],
            "the format's settings": self._cache.key(json.dumps(sorted(settings.items())))[-16:],
            "Python or a library": self._cache.key(environment(), *tools)[-16:],
        }


class StepCache:
    """A cache of a writer's intermediate results in the project's cache; rebuilt results are logged.

    `tools` identifies this version of cardpipe and its plug-ins. The log names each result by its kind, the first part
    of its key, and a number.
    """

    def __init__(self, cache: Cache, rebuild_log: RebuildLog, step: str, tools: str) -> None:
        self._cache = cache
        self._rebuild_log = rebuild_log
        self._step = step
        self._count: Counter[str] = Counter()
        self._tools = f"{tools}\n{environment()}"

    def recall(self, key: Sequence[str | bytes]) -> bytes | None:
        """Return the cached value of a key, if there is one."""
        kept = self._cache.get(self._whole(key))
        self._rebuild_log.begin(self._step, 1)
        kind = str(key[0])
        self._count[kind] += 1
        if kept is None:
            self._rebuild_log.note(self._step, f"{kind} {self._count[kind]}", "not in the cache")
        return kept

    def remember(self, key: Sequence[str | bytes], value: bytes) -> None:
        """Store a value."""
        self._cache.put(self._whole(key), value)

    def _whole(self, key: Sequence[str | bytes]) -> str:
        return self._cache.key(*key[:1], self._tools, *key[1:])


@functools.cache
def environment() -> str:
    """Return the versions of everything that affects the bytes of exports."""
    found = [platform.python_version(), platform.machine(), zlib.ZLIB_RUNTIME_VERSION, sqlite3.sqlite_version]
    requirements = metadata.requires("cardpipe") or ()
    names = {match[0] if (match := _NAME.match(required)) else required for required in requirements}
    found += [f"{name} {version_of(name)}" for name in sorted(names)]  # optional dependencies can be absent
    return "\n".join(found)
