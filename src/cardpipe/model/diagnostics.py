"""Findings, their positions and severities."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.text.positions import Span

MOST_COLLECTED: Final = 10_000
"""The maximum number of findings of one rule in a file, or in all files for a rule that compares cards."""
MOST_SHOWN_OF_CODE: Final = 20
"""The maximum number of findings of one rule in a card that a report lists; the others are counted."""
MOST_SHOWN_OF_FILE: Final = 300
"""The maximum number of findings in a file that a report lists; the others are counted by rule."""
MORE: Final = "There may be further findings of this rule, which were not searched."
"""The message of the finding that stands for all beyond `MOST_COLLECTED`."""


class Severity(enum.Enum):
    """The severity of a finding: an error stops the export, a warning does not, an info is advice."""

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
    """Edits that fix a finding; a safe fix cannot change the meaning of a card."""

    description: str
    edits: tuple[Edit, ...]
    safe: bool = True
    rename: tuple[str, str] | None = None
    """The old and new name of a file in `source/media/`; all references are changed too."""
    new_id: str = ""
    """The new ID of the card of the finding; its files and all references to it are changed too."""

    @property
    def is_in_place(self) -> bool:
        """Whether the edits are all of the fix."""
        return self.rename is None and not self.new_id


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: rule, position and message; the engine adds name and severity."""

    code: str
    span: Span
    message: str
    help: str | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding with everything that reports show."""

    code: str
    name: str
    severity: Severity
    span: Span
    message: str
    help: str | None = None
    fix: Fix | None = None
    count: int = 1
    """The number of findings that it stands for, if a report summarises those that it does not list."""

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Return the sort key for reports: path, line, column, code, message."""
        return (self.span.path, self.span.line, self.span.column, self.code, self.message)
