"""Compile flashcards from YAML to Anki, CSV, PDF, HTML, Markdown and a website.

The names in `__all__` are the public Python API (`docs/python-api.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cardpipe.api import (
        Artefact,
        BuildResult,
        CardpipeError,
        CardSummary,
        Changes,
        Diagnostic,
        ExportedFiles,
        ExportResult,
        FigureError,
        LintResult,
        PluginError,
        Project,
        ProjectError,
        PublishError,
        RenderError,
        Severity,
        Span,
        UsageError,
    )

__version__ = "0.1.0"

__all__ = [
    "Artefact",
    "BuildResult",
    "CardSummary",
    "CardpipeError",
    "Changes",
    "Diagnostic",
    "ExportResult",
    "ExportedFiles",
    "FigureError",
    "LintResult",
    "PluginError",
    "Project",
    "ProjectError",
    "PublishError",
    "RenderError",
    "Severity",
    "Span",
    "UsageError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # Import the API only when it is used: the command line must answer --help at once.
    if name in __all__:
        from cardpipe import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
