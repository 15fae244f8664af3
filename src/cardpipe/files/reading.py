"""The one way in which files of a project are opened.

A project comes from a repository that strangers send changes to. So a file is opened only where no link leads to it,
only if it is a regular file, and no more of it is read than a limit allows.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from cardpipe.errors import ProjectError

MARKER: Final = "source/deck.yaml"
"""The file that makes a folder a project."""
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_FLAGS: Final = (
    os.O_RDONLY
    | _NO_FOLLOW
    | getattr(os, "O_NONBLOCK", 0)  # opening a FIFO must not wait for a writer
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOCTTY", 0)
)
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_STEPWISE: Final = os.open in os.supports_dir_fd and bool(_NO_FOLLOW)
"""Whether a path can be opened one folder at a time, so that nobody can swap a folder for a link in between."""


class LinkError(ProjectError):
    """A link stands where a file or a folder of the project is expected."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a link, which may lead out of the project; it is not followed.",
            hint="Put the file or folder itself there.",
        )
        self.path = path


class NotRegularError(ProjectError):
    """Something that is neither a file nor a link stands where a file is expected."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a regular file, so it is not read.", hint="Delete it.")


class TooLargeError(ProjectError):
    """A file is larger than a file of its kind may be."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(f"{path} is larger than {limit // 1024 // 1024} MiB.")


def read_below(root: Path, path: str, limit: int) -> bytes:
    """The bytes of a file below a folder, or one more than the limit where the file has more.

    Raises LinkError where the file or a folder between is a link (the root may be one), NotRegularError, and OSError
    where the system refuses.
    """
    descriptor = _open_below(root, path)
    try:
        return _data(descriptor, root / path, limit + 1)
    finally:
        os.close(descriptor)


def read_whole(root: Path, path: str, limit: int) -> bytes:
    """The same, but a file with more bytes than the limit raises TooLargeError."""
    data = read_below(root, path, limit)
    if len(data) > limit:
        raise TooLargeError(root / path, limit)
    return data


def open_named(path: Path) -> BinaryIO:
    """Open a file that the user has named; the path may be a link only where no project could have brought it.

    Raises LinkError, NotRegularError, and OSError where the system refuses.
    """
    refuse_links(path)
    descriptor = os.open(path, _FLAGS & ~_NO_FOLLOW)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError(path)
    return os.fdopen(descriptor, "rb")


def read_named(path: Path, limit: int) -> bytes:
    """The bytes of a file that the user has named; raises as `open_named` does, and TooLargeError."""
    with open_named(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLargeError(path, limit)
    return data


def refuse_links(path: Path, root: Path | None = None) -> None:
    """Raise LinkError where a path leads through a link below `root`, by default the project that it lies in.

    What is above the project, and what lies in no project, is the user's own.
    """
    whole = normal(path)
    base = normal(root) if root is not None else _project_around(whole)
    if base is None or not whole.is_relative_to(base):
        return
    place = base
    for part in whole.relative_to(base).parts:
        place /= part
        if is_link(place):
            raise LinkError(place)


def normal(path: Path) -> Path:
    """A path from the root of the file system without `..`, by its spelling alone: no link is followed."""
    return Path(os.path.normpath(path.absolute()))


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link, or a junction of Windows."""
    junction = getattr(path, "is_junction", None)  # Python 3.12 and later
    return path.is_symlink() or (junction is not None and bool(junction()))


def _project_around(path: Path) -> Path | None:
    """The outermost project that a path lies in: one within it could have been brought to hide links above itself."""
    return next((folder for folder in reversed(path.parents) if os.path.lexists(folder / MARKER)), None)


def _open_below(root: Path, path: str) -> int:
    if not _STEPWISE:
        _refuse_links_between(root, path)
        return os.open(root / path, _FLAGS)
    *folders, name = path.split("/")
    try:
        current = os.open(root, _FOLDER)
        try:
            for folder in folders:
                inner = os.open(folder, _FOLDER | _NO_FOLLOW, dir_fd=current)
                os.close(current)
                current = inner
            return os.open(name, _FLAGS, dir_fd=current)
        finally:
            os.close(current)
    except OSError as error:
        _refuse_links_between(root, path)
        if error.errno == errno.ENXIO:  # a socket
            raise NotRegularError(root / path) from error
        raise


def _refuse_links_between(root: Path, path: str) -> None:
    place = root
    for part in path.split("/"):
        place /= part
        if is_link(place):
            raise LinkError(place)


def _data(descriptor: int, path: Path, most: int) -> bytes:
    """A file's bytes, so many at most.

    Without Python's buffers, which take four times as long for ten thousand small files.
    """
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise NotRegularError(path)
    asked = min(facts.st_size + 1, most)
    data = os.read(descriptor, asked)
    while len(data) == asked < most:  # the file has grown meanwhile
        asked = most
        data += os.read(descriptor, most - len(data))
    return data
