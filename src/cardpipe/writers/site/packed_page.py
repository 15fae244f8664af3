"""A page as it is kept until it is written: compressed, because those of ten thousand cards take 95 MB."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from cardpipe.writers.api import LazyArtefact, file_digest

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, slots=True)
class PackedPage:
    """A compressed page with what is needed to know of it without its bytes."""

    size: int
    digest: str
    """The digest of an exported file."""
    sha256: bytes
    compressed: bytes = field(repr=False)

    @classmethod
    def of(cls, page: bytes) -> Self:
        """Return a page compressed."""
        return cls(len(page), file_digest(page), hashlib.sha256(page).digest(), zlib.compress(page, 1))

    @classmethod
    def read(cls, stored: bytes) -> Self:
        """Return a page as `stored` has written it."""
        head, _, compressed = stored.partition(b"\n")
        size, digest, sha256 = head.decode().split()
        return cls(int(size), digest, bytes.fromhex(sha256), compressed)

    @property
    def stored(self) -> bytes:
        """Return the page as bytes for the cache."""
        return b"%d %s %s\n%s" % (self.size, self.digest.encode(), self.sha256.hex().encode(), self.compressed)

    def artefact(self, path: str) -> LazyArtefact:
        """Return the page as a file of the export."""
        return LazyArtefact(path, self.size, self.digest, partial(zlib.decompress, self.compressed))
