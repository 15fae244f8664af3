"""Programs that the user names by a command line, such as that of `EDITOR`."""

from __future__ import annotations

import os
import shlex
import shutil


def command_of(line: str) -> list[str]:
    """Return the words of a command line, the first of which is the path of its program; empty if there is none.

    On Windows, a path with spaces can be without quotes, and a batch file such as `code.cmd` needs its whole path.
    """
    is_windows = os.name == "nt"
    if is_windows and (program := _found(line)) is not None:
        return [program]
    try:
        words = shlex.split(line, posix=not is_windows)
    except ValueError:
        return []
    if is_windows:
        words = [word.strip('"') for word in words]
    found = _found(words[0]) if words else None
    return [found, *words[1:]] if found is not None else []


def _found(name: str) -> str | None:
    """Return the path of a program.

    Windows looks into the working folder first, which can be a project of someone else: what is there is not run.
    """
    path = shutil.which(name)
    is_in_working_folder = path is not None and path.startswith((f"{os.curdir}/", f"{os.curdir}\\"))
    return None if os.name == "nt" and is_in_working_folder and path != name else path
