"""The SARIF 2.1.0 report (OASIS), for code hosts and editors.

Columns count code points (`columnKind`). Paths are relative to the project. The fingerprint of a
finding consists of its rule, its file and the words of its line, so it is stable when lines move.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from cardpipe import __version__
from cardpipe.model.diagnostics import Severity
from cardpipe.report.shortened import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.lint.api import Rule
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT: Final = "PROJECT"


def render(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile], rules: Sequence[Rule]) -> str:
    """Render one run with the reported rules and one result per finding."""
    shown = shortened(diagnostics, files)
    used = {diagnostic.code for diagnostic in diagnostics}
    described = [rule for rule in rules if rule.code in used]
    index = {rule.code: number for number, rule in enumerate(described)}
    run = {
        "tool": {
            "driver": {"name": "cardpipe", "semanticVersion": __version__, "rules": [_rule(rule) for rule in described]}
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that contains source/."}}},
        "results": [_result(diagnostic, index[diagnostic.code], files) for diagnostic in shown],
    }
    if len(shown) < len(diagnostics):
        run["invocations"] = [_incomplete(diagnostics, shown)]
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _incomplete(diagnostics: Sequence[Diagnostic], shown: Sequence[Diagnostic]) -> dict[str, Any]:
    """Return a notification that results are left out (SARIF 2.1.0, sections 3.20.21 and 3.27.22)."""
    words = (
        f"{len(diagnostics)} findings in {len(shown)} results: occurrenceCount is the number of findings of a result."
    )
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [{"level": "note", "message": {"text": words}}],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(diagnostic: Diagnostic, rule_index: int, files: Mapping[str, SourceFile]) -> dict[str, Any]:
    span = diagnostic.span
    words = diagnostic.message if diagnostic.help is None else f"{diagnostic.message} {diagnostic.help}"
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": words},
        **({"occurrenceCount": diagnostic.count} if diagnostic.count > 1 else {}),
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(span.path, errors="replace"), "uriBaseId": _ROOT},
                    "region": {
                        "startLine": span.line,
                        "startColumn": span.column,
                        "endLine": span.end_line,
                        "endColumn": span.end_column,
                    },
                }
            }
        ],
        "partialFingerprints": {"cardpipe/v1": fingerprint(diagnostic, files)},
    }


def fingerprint(diagnostic: Diagnostic, files: Mapping[str, SourceFile]) -> str:
    """Return a fingerprint that is stable when lines move: 16 digits of a hash of rule, file and line text."""
    file = files.get(diagnostic.span.path)
    line = " ".join(file.line(diagnostic.span.line).split()) if file is not None else ""
    told = "\n".join((diagnostic.code, diagnostic.span.path, line, diagnostic.message))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]
