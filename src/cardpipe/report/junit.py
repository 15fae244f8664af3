"""The JUnit XML report for CI: a test case for each file, with its findings as failures."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from cardpipe.report.shortened import shortened
from cardpipe.report.terminal import cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

# XML 1.0, production 2: other characters are not allowed, not even as references.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> str:
    """Render one test suite; a file without findings is a passed test case."""
    shown = shortened(diagnostics, files)
    found = {path: list(group) for path, group in groupby(shown, key=lambda item: item.span.path)}
    cases = [_case(path, found.get(path, [])) for path in sorted({*files, *found})]
    head = f'<testsuite name="cardpipe" tests="{len(cases)}" failures="{len(found)}" errors="0">'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{head}\n{"".join(cases)}</testsuite>\n</testsuites>\n'
    )


def _case(path: str, diagnostics: Sequence[Diagnostic]) -> str:
    name = f'<testcase classname="cardpipe" name={_attribute(path)}'
    if not diagnostics:
        return f"{name}/>\n"
    lines = [
        f"{item.span.path}:{item.span.line}:{item.span.column}: {item.severity.value}[{item.code}] {item.message}"
        + (f"\n  {item.help}" if item.help else "")
        for item in diagnostics
    ]
    first, count = diagnostics[0], sum(item.count for item in diagnostics)
    more = f" and {count - 1} more" if count > 1 else ""
    failure = f"<failure type={_attribute(first.code)} message={_attribute(first.message + more)}>"
    return f"{name}>{failure}{_visible(escape(_clean(chr(10).join(lines))))}</failure></testcase>\n"


def _attribute(text: str) -> str:
    return _visible(quoteattr(_clean(text)))


def _visible(text: str) -> str:
    """Return XML with references for control characters."""
    shown = (c if c in "\n\t" or cell(c).shown == c else f"&#{ord(c)};" for c in text)
    return "".join(shown)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
