"""The user's editor."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.files.programs import command_of

if TYPE_CHECKING:
    from pathlib import Path

_HINT: Final = "Set it to a command that waits until the file is closed: EDITOR=nano, EDITOR='code --wait'."


def editor() -> list[str]:
    """Return the command of $VISUAL or $EDITOR, which can have arguments; raises UsageError if it cannot be run."""
    name = next((one for one in ("VISUAL", "EDITOR") if os.environ.get(one, "").strip()), None)
    if name is None:
        raise UsageError("--edit needs the environment variable EDITOR, which is not set.", hint=_HINT)
    command = command_of(os.environ[name])
    if not command:
        raise UsageError(f"${name} is “{os.environ[name]}”, which is not a command.", hint=_HINT)
    return command


def open_in(command: list[str], path: Path) -> None:
    """Run an editor on a file and wait for it; raises UsageError if it fails."""
    # Ctrl-C belongs to the editor meanwhile; unlike SIG_IGN, a handler is not inherited.
    former = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        code = subprocess.call([*command, str(path)])  # noqa: S603 - the user's own editor, without a shell
    except OSError as error:
        raise UsageError(f"{command[0]} could not be started: {error.strerror or error}.", hint=_HINT) from error
    finally:
        signal.signal(signal.SIGINT, former)
    if code:
        raise UsageError(f"{command[0]} ended with exit code {code}.", hint=f"The file was created: {path}")
