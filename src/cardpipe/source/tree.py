"""Find and read the files under `source/`, without following links or opening special files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import ProjectError
from cardpipe.files.reading import LinkError, NotRegularError, read_below
from cardpipe.model.diagnostics import Finding
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cardpipe.text.positions import Span

LARGEST_MEDIA: Final = 20 * 1024 * 1024
"""The maximum size in bytes of a file in `source/media/` or `source/figures/`."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_OF_THE_SYSTEM: Final = frozenset(["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"])
"""Files that Windows and macOS create in folders, in lower case."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file: its path in the project with forward slashes, and the project's folder."""

    path: str
    root: Path


def at_file(path: str) -> Span:
    """Return the span of a finding on a whole file: its beginning."""
    return SourceFile(path, "").span(0, 0)


def found_files(root: Path, folder: str, findings: list[Finding], *, skip: Collection[str] = ()) -> list[FoundFile]:
    """Return all regular files below a folder of the project, sorted by path, without hidden and system files.

    The folders in `skip`, by their paths in the project, are not entered.

    Links and special files are reported and not followed. Raises ProjectError
    if a folder cannot be read.
    """
    found = []
    waiting = [folder] if _is_real_folder(root, folder, findings) else []
    while waiting:
        current = waiting.pop()
        for entry in _entries(root, current):
            if entry.name.startswith(".") or entry.name.lower() in _OF_THE_SYSTEM:
                continue
            path = f"{current}/{entry.name}"
            if _UNPRINTABLE.search(entry.name):
                findings.append(_unprintable_name(path))
            elif entry.is_symlink() or _is_junction(entry):
                findings.append(_link(path))
            elif entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__" and path not in skip:
                    waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                found.append(FoundFile(path, root))
            else:
                findings.append(_not_ordinary(path))
    return sorted(found, key=lambda file: file.path)


def _is_real_folder(root: Path, folder: str, findings: list[Finding]) -> bool:
    place = root
    try:
        for part in Path(folder).parts:
            place /= part
            if place.is_symlink():
                findings.append(_link(place.relative_to(root).as_posix()))
                return False
        return place.is_dir()
    except OSError as error:
        raise ProjectError(f"The folder {folder} cannot be read: {error.strerror or error}.") from error


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Return whether a folder is a Windows junction (a mount point, not a symbolic link)."""
    check = getattr(entry, "is_junction", None)  # Python 3.12 and later
    return bool(check()) if check is not None else False


def _entries(root: Path, folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(root / folder) as entries:
            yield from entries
    except OSError as error:
        raise ProjectError(f"The folder {folder} cannot be read: {error.strerror or error}.") from error


def read_file(file: FoundFile, limit: int, findings: list[Finding]) -> bytes | None:
    """Return the bytes of a file, at most one more than the limit; None if it is not (or no longer) a regular file.

    Raises ProjectError if it cannot be read.
    """
    try:
        return read_below(file.root, file.path, limit)
    except LinkError as error:
        findings.append(_link(error.path.relative_to(file.root).as_posix()))
    except NotRegularError:
        findings.append(_not_ordinary(file.path))
    except OSError as error:
        raise ProjectError(
            f"{file.path} cannot be read: {error.strerror or error}.",
            hint="Check that it exists and can be read.",
        ) from error
    return None


def read_media(file: FoundFile, findings: list[Finding]) -> bytes | None:
    """Return the bytes of a media file; None with a finding if it is too large or not a regular file."""
    data = read_file(file, LARGEST_MEDIA, findings)
    if data is not None and len(data) > LARGEST_MEDIA:
        message = f"The file is larger than {LARGEST_MEDIA // 1024 // 1024} MiB."
        findings.append(Finding("MED004", at_file(file.path), message, help="Reduce its size."))
        return None
    return data


def _link(path: str) -> Finding:
    return Finding(
        "MED003",
        at_file(_printable(path)),
        "Symbolic links are not followed, since they can lead out of the project.",
        help="Replace the link with the file.",
    )


def _not_ordinary(path: str) -> Finding:
    return Finding(
        "MED003", at_file(_printable(path)), "This is not a regular file, so it is not read.", help="Delete it."
    )


def _unprintable_name(path: str) -> Finding:
    return Finding(
        "YML004",
        at_file(_printable(path)),
        "The name of this file contains an unprintable character; the file is not read.",
        help="Rename it.",
    )


def _printable(path: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", path)
