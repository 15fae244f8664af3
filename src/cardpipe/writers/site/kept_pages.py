"""The pages of a site until they are written: compressed, because those of ten thousand cards take 95 MB.

Of a page whose inputs are those of the last export, only its size and digests are read; its bytes are needed only if
the output folder does not have them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from cardpipe.writers.api import LazyArtefact, file_digest
from cardpipe.writers.site.content_names import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cardpipe.writers.api import Memory


@dataclass(frozen=True, slots=True)
class KeptPage:
    """What is known of a page without its bytes."""

    size: int
    digest: str
    """The digest of an exported file."""
    sha256: str
    load: Callable[[], bytes] = field(repr=False, compare=False)
    """Returns the bytes."""

    def artefact(self, path: str) -> LazyArtefact:
        """Return the page as a file of the export."""
        return LazyArtefact(path, self.size, self.digest, self.load)


class KeptPages:
    """Pages from the memory if they were written with the same inputs; `name` tells the sites of a deck apart."""

    def __init__(self, memory: Memory | None, name: str) -> None:
        self._memory = memory
        self._key = ("list of pages", name)
        kept = memory.recall(self._key) if memory is not None else None
        self._known: dict[str, tuple[str, int, str, str]] = json.loads(kept or b"{}")
        self._now: dict[str, tuple[str, int, str, str]] = {}

    def page(self, path: str, inputs: Sequence[str], make: Callable[[], bytes]) -> KeptPage:
        """Return the page of a path with these inputs; `make` returns its bytes."""
        key = ("page of the site", path, *inputs)
        inputs_digest = digest_of(part.encode("utf-8", "surrogatepass") for part in key)
        known, size, digest, sha256 = self._known.get(path, ("", 0, "", ""))
        load = partial(self._read, key, make)
        if known != inputs_digest:
            data = self._read(key, make)
            size, digest, sha256 = len(data), file_digest(data), hashlib.sha256(data).hexdigest()
            load = partial(zlib.decompress, zlib.compress(data, 1))
        self._now[path] = (inputs_digest, size, digest, sha256)
        return KeptPage(size, digest, sha256, load)

    def save(self) -> None:
        """Store the list of these pages for the next export."""
        if self._memory is not None and self._now != self._known:
            self._memory.remember(self._key, json.dumps(self._now).encode())

    def _read(self, key: Sequence[str], make: Callable[[], bytes]) -> bytes:
        kept = self._memory.recall(key) if self._memory is not None else None
        if kept is not None:
            return zlib.decompress(kept)
        data = make()
        if self._memory is not None:
            self._memory.remember(key, zlib.compress(data, 1))
        return data
