"""A change of several source files, which is written completely or not at all."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.build.pipeline import CACHE_FOLDER
from cardpipe.build.publish import alone
from cardpipe.build.swap import complete, planned, read_signed, signed, swap
from cardpipe.cache.store import make_folder
from cardpipe.errors import CardpipeError, PublishError, UsageError
from cardpipe.files.reading import is_link, read_below, read_whole, refuse_links
from cardpipe.parallel.interruption import deferred
from cardpipe.writers.api import Artefact, file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.text.positions import SourceFile

_STAGING: Final = "edit-"
_BEFORE: Final = "before.json"
_PURPOSE: Final = "source edit"
_LARGEST: Final = 64 * 1024 * 1024


@dataclass(slots=True)
class SourceChange:
    """New contents and new paths of files of a project, in memory."""

    before: dict[str, SourceFile] = field(default_factory=dict)
    """The edited files as they were, by their old paths."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """The new contents, without byte order mark, by the old paths."""
    moves: dict[str, str] = field(default_factory=dict)
    """The new paths of files that move, edited or not, by their old paths."""

    def new_path(self, path: str) -> str:
        """Return the new path of a file."""
        return self.moves.get(path, path)


@contextlib.contextmanager
def editing(root: Path) -> Iterator[bool]:
    """Lock a project against other commands that edit its source; yields whether a killed change was completed first.

    It can be nested. What is to be edited must be read within it, or another command can edit it in between.

    Raises PublishError if the system refuses it or another command does not end.
    """
    folder = root / CACHE_FOLDER
    with contextlib.ExitStack() as stack:
        with _writing(root):
            refuse_links(folder, root)
            make_folder(folder)
            stack.enter_context(alone(folder))
            completed = _recover(root, folder)
        yield completed


@contextlib.contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PublishError(
            f"{error.filename or root} could not be written: {error.strerror or error}.", hint="Nothing was changed."
        ) from error


def apply(root: Path, change: SourceChange) -> None:
    """Write a change: all files, or none after a failure.

    Raises UsageError if a file has been changed since it was read or a new path is taken, and PublishError if the
    system refuses it.
    """
    if not change.contents and not change.moves:
        return
    with editing(root), _writing(root):
        old = {path: _current(root, path, change) for path in {**change.contents, **change.moves}}
        same_name = {path for path, new in change.moves.items() if _key(path) == _key(new)}
        files = {
            new_path: Artefact(new_path, _marked(data, change.contents.get(path)))
            for path, data in old.items()
            for new_path in [path if path in same_name else change.new_path(path)]
        }
        moved = change.moves.keys() - same_name
        _refuse_taken(root, change, moved)
        modes = {change.moves[path]: (root / path).stat().st_mode for path in moved}
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=root / CACHE_FOLDER, ignore_cleanup_errors=True) as name:
            former = {path: file_digest(old[path]) if path in old else None for path in files}
            (Path(name) / _BEFORE).write_bytes(signed(_PURPOSE, {"files": former}))
            with deferred():
                swap(files, {path: file_digest(old[path]) for path in sorted(moved)}, root, Path(name))
                for path, mode in modes.items():
                    (root / path).chmod(mode & 0o777)
                for path in same_name:  # a name that differs in case only is the same file on some systems
                    (root / path).rename(root / change.moves[path])


def _current(root: Path, path: str, change: SourceChange) -> bytes:
    try:
        data = read_whole(root, path, _LARGEST)
    except FileNotFoundError:
        data = None
    known = change.before[path].text.encode("utf-8", "surrogatepass") if path in change.contents else data
    if data is None or data.lstrip(codecs.BOM_UTF8) != known:
        raise UsageError(f"{path} was changed in the meantime.", hint="Nothing was written; try again.")
    return data


def _marked(old: bytes, new: bytes | None) -> bytes:
    """Return the new content with the byte order mark of the old one; the old one if there is no new one."""
    if new is None:
        return old
    return codecs.BOM_UTF8 + new if old.startswith(codecs.BOM_UTF8) else new


def _refuse_taken(root: Path, change: SourceChange, moved: set[str]) -> None:
    for path in sorted(moved):
        new = change.moves[path]
        if os.path.lexists(root / new) and new not in moved:
            raise UsageError(f"{new} exists already.", hint="Nothing was written; move that file away first.")
    if len({_key(change.moves[path]) for path in moved}) < len(moved):
        raise UsageError("Two files would get the same name.", hint="Nothing was written.")


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _recover(root: Path, folder: Path) -> bool:
    """Complete changes that were killed, unless a person has edited one of their files since.

    Returns whether there was one.
    """
    completed = False
    for leftover in sorted(folder.glob(f"{_STAGING}*")):
        if is_link(leftover):
            continue
        before, plan = read_signed(_PURPOSE, leftover, _BEFORE), planned(leftover)
        if before is not None and plan is not None and _is_untouched(root, before["files"], plan):
            with deferred():
                complete(root, leftover)
            completed = True
        shutil.rmtree(leftover, ignore_errors=True)
    return completed


def _is_untouched(root: Path, before: Mapping[str, str | None], plan: Mapping[str, str]) -> bool:
    return all(_digest(root, path) in {before.get(path), new} for path, new in plan.items())


def _digest(root: Path, path: str) -> str | None:
    try:
        return file_digest(read_below(root, path, _LARGEST))
    except (OSError, CardpipeError):
        return None
