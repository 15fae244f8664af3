"""The full report: each finding with its source line, carets and help; then a summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.model.diagnostics import Severity
from cardpipe.report.excerpt import excerpt
from cardpipe.report.shortened import shortened
from cardpipe.report.summary import fixable, summary_line
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_BOLD, _DIM, _HELP = "1", "34", "32"


def render(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile], *, colour: bool = False) -> str:
    """Render all findings in blocks separated by empty lines, and a summary; `files` are by path."""
    paint = _Paint(colour)
    shown = shortened(diagnostics, files)
    blocks = [_block(diagnostic, files.get(diagnostic.span.path), paint) for diagnostic in shown]
    return "\n".join([*blocks, summary_line(diagnostics), *fixable(diagnostics)]) + "\n"


def _block(diagnostic: Diagnostic, file: SourceFile | None, paint: _Paint) -> str:
    span = diagnostic.span
    head = paint(f"{diagnostic.severity.value}[{diagnostic.code}]", f"{_BOLD};{_COLOURS[diagnostic.severity]}")
    gutter = len(str(span.line))
    margin = " " * gutter
    bar = paint("|", _DIM)
    arrow = paint("-->", _DIM)
    lines = [
        f"{head} {paint(safe(diagnostic.message), _BOLD)} ({diagnostic.name})",
        f"{margin}{arrow} {safe(span.path)}:{span.line}:{span.column}",
    ]
    if file is not None and file.text:
        shown = excerpt(file, span)
        number = paint(str(span.line), _DIM)
        marks = paint(shown.marks.lstrip(), _COLOURS[diagnostic.severity])
        indent = shown.marks[: len(shown.marks) - len(shown.marks.lstrip())]
        lines += [f"{margin} {bar}", f"{number} {bar} {shown.line}".rstrip(), f"{margin} {bar} {indent}{marks}"]
    if diagnostic.help:
        lines.append(f"{margin} {paint('= help:', _HELP)} {safe(diagnostic.help)}")
    return "\n".join(lines) + "\n"


class _Paint:
    """Colouring by ANSI escape sequences, or none."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text
