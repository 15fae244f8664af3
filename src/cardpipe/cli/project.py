"""Which project a command works on, and how paths are shown to the user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cardpipe.errors import ProjectError, UsageError
from cardpipe.report.terminal import safe
from cardpipe.source.discovery import find_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import click


def project_root(ctx: click.Context) -> Path:
    """The project that `-C` names, or the one found from the working folder upward; raises ProjectError."""
    directory: Path | None = ctx.obj
    if directory is None:
        try:
            return find_project(Path.cwd())
        except FileNotFoundError as error:
            raise ProjectError("The working folder does not exist any more.", hint="Change to another one.") from error
    if not (directory / "source" / "deck.yaml").is_file():
        raise ProjectError(
            f"{directory} is not a deck project: it has no source/deck.yaml.",
            hint="`cardpipe init DIR` starts a new one.",
        )
    return directory.resolve()


def projects(ctx: click.Context, paths: Sequence[Path], *, tracked: bool = False) -> list[Path]:
    """The projects that files and folders belong to, or the one of the working folder where none is named.

    `tracked` adds all projects below the working folder that git knows. `-C` names the only one. Raises ProjectError
    where there is none.
    """
    if ctx.obj is not None:
        return [project_root(ctx)]
    found = {nearest_project(path) for path in paths if path.exists()}
    if tracked:
        found.update(_tracked_below(Path.cwd()))
    return sorted(found) or [project_root(ctx)]


def nearest_project(path: Path) -> Path:
    """The project that a file or folder lies in; raises ProjectError where it lies in none."""
    return find_project(path if path.is_dir() else path.absolute().parent)


def _tracked_below(folder: Path) -> Iterator[Path]:
    from cardpipe.files.git import Git, checkout_of

    whole = folder.resolve()
    if checkout_of(whole) is None:
        return
    for path in Git(whole).tracked("source/deck.yaml"):
        root = path.parent.parent
        if path.is_file() and root.is_relative_to(whole):
            yield root


def prefix(root: Path) -> str:
    """What stands before the paths of a project's files where the working folder is not in it; else nothing."""
    here = Path.cwd().resolve()
    return "" if here.is_relative_to(root) else f"{Path(os.path.relpath(root, here)).as_posix()}/"


def shown(path: Path) -> str:
    """A path as the user would type it from the working folder."""
    try:
        return safe(path.resolve().relative_to(Path.cwd().resolve()).as_posix())
    except (ValueError, OSError):
        return safe(str(path))


def in_project(path: Path, root: Path) -> str:
    """A path as findings name it; raises UsageError where it does not exist or lies elsewhere."""
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise UsageError(f"{path} is not part of the project in {root}.", hint="-C chooses another project.") from None


def is_among(path: str, wanted: Sequence[str]) -> bool:
    """Whether a path is one of those wanted or below one; everything is where none is named."""
    return not wanted or "." in wanted or any(path == one or path.startswith(f"{one}/") for one in wanted)
