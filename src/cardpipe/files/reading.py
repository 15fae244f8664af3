"""Open files of a project safely; all other modules use these functions.

Projects are untrusted, since anyone can contribute to them. So a file is opened only if its path has no symbolic link,
only if it is a regular file, and only up to a size limit.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from cardpipe.errors import ProjectError

MARKER: Final = "source/deck.yaml"
"""The file that identifies a project folder."""
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
"""Whether paths can be opened one folder at a time, so that no folder can be replaced by a link meanwhile."""


class LinkError(ProjectError):
    """A path of the project contains a symbolic link."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a link, which may lead out of the project; it is not followed.",
            hint="Replace it with the file or folder itself.",
        )
        self.path = path


class NotRegularError(ProjectError):
    """A path is not a regular file."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a regular file, so it is not read.", hint="Delete it.")


class TooLargeError(ProjectError):
    """A file exceeds the size limit of its kind."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(f"{path} is larger than {limit // 1024 // 1024} MiB.")


def read_below(root: Path, path: str, limit: int) -> bytes:
    """Return the bytes of a file below a folder, at most one more than the limit.

    Raises LinkError if the file or a folder between is a link (the root may be one), NotRegularError, and OSError
    where the system refuses.
    """
    descriptor = _open_below(root, path)
    try:
        return _data(descriptor, root, path, limit + 1)
    finally:
        os.close(descriptor)


def read_whole(root: Path, path: str, limit: int) -> bytes:
    """The same, but a file with more bytes than the limit raises TooLargeError."""
    data = read_below(root, path, limit)
    if len(data) > limit:
        raise TooLargeError(root / path, limit)
    return data


def open_named(path: Path) -> BinaryIO:
    """Open a file that the user has named; its path can be a link only outside of projects.

    Raises LinkError, NotRegularError, and OSError where the system refuses.
    """
    refuse_links(path)
    descriptor = os.open(path, _FLAGS & ~_NO_FOLLOW)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError(path)
    return os.fdopen(descriptor, "rb")


def read_named(path: Path, limit: int) -> bytes:
    """Return the bytes of a file that the user has named; raises the errors of `open_named`, and TooLargeError."""
    with open_named(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLargeError(path, limit)
    return data


def refuse_links(path: Path, root: Path | None = None) -> None:
    """Raise LinkError if a path leads through a link below `root`, by default its project.

    Links above the project or outside of projects belong to the user.
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
    """Return an absolute path without `..`, lexically: no link is followed."""
    return Path(os.path.normpath(path.absolute()))


def is_link(path: Path | str) -> bool:
    """Return whether a path is a symbolic link, or a junction on Windows."""
    junction = getattr(os.path, "isjunction", None)  # Python 3.12 and later
    # A `Path` takes ten times as long, and a site has thousands of files.
    return os.path.islink(path) or (junction is not None and bool(junction(path)))  # noqa: PTH114 - see above


def _project_around(path: Path) -> Path | None:
    """Return the outermost project of a path: a nested one could be made to hide links above it."""
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


def _data(descriptor: int, root: Path, path: str, most: int) -> bytes:
    """Return the bytes of a file below a folder, up to a limit.

    It avoids Python's buffers, which take four times as long for ten thousand small files.
    """
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise NotRegularError(root / path)
    asked = min(facts.st_size + 1, most)
    data = os.read(descriptor, asked)
    while len(data) == asked < most:  # the file has grown meanwhile
        asked = most
        data += os.read(descriptor, most - len(data))
    return data
