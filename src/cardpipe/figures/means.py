"""What this machine can do to contain a figure script; `docs/figures.md` says what follows from each of the means."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

_WAIT: Final = 20.0
"""Seconds."""
_TRY: Final = (
    "import json; from cardpipe.figures import linux; "
    "print(json.dumps({'Landlock': linux.give_up_files(['/']), 'user namespaces': linux.give_up_network(), "
    "'seccomp': linux.give_up_system_calls()}))"
)
"""Namespaces before seccomp, which forbids to ask for more."""


def means() -> dict[str, bool]:
    """Each of the means by name, and whether it is there.

    They are tried in a process that gives its rights up and ends, so that what is said is what a script would meet.
    """
    try:
        import resource  # noqa: F401 - whether it is there

        found = {"time limits": True}
    except ImportError:  # Windows
        found = {"time limits": False}
    if sys.platform != "linux":
        return found
    try:
        told = subprocess.run([sys.executable, "-c", _TRY], capture_output=True, timeout=_WAIT, check=True)  # noqa: S603 - ours
        return found | {str(name): there is True for name, there in json.loads(told.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError):
        return found | dict.fromkeys(("Landlock", "user namespaces", "seccomp"), False)
