"""What is wrong with a source, where, and how bad it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.text.positions import Span

MOST_COLLECTED: Final = 10_000
"""Findings of one rule in a file, or in all files together for a rule that compares cards; more are not looked for."""
MOST_SHOWN_OF_CODE: Final = 20
"""Findings of one rule in a card that a report lists; of the others it gives the number."""
MOST_SHOWN_OF_FILE: Final = 300
"""Findings in a file that a report lists; of the others it gives the number, rule by rule."""
MORE: Final = "More findings of this rule follow, which were not looked for."
"""The message of a finding that stands for all beyond `MOST_COLLECTED`."""


class Severity(enum.Enum):
    """How bad a finding is: an error stops the export, a warning does not, an info is a remark."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text at a span by another text."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that cure one finding; a safe fix cannot change what a card says."""

    description: str
    edits: tuple[Edit, ...]
    safe: bool = True
    rename: tuple[str, str] | None = None
    """The former and the new name of a file under `source/media/`, which all references to it follow."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check yields: which rule, where, in what words; the engine adds name and severity."""

    code: str
    span: Span
    message: str
    help: str | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding with all that a reader needs to see."""

    code: str
    name: str
    severity: Severity
    span: Span
    message: str
    help: str | None = None
    fix: Fix | None = None
    count: int = 1
    """How many findings it stands for, where a report sums up those that it does not list."""

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of a report: path, line, column, code, message."""
        return (self.span.path, self.span.line, self.span.column, self.code, self.message)
