"""The JSON report, in a stable format.

`version` is raised when a key is removed or changes its meaning; new keys can be added. Lines and columns start at
1 and count code points, ends are exclusive. A finding with a `count` above 1 represents that many findings that are not
listed; the summary counts them all.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cardpipe.report.shortened import shortened
from cardpipe.report.summary import counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile, Span

VERSION = 1


def render(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> str:
    """Render an object with `version`, `findings` and `summary`; `files` are by path."""
    shown = shortened(diagnostics, files)
    document = {
        "version": VERSION,
        "findings": [_finding(diagnostic) for diagnostic in shown],
        "summary": {f"{severity.value}s": count for severity, count in counts(diagnostics).items()},
    }
    # ASCII only: lone surrogates and invisible characters stay escaped, and any console can print it.
    return json.dumps(document, indent=2) + "\n"


def _finding(diagnostic: Diagnostic) -> dict[str, Any]:
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "count": diagnostic.count,
        **_place(diagnostic.span),
        "fix": None
        if fix is None
        else {
            "description": fix.description,
            "safe": fix.safe,
            "edits": [{**_place(edit.span), "replacement": edit.replacement} for edit in fix.edits],
        },
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
