"""Which project a command works on, and how paths are shown to the user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cardpipe.errors import ProjectError
from cardpipe.source.discovery import find_project

if TYPE_CHECKING:
    import click


def project_root(ctx: click.Context) -> Path:
    """The project that `-C` names, or the one found from the working folder upward; raises ProjectError."""
    directory: Path | None = ctx.obj
    if directory is None:
        return find_project(Path.cwd())
    if not (directory / "source" / "deck.yaml").is_file():
        raise ProjectError(
            f"{directory} is not a deck project: it has no source/deck.yaml.",
            hint="`cardpipe init DIR` starts a new one.",
        )
    return directory.resolve()


def shown(path: Path) -> str:
    """A path as the user would type it from the working folder."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(path)
