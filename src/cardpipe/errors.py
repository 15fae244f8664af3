"""The tool's own failures: each carries one clear message, and the command line exits with 2.

What an author got wrong is never one of these: that is a diagnostic.
"""

from __future__ import annotations

import os


class CardpipeError(Exception):
    """A failure of the tool or of its use, with a message for the user and, where there is one, a way out."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ProjectError(CardpipeError):
    """No deck project was found, or it cannot be read."""


class UsageError(CardpipeError):
    """The call asks for something that does not exist: a format, a card, a tag, an option's value."""


class PluginError(CardpipeError):
    """An entry point could not be loaded or did not keep its contract."""


class RenderError(CardpipeError):
    """An engine failed where the source is not at fault."""


class PublishError(CardpipeError):
    """Artefacts could not be put into the output folder; what was there before is intact."""


class FigureError(CardpipeError):
    """A figure's script failed, ran out of its limits or handed back something that is no picture."""


def command_line(*words: str | os.PathLike[str]) -> str:
    """A command for a message, quoted so that it can be pasted into a shell."""
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline([os.fspath(word) for word in words])
    import shlex

    return shlex.join(os.fspath(word) for word in words)
