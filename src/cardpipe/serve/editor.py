"""Open a file at a line in the user's editor."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cardpipe.errors import UsageError
from cardpipe.files.programs import command_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GOTO: Final = frozenset({"code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron"})
"""Editors that take `--goto FILE:LINE:COLUMN`."""
_COLON: Final = frozenset({"subl", "sublime_text", "zed", "zeditor", "lapce", "pulsar"})
"""Editors that take `FILE:LINE:COLUMN`."""
_PLUS: Final = frozenset({"gvim", "emacs", "emacsclient", "gedit", "gnome-text-editor", "mousepad", "xed", "pluma"})
"""Editors that take `+LINE FILE` and have a window of their own."""
_LINE: Final = frozenset({"kate", "kwrite", "idea", "pycharm", "webstorm"})
"""Editors that take `--line LINE FILE`."""
_TERMINAL: Final = frozenset(
    {"vi", "vim", "nvim", "nano", "pico", "ed", "hx", "helix", "micro", "kak", "joe", "mcedit", "ne", "emacs-nox"}
)
"""Editors that need a terminal, which the server cannot give them."""
_OF_BATCH_FILES: Final = frozenset('&|<>^%!"')


def editor_address(path: Path, line: int, column: int) -> str:
    """Return the address by which a browser opens a file in Visual Studio Code."""
    name = path.as_posix()
    return f"vscode://file{quote(name if name.startswith('/') else f'/{name}')}:{line}:{column}"


def editor_command(environment: Mapping[str, str], path: Path, line: int, column: int) -> Sequence[str]:
    """Return the command that opens a file in the editor of `VISUAL` or `EDITOR`.

    Raises UsageError if there is none, or if it needs a terminal.
    """
    chosen = environment.get("VISUAL") or environment.get("EDITOR") or ""
    if not chosen.strip():
        raise UsageError("No editor is set.", hint="Set VISUAL or EDITOR, for example to “code”.")
    words = command_of(chosen)
    if not words:
        raise UsageError(f"The editor {chosen} was not found.", hint="Set VISUAL or EDITOR to an installed one.")
    name = PurePath(words[0]).stem.lower()
    if name in _TERMINAL or "-nw" in words:
        raise UsageError(
            f"{name} needs a terminal of its own.", hint="Set VISUAL to an editor with a window, for example “code”."
        )
    file = str(path)
    if os.name == "nt" and not _OF_BATCH_FILES.isdisjoint(file):
        # Many editors start by a batch file there, whose shell would run what is after such a character.
        raise UsageError("The name of the file has characters that Windows gives a meaning.", hint="Rename it.")
    if name in _GOTO:
        return [*words, "--goto", f"{file}:{line}:{column}"]
    if name in _COLON:
        return [*words, f"{file}:{line}:{column}"]
    if name in _PLUS:
        return [*words, f"+{line}", file]
    if name in _LINE:
        return [*words, "--line", str(line), file]
    return [*words, file]


def open_in_editor(path: Path, line: int, column: int) -> None:
    """Start the user's editor, which goes on when this process ends; raises UsageError if that fails."""
    command = editor_command(os.environ, path, line, column)
    try:
        process = subprocess.Popen(  # noqa: S603 - the command of the user's own environment, without a shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise UsageError(f"The editor {command[0]} cannot be started: {error.strerror or error}.") from error
    threading.Thread(target=process.wait, daemon=True).start()
