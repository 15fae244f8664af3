"""Exceptions for failures of the tool: each has one clear message, and the command line exits with 2.

Faults in the source are diagnostics, not exceptions.
"""

from __future__ import annotations

import os


class CardpipeError(Exception):
    """A failure of the tool or of its use, with a message and optional help for the user."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ProjectError(CardpipeError):
    """No deck project was found, or it cannot be read."""


class UsageError(CardpipeError):
    """The call refers to an unknown format, card, tag or option value."""


class PluginError(CardpipeError):
    """A plug-in cannot be loaded or violates its contract."""


class RenderError(CardpipeError):
    """An engine failed although the source is valid."""


class PublishError(CardpipeError):
    """Artefacts could not be written to the output folder; its previous files are intact."""


class FigureError(CardpipeError):
    """A figure script failed, exceeded its limits or did not return a picture."""


def command_line(*words: str | os.PathLike[str]) -> str:
    """Return a command for a message, quoted for a shell."""
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline([os.fspath(word) for word in words])
    import shlex

    return shlex.join(os.fspath(word) for word in words)
