"""Which figure scripts may run."""

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
    """Why no others may run, as a clause for people."""

    def trusts(self, script: FigureScript | None) -> bool:
        """Whether a script may run."""
        return self.digests is None or (script is not None and script_digest(script.data) in self.digests)

    @property
    def words(self) -> str:
        """What tells this trust from any other."""
        return "all" if self.digests is None else " ".join(sorted(self.digests))

    def refused(self, scripts: Iterable[FigureScript]) -> str:
        """Which of some scripts may not run, why, and how to allow them, in one sentence; empty where all may run."""
        names = [script.name for script in scripts if not self.trusts(script)]
        if not names:
            return ""
        listed = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
        reason = f" ({self.reason})" if self.reason else ""
        return f"figure scripts not run{reason}: {listed}; read them, then `--trust-figures always` runs them"


EVERYBODY = Trust()
NOBODY = Trust(frozenset())


def script_digest(data: bytes) -> str:
    """What tells a script from any other, however its lines end: git may change that."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
