"""The folder into which an import writes: complete, or absent."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORT: Final = "import-report.md"
_STAGING: Final = ".cardpipe-import-"
_OWNER: Final = "process"
"""The file with the number of the process that writes into a staging folder."""
_OURS: Final = ("source", REPORT)


@contextlib.contextmanager
def staged(target: Path, *, keeps: bool = True) -> Iterator[Path]:
    """A folder beside the target, which becomes the target if the block ends without an error.

    Without `keeps`, it is elsewhere and removed afterwards.

    Raises ProjectError if the target has a deck already, or cannot be written.
    """
    refuse_taken(target)
    if not keeps:
        with tempfile.TemporaryDirectory(prefix="cardpipe-import-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    parent = target.parent
    try:
        created = _make_parents(parent)
        _remove_leftovers(parent)
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=parent, ignore_cleanup_errors=True) as name:
            try:
                (Path(name) / _OWNER).write_text(str(os.getpid()), encoding="ascii")
                folder = Path(name) / "deck"
                folder.mkdir()
                yield folder
                _place(folder, target)
            except BaseException:
                for made in created:
                    with contextlib.suppress(OSError):
                        shutil.rmtree(name, ignore_errors=True)
                        made.rmdir()
                raise
    except OSError as error:
        raise ProjectError(
            f"The project could not be written to {target}: {error.strerror or error}.", hint="Nothing was written."
        ) from error


def _remove_leftovers(parent: Path) -> None:
    """Remove what an import has left that was killed; that of a running one stays."""
    for leftover in parent.glob(f"{_STAGING}*"):
        try:
            owner = int((leftover / _OWNER).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if not leftover.is_symlink() and not _runs(owner):
            shutil.rmtree(leftover, ignore_errors=True)


def _runs(process: int) -> bool:
    if os.name == "nt":  # there, `os.kill` would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def refuse_taken(target: Path) -> None:
    """Raise ProjectError if a folder has a deck, or something with a name that an import writes."""
    if os.path.lexists(target) and not target.is_dir():
        raise ProjectError(f"{target} is not a folder.", hint="Choose another one with --into.")
    for name in _OURS:
        if os.path.lexists(target / name):
            what = "a source/ folder" if name == "source" else name
            raise ProjectError(f"{target} already has {what}.", hint="Choose another folder with --into.")


def _make_parents(folder: Path) -> list[Path]:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _place(folder: Path, target: Path) -> None:
    from cardpipe.parallel.interruption import deferred

    with deferred():
        if not target.exists():
            folder.replace(target)
            return
        refuse_taken(target)
        placed: list[Path] = []
        try:
            # `source` first: only one of several imports at the same time can place it.
            for name in sorted((path.name for path in folder.iterdir()), key=lambda name: name != "source"):
                (folder / name).replace(target / name)
                placed.append(target / name)
        except OSError:
            for path in placed:
                path.replace(folder / path.name)
            raise
