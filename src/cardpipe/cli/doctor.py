"""`cardpipe doctor`."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import click

from cardpipe.cli.streams import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cardpipe.cli.health import HealthFinding

_MARKS = {"ok": "ok", "absent": "-", "fault": "FAULT"}
_WIDTH = 100


@click.command(epilog="Example:  cardpipe doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> int:
    """Check the installation.

    Checks Python and packages, PDF engines and fonts, extras, the sandbox of figure scripts, git and the cache. The
    exit code is 0 if everything required works (optional parts may be missing, "-"), and 2 otherwise.
    """
    from cardpipe.cli.health import State, findings
    from cardpipe.cli.main import EXIT_FAILURE

    found = list(findings(_project(ctx)))
    say(_json(found) if as_json else "\n".join(_table(found)))
    return EXIT_FAILURE if any(one.state is State.FAULT for one in found) else 0


def _project(ctx: click.Context) -> Path | None:
    """Return the project, if there is one: the check works outside of projects too."""
    from cardpipe.cli.project import project_root
    from cardpipe.errors import ProjectError

    try:
        return project_root(ctx)
    except ProjectError:
        if ctx.obj is not None:
            raise
        return None


def _json(found: Sequence[HealthFinding]) -> str:
    rows = [
        {
            "subject": one.subject,
            "name": one.name,
            "state": one.state.value,
            "detail": one.detail,
            "hint": one.hint,
        }
        for one in found
    ]
    return json.dumps({"version": 1, "findings": rows}, indent=2)


def _table(found: Sequence[HealthFinding]) -> list[str]:
    first = max(len(one.subject) for one in found)
    second = max(len(one.name) for one in found)
    indent = " " * (first + second + 11)
    lines = []
    for one in found:
        head = f"{one.subject:<{first}}  {one.name:<{second}}  {_MARKS[one.state.value]:<5}  "
        for text in filter(None, (one.detail, one.hint)):
            wrapped = textwrap.wrap(text, max(40, _WIDTH - len(indent)), break_on_hyphens=False, break_long_words=False)
            lines += [f"{head if number == 0 else indent}{line}" for number, line in enumerate(wrapped)]
            head = indent
    return lines
