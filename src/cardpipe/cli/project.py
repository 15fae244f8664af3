"""Find the project of a command, and format paths for the user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cardpipe.cli.streams import detail
from cardpipe.errors import ProjectError, UsageError
from cardpipe.report.terminal import safe
from cardpipe.source.discovery import find_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import click

    from cardpipe.model.deck import DeckSettings


def project_root(ctx: click.Context) -> Path:
    """Return the project of `-C`, or the nearest one from the working folder upward; raises ProjectError."""
    root = _project_root(ctx)
    detail(f"Project: {root}")
    return root


def _project_root(ctx: click.Context) -> Path:
    directory: Path | None = ctx.obj
    if directory is None:
        try:
            return find_project(Path.cwd())
        except FileNotFoundError as error:
            raise ProjectError("The working folder no longer exists.", hint="Change to another one.") from error
    if not (directory / "source" / "deck.yaml").is_file():
        raise ProjectError(
            f"{directory} is not a deck project: it has no source/deck.yaml.",
            hint="`cardpipe init DIR` creates a new one.",
        )
    return directory.resolve()


def projects(ctx: click.Context, paths: Sequence[Path], *, tracked: bool = False) -> list[Path]:
    """Return the projects of files and folders, by default the one of the working folder.

    `tracked` adds all projects below the working folder that git tracks. With `-C`, only that one. Raises ProjectError
    if there is none.
    """
    if ctx.obj is not None:
        return [project_root(ctx)]
    found = {nearest_project(path) for path in paths if path.exists()}
    if tracked:
        found.update(_tracked_below(Path.cwd()))
    return sorted(found) or [project_root(ctx)]


def nearest_project(path: Path) -> Path:
    """Return the project of a file or folder; raises ProjectError if there is none."""
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
    """Return the prefix for a project's paths if the working folder is outside of it, else an empty text."""
    here = Path.cwd().resolve()
    return "" if here.is_relative_to(root) else f"{Path(os.path.relpath(root, here)).as_posix()}/"


def shown(path: Path) -> str:
    """Return a path relative to the working folder."""
    try:
        return safe(path.resolve().relative_to(Path.cwd().resolve()).as_posix())
    except (ValueError, OSError):
        return safe(str(path))


def in_project(path: Path, root: Path) -> str:
    """Return a path relative to the project; raises UsageError if it does not exist or is outside."""
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise UsageError(
            f"{path} is not part of the project in {root}.", hint="Select another project with -C."
        ) from None


def refuse_faulty_note_types(settings: DeckSettings | None) -> None:
    """Raise UsageError if some of the deck's note types cannot be read, so that a name may be one of these."""
    if settings is None or "note_types" in settings.faulty:
        raise UsageError(
            "The note types in source/deck.yaml have errors.", hint="`cardpipe lint` shows them; fix them first."
        )


def is_among(path: str, wanted: Sequence[str]) -> bool:
    """Return whether a path is one of the given paths or below one; true if none is given."""
    return not wanted or "." in wanted or any(path == one or path.startswith(f"{one}/") for one in wanted)
