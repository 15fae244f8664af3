"""Find the sandbox layers that this machine supports; `docs/figures.md` describes them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from cardpipe.figures.sandbox import DEFAULT_LIMITS, child_environment, python_command

_WAIT: Final = 60.0
"""Seconds."""
_TRY: Final = (
    "import json, sys; from cardpipe.figures.confinement import confine; "
    "print(json.dumps(confine(cpu_seconds=int(sys.argv[1]), memory_bytes=int(sys.argv[2]))))"
)


def layers() -> dict[str, str]:
    """Return the sandbox layers by name, each with details; empty if unavailable.

    They are tried in a process that gives its rights up and ends, so that what is told is what a script would meet. No
    layers are told where that process cannot be started.
    """
    limits = [str(DEFAULT_LIMITS.cpu_seconds), str(DEFAULT_LIMITS.memory_bytes)]
    try:
        with tempfile.TemporaryDirectory(prefix="cardpipe-figure-") as folder:
            told = subprocess.run(  # noqa: S603 - ours
                [*python_command(), "-c", _TRY, *limits],
                capture_output=True,
                timeout=_WAIT,
                check=True,
                cwd=folder,
                env=child_environment(Path(folder)),
            )
        return {str(name): str(held) for name, held in json.loads(told.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError, AttributeError):
        return {}
