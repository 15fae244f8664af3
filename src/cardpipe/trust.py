"""Whose figure scripts may run in a build."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardpipe.model import FigureScript


@dataclass(frozen=True, slots=True)
class Trust:
    """The scripts that may run, by digest; None for all."""

    digests: frozenset[str] | None = None

    def trusts(self, script: FigureScript | None) -> bool:
        """Whether a script may run."""
        return self.digests is None or (script is not None and script_digest(script.data) in self.digests)

    @property
    def words(self) -> str:
        """What tells this trust from any other."""
        return "all" if self.digests is None else " ".join(sorted(self.digests))


EVERYBODY = Trust()
NOBODY = Trust(frozenset())


def script_digest(data: bytes) -> str:
    """What tells a script from any other, however its lines end: git may change that."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
