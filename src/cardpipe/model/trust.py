"""Trust in figure scripts: which may run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cardpipe.model.deck import FigureScript

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Trust:
    """The scripts that may run, by digest; None for all."""

    digests: frozenset[str] | None = None
    reason: str = field(default="", compare=False)
    """Why no others may run, as a clause for messages."""

    def trusts(self, script: FigureScript | None) -> bool:
        """Return whether a script may run."""
        return self.digests is None or (script is not None and script_digest(script.data) in self.digests)

    def identifier(self, scripts: Iterable[FigureScript]) -> str:
        """Return a text that says which of a deck's scripts may run, for cache keys; the same if it is all of them."""
        listed = list(scripts)
        trusted = [script for script in listed if self.trusts(script)]
        return "all" if len(trusted) == len(listed) else " ".join(sorted(script_digest(one.data) for one in trusted))

    def refused(self, scripts: Iterable[FigureScript]) -> str:
        """Return a sentence on scripts that may not run, why, and how to allow them; empty if all may run."""
        names = [script.name for script in scripts if not self.trusts(script)]
        if not names:
            return ""
        listed = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
        reason = f" ({self.reason})" if self.reason else ""
        return f"figure scripts not run{reason}: {listed}; read them, then `--trust-figures always` runs them"


EVERYBODY = Trust()
NOBODY = Trust(frozenset())


def script_digest(data: bytes) -> str:
    """Return the digest of a script, independent of line ends, which git may change."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
