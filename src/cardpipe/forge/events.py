"""What triggered a build: values of the runner's environment and its event file.

Names of branches and titles in an event are chosen by strangers, so each value is checked for its form.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import UsageError
from cardpipe.files.reading import read_named

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST_EVENT: Final = 32 * 1024 * 1024
COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")
REPOSITORY: Final = re.compile(r"[A-Za-z0-9-]{1,100}/[A-Za-z0-9._-]{1,100}")


def read_event(path: Path) -> Mapping[str, Any]:
    """Read an event file; raises UsageError if it is not one."""
    try:
        found = json.loads(read_named(path, _LARGEST_EVENT))
    except OSError as error:
        raise UsageError(f"The event file {path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"{path} is not an event file: it has no JSON object.")
    return found


def variable(environment: Mapping[str, str], name: str, form: re.Pattern[str] | None = None) -> str:
    """Return a variable of the environment; raises UsageError if it is missing or has another form."""
    value = environment.get(name, "")
    if not value or (form is not None and form.fullmatch(value) is None):
        raise UsageError(
            f"The environment variable {name} is {'missing' if not value else 'not of its usual form'}.",
            hint="`cardpipe ci` runs in a workflow of GitHub or a pipeline of GitLab; --dry-run needs neither.",
        )
    return value


def field(event: Any, *names: str, form: re.Pattern[str] | None = None) -> str:
    """Return a text in an event; raises UsageError if it is missing or has another form."""
    found = _found(event, names)
    if not isinstance(found, str) or not found or (form is not None and form.fullmatch(found) is None):
        raise UsageError(f"The event has no valid {'.'.join(names)}.")
    return found


def number(event: Any, *names: str) -> int:
    """Return a positive integer in an event; raises UsageError if it is anything else."""
    found = _found(event, names)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 2**63:
        raise UsageError(f"The event has no valid {'.'.join(names)}.")
    return found


def _found(event: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        event = event.get(name) if isinstance(event, dict) else None
    return event
