"""The GitHub report: workflow commands that annotate a pull request, one per line.

The format and its escapes are in GitHub's documentation, "Workflow commands for GitHub Actions", and in the
source of its toolkit (`%`, line ends, and in properties also `:` and `,`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.model.diagnostics import Severity
from cardpipe.report.shortened import shortened
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> str:
    """Render one command per finding; `files` are by path."""
    shown = shortened(diagnostics, files)
    return "".join(map(_command, shown))


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    properties = {
        "file": span.path,
        "line": str(span.line),
        "col": str(span.column),
        "endLine": str(span.end_line),
        "endColumn": str(span.end_column),
        "title": f"{diagnostic.code} {diagnostic.name}",
    }
    if span.end_line != span.line:
        # GitHub rejects columns in spans of several lines.
        del properties["col"], properties["endColumn"]
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    words = diagnostic.message if diagnostic.help is None else f"{diagnostic.message} {diagnostic.help}"
    return f"::{_LEVELS[diagnostic.severity]} {shown}::{_data(safe(words))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(safe(text)).replace(":", "%3A").replace(",", "%2C")
