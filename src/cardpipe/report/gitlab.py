"""The GitLab report: the code quality report of a merge request.

The format is in GitLab's documentation, "Code Quality", "Import Code Quality results".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cardpipe.model.diagnostics import Severity
from cardpipe.report.sarif import fingerprint
from cardpipe.report.shortened import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

_LEVELS: Final = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> str:
    """Render a list of issues; `files` are by path."""
    used: dict[str, int] = {}
    issues = []
    for found in shortened(diagnostics, files):
        made = fingerprint(found, files)
        used[made] = used.get(made, 0) + 1
        issues.append(
            {
                "description": found.message if found.help is None else f"{found.message} {found.help}",
                "check_name": f"{found.code} {found.name}",
                # GitLab shows only one of several issues with the same fingerprint.
                "fingerprint": made if used[made] == 1 else f"{made}-{used[made]}",
                "severity": _LEVELS[found.severity],
                "location": {
                    "path": found.span.path,
                    "lines": {"begin": found.span.line, "end": found.span.end_line},
                },
            }
        )
    return json.dumps(issues, indent=2) + "\n"
