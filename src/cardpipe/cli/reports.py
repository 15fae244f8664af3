"""Print findings and warnings about broken plug-ins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cardpipe.cli.streams import in_colour, say, write_clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile


def print_report(
    diagnostics: Sequence[Diagnostic],
    files: Mapping[str, SourceFile],
    output_format: str,
    *,
    err: bool = False,
) -> None:
    """Print findings in one of the report formats; in colour on terminals that support it."""
    stream = sys.stderr if err else sys.stdout
    colour = in_colour(stream)
    text = report_text(diagnostics, files, output_format, colour=colour)
    if text:
        write_clean(text.rstrip("\n") + "\n", err=err)


def report_text(
    diagnostics: Sequence[Diagnostic],
    files: Mapping[str, SourceFile],
    output_format: str,
    *,
    colour: bool = False,
) -> str:
    """Return findings in one of the report formats."""
    from cardpipe.report import concise, full, github, gitlab, json, junit, sarif

    if output_format == "full":
        return full.render(diagnostics, files, colour=colour) if diagnostics else ""
    if output_format == "sarif":
        from cardpipe.lint.registry import all_rules

        return sarif.render(diagnostics, files, all_rules())
    renderers = {
        "concise": concise.render,
        "github": github.render,
        "gitlab": gitlab.render,
        "json": json.render,
        "junit": junit.render,
    }
    return renderers[output_format](diagnostics, files)


def warn_of_faulty_plugins() -> None:
    """Print a warning for each plug-in that cannot be used."""
    from cardpipe import plugins

    for group in (plugins.RULES, plugins.FIGURES, plugins.WRITERS, plugins.PDF_LAYOUTS, plugins.PDF_ENGINES):
        # Built-in ones besides rules fail where they are used; loading all of them takes long.
        for fault in plugins.faults(group, built_in=group == plugins.RULES):
            say(f"cardpipe: warning: {fault}", err=True)
