"""The concise report: one finding per line, `path:line:column: code message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.report.shortened import shortened
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile


def render(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> str:
    """Render one line per finding; `files` are by path."""
    shown = shortened(diagnostics, files)
    return "".join(
        f"{safe(diagnostic.span.path)}:{diagnostic.span.line}:{diagnostic.span.column}: "
        f"{diagnostic.severity.value}[{diagnostic.code}] {safe(diagnostic.message)}\n"
        for diagnostic in shown
    )
